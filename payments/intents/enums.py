"""Purposes and states of payments, deposits and refunds, with their transition tables."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import ANYONE, BACK_OFFICE, MACHINES, Machine


class Purpose(models.TextChoices):
    BOOKING = "booking", _("đơn thuê xe")
    BALANCE = "balance", _("khoản còn thiếu")
    CHANGE = "change", _("đổi hoặc gia hạn")
    DEPOSIT = "deposit", _("tiền cọc")
    FINE = "fine", _("phạt nguội")


class Provider(models.TextChoices):
    VNPAY = "vnpay", "VNPay"
    MOMO = "momo", "MoMo"
    PAYOS = "payos", _("chuyển khoản VietQR")
    # A transfer that only the bank's statement tells of.
    BANK = "bank", _("chuyển khoản ngân hàng")
    STRIPE = "stripe", _("thẻ quốc tế (Stripe)")
    CASH = "cash", _("tiền mặt")
    CREDIT = "credit", _("số dư VoltGo")


class IntentState(models.TextChoices):
    CREATED = "created", _("chờ thanh toán")
    PENDING = "pending", _("đang thanh toán")
    SUCCEEDED = "succeeded", _("đã thanh toán")
    FAILED = "failed", _("không thành công")
    EXPIRED = "expired", _("hết hạn")
    CANCELLED = "cancelled", _("đã hủy")
    NEEDS_REVIEW = "needs_review", _("cần kiểm tra")
    PARTLY_REFUNDED = "partly_refunded", _("đã hoàn một phần")
    REFUNDED = "refunded", _("đã hoàn hết")
    CHARGED_BACK = "charged_back", _("ngân hàng đòi lại tiền")


# Money has come and is booked.
PAID_STATES = frozenset(
    {
        IntentState.SUCCEEDED,
        IntentState.PARTLY_REFUNDED,
        IntentState.REFUNDED,
        IntentState.CHARGED_BACK,
    }
)
# The payer may still pay.
OPEN_STATES = frozenset({IntentState.CREATED, IntentState.PENDING, IntentState.FAILED})

_REVIEWERS = frozenset({ActorKind.OPERATOR})

# A payment that ended may still succeed, because money that arrives is real. Nothing leads from a
# success back to a failure.
INTENT = Machine(
    "payment_intent",
    IntentState.CREATED,
    {
        (IntentState.CREATED, IntentState.PENDING): ANYONE,
        (IntentState.FAILED, IntentState.PENDING): ANYONE,
        (IntentState.CREATED, IntentState.SUCCEEDED): MACHINES,
        (IntentState.PENDING, IntentState.SUCCEEDED): MACHINES,
        (IntentState.FAILED, IntentState.SUCCEEDED): MACHINES,
        (IntentState.EXPIRED, IntentState.SUCCEEDED): MACHINES,
        (IntentState.CANCELLED, IntentState.SUCCEEDED): MACHINES,
        (IntentState.NEEDS_REVIEW, IntentState.SUCCEEDED): MACHINES | _REVIEWERS,
        (IntentState.NEEDS_REVIEW, IntentState.FAILED): _REVIEWERS,
        (IntentState.PENDING, IntentState.FAILED): MACHINES,
        (IntentState.CREATED, IntentState.NEEDS_REVIEW): MACHINES,
        (IntentState.PENDING, IntentState.NEEDS_REVIEW): MACHINES,
        (IntentState.FAILED, IntentState.NEEDS_REVIEW): MACHINES,
        (IntentState.EXPIRED, IntentState.NEEDS_REVIEW): MACHINES,
        (IntentState.CANCELLED, IntentState.NEEDS_REVIEW): MACHINES,
        (IntentState.CREATED, IntentState.EXPIRED): ANYONE,
        (IntentState.PENDING, IntentState.EXPIRED): ANYONE,
        (IntentState.FAILED, IntentState.EXPIRED): ANYONE,
        (IntentState.CREATED, IntentState.CANCELLED): ANYONE,
        (IntentState.PENDING, IntentState.CANCELLED): ANYONE,
        (IntentState.FAILED, IntentState.CANCELLED): ANYONE,
        (IntentState.SUCCEEDED, IntentState.PARTLY_REFUNDED): MACHINES,
        (IntentState.SUCCEEDED, IntentState.REFUNDED): MACHINES,
        (IntentState.PARTLY_REFUNDED, IntentState.REFUNDED): MACHINES,
        (IntentState.SUCCEEDED, IntentState.CHARGED_BACK): MACHINES,
        (IntentState.PARTLY_REFUNDED, IntentState.CHARGED_BACK): MACHINES,
        # A dispute that we won.
        (IntentState.CHARGED_BACK, IntentState.SUCCEEDED): MACHINES,
        (IntentState.CHARGED_BACK, IntentState.PARTLY_REFUNDED): MACHINES,
    },
)


# Stands as the provider's code on an attempt whose payer has done their part, and whose end nobody knows yet.
UNDER_WAY = "UNDER_WAY"


class AttemptOutcome(models.TextChoices):
    # Written down; the provider has not been called yet, or did not answer.
    PREPARED = "prepared", _("đang mở ở cổng thanh toán")
    STARTED = "started", _("đã chuyển sang cổng thanh toán")
    FAILED = "failed", _("không thành công")
    REVIEW = "review", _("cần kiểm tra")
    SUCCEEDED = "succeeded", _("thành công")


class DepositState(models.TextChoices):
    DUE = "due", _("chờ đặt cọc")
    # A supervisor let the renter go without one.
    WAIVED = "waived", _("được miễn cọc")
    HELD = "held", _("đang giữ")
    PARTLY_CAPTURED = "partly_captured", _("đã trừ một phần")
    RELEASED = "released", _("đã trả lại")
    CAPTURED = "captured", _("đã trừ hết")


# Those who may say yes or no to a refund.
CHECKERS = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})
# Those who hand out cash, or who say that a transfer was made.
AT_THE_COUNTER = CHECKERS | {ActorKind.STAFF}

DEPOSIT = Machine(
    "deposit",
    DepositState.DUE,
    {
        (DepositState.DUE, DepositState.HELD): MACHINES | _REVIEWERS,
        (DepositState.DUE, DepositState.WAIVED): CHECKERS,
        (DepositState.WAIVED, DepositState.HELD): MACHINES,
        # A hold ran out or was lost before anything was taken from it, or a part goes back because a card promises
        # all of it: the deposit is due again.
        (DepositState.HELD, DepositState.DUE): MACHINES,
        (DepositState.HELD, DepositState.PARTLY_CAPTURED): ANYONE,
        (DepositState.HELD, DepositState.CAPTURED): ANYONE,
        (DepositState.HELD, DepositState.RELEASED): ANYONE,
        (DepositState.PARTLY_CAPTURED, DepositState.CAPTURED): ANYONE,
        (DepositState.PARTLY_CAPTURED, DepositState.RELEASED): ANYONE,
        # Backwards only when a refund was not approved, or when a second payment brought more money.
        (DepositState.RELEASED, DepositState.HELD): MACHINES | CHECKERS,
        (DepositState.RELEASED, DepositState.PARTLY_CAPTURED): MACHINES | CHECKERS,
        (DepositState.CAPTURED, DepositState.PARTLY_CAPTURED): MACHINES | CHECKERS,
    },
)


class HoldState(models.TextChoices):
    # Will be placed on a kept card when its time comes.
    PLANNED = "planned", _("sẽ giữ trên thẻ")
    REQUESTED = "requested", _("đang yêu cầu giữ")
    HELD = "held", _("đang giữ, chưa thu")
    CAPTURING = "capturing", _("đang thu một phần hoặc toàn bộ")
    CAPTURED = "captured", _("đã thu")
    ENDING = "ending", _("đang trả lại hạn mức")
    ENDED = "ended", _("đã trả lại hạn mức")
    # The provider let go of it before we took anything.
    EXPIRED = "expired", _("hết hạn giữ")
    FAILED = "failed", _("không giữ được")


# Something is promised to us, or may be.
HOLD_OPEN_STATES = frozenset(
    {HoldState.PLANNED, HoldState.REQUESTED, HoldState.HELD, HoldState.CAPTURING, HoldState.ENDING}
)

HOLD = Machine(
    "deposit_hold",
    HoldState.PLANNED,
    {
        (HoldState.PLANNED, HoldState.REQUESTED): MACHINES | BACK_OFFICE,
        (HoldState.PLANNED, HoldState.ENDED): ANYONE,
        (HoldState.REQUESTED, HoldState.HELD): MACHINES,
        (HoldState.REQUESTED, HoldState.FAILED): MACHINES,
        (HoldState.REQUESTED, HoldState.ENDING): ANYONE,
        (HoldState.PLANNED, HoldState.HELD): MACHINES,
        (HoldState.HELD, HoldState.CAPTURING): ANYONE,
        (HoldState.HELD, HoldState.ENDING): ANYONE,
        (HoldState.HELD, HoldState.EXPIRED): MACHINES,
        (HoldState.HELD, HoldState.ENDED): MACHINES,
        (HoldState.HELD, HoldState.CAPTURED): MACHINES,
        (HoldState.CAPTURING, HoldState.CAPTURED): MACHINES,
        (HoldState.CAPTURING, HoldState.EXPIRED): MACHINES,
        (HoldState.ENDING, HoldState.ENDED): MACHINES,
        (HoldState.ENDING, HoldState.EXPIRED): MACHINES,
        (HoldState.ENDING, HoldState.CAPTURED): MACHINES,
        # A declined hold is tried again, with the renter's card or after the renter has put it right.
        (HoldState.FAILED, HoldState.REQUESTED): MACHINES | BACK_OFFICE,
        # Facts that come out of order: it was held after all.
        (HoldState.FAILED, HoldState.HELD): MACHINES,
        # A request that we had given up reached the provider late: it is freed there.
        (HoldState.ENDED, HoldState.ENDING): MACHINES,
        # Money is real, whatever we believed.
        (HoldState.ENDED, HoldState.CAPTURED): MACHINES,
        (HoldState.EXPIRED, HoldState.CAPTURED): MACHINES,
    },
)


class RefundReason(models.TextChoices):
    CANCELLATION = "cancellation", _("hủy đơn")
    LATE_PAYMENT = "late_payment", _("tiền đến quá muộn")
    SURPLUS = "surplus", _("thanh toán thừa")
    DEPOSIT_RELEASE = "deposit_release", _("trả lại tiền cọc")
    OPERATOR_FAULT = "operator_fault", _("lỗi của VoltGo")
    CHANGE = "change", _("đổi lượt đặt")
    ADJUSTMENT = "adjustment", _("điều chỉnh")
    SHORT_PAYMENT = "short_payment", _("chuyển khoản chưa đủ")


class RefundWay(models.TextChoices):
    """How the money goes back."""

    ORIGINAL = "original", _("về phương tiện đã trả")
    CREDIT = "credit", _("vào số dư VoltGo")
    # Finance transfers it by hand, because the provider cannot return it.
    TRANSFER = "transfer", _("chuyển khoản")
    # Out of a drawer, only for what was paid in cash.
    CASH = "cash", _("tiền mặt tại quầy")


class RefundState(models.TextChoices):
    REQUESTED = "requested", _("chờ duyệt")
    APPROVED = "approved", _("chờ gửi đi")
    SUBMITTED = "submitted", _("cổng thanh toán đang xử lý")
    # Waits for a person: a transfer by finance, or cash over the counter.
    BY_HAND = "by_hand", _("chờ chi trả")
    SUCCEEDED = "succeeded", _("đã hoàn tiền")
    FAILED = "failed", _("không hoàn được")
    REJECTED = "rejected", _("không duyệt")


# Money that left its account but has not reached the payer.
REFUND_OPEN_STATES = frozenset(
    {
        RefundState.REQUESTED,
        RefundState.APPROVED,
        RefundState.SUBMITTED,
        RefundState.BY_HAND,
        RefundState.FAILED,
    }
)

REFUND = Machine(
    "refund",
    RefundState.REQUESTED,
    {
        (RefundState.REQUESTED, RefundState.APPROVED): ANYONE,
        (RefundState.REQUESTED, RefundState.REJECTED): CHECKERS,
        (RefundState.APPROVED, RefundState.SUBMITTED): MACHINES,
        (RefundState.SUBMITTED, RefundState.SUCCEEDED): MACHINES,
        (RefundState.SUBMITTED, RefundState.FAILED): MACHINES,
        # Whatever we believed, the provider says that the money went back.
        (RefundState.APPROVED, RefundState.SUCCEEDED): MACHINES,
        (RefundState.FAILED, RefundState.SUCCEEDED): MACHINES,
        # And that it came back again: the payer's card is closed.
        (RefundState.SUCCEEDED, RefundState.FAILED): BACK_OFFICE,
        (RefundState.FAILED, RefundState.APPROVED): BACK_OFFICE,
        (RefundState.APPROVED, RefundState.BY_HAND): MACHINES,
        (RefundState.BY_HAND, RefundState.SUCCEEDED): MACHINES | AT_THE_COUNTER,
        # The provider cannot return it after all: a person transfers it.
        (RefundState.FAILED, RefundState.BY_HAND): BACK_OFFICE,
    },
)

# Who asked for a refund above the limit needs somebody else's yes.
NEED_A_CHECKER = frozenset({ActorKind.STAFF, ActorKind.SUPERVISOR, ActorKind.OPERATOR})


class CallState(models.TextChoices):
    PREPARED = "prepared", _("chuẩn bị")
    SENT = "sent", _("đã gửi")
    OK = "ok", _("có trả lời")
    ERROR = "error", _("bị từ chối")
    UNKNOWN = "unknown", _("không rõ kết quả")


class ChargebackState(models.TextChoices):
    OPEN = "open", _("đang tranh chấp")
    WON = "won", _("VoltGo thắng")
    LOST = "lost", _("VoltGo thua")


CHARGEBACK = Machine(
    "chargeback",
    ChargebackState.OPEN,
    {
        (ChargebackState.OPEN, ChargebackState.WON): MACHINES,
        (ChargebackState.OPEN, ChargebackState.LOST): MACHINES,
        # Banks change their minds.
        (ChargebackState.LOST, ChargebackState.WON): MACHINES,
    },
)


class CreditPayoutState(models.TextChoices):
    WAITING = "waiting", _("chờ chuyển khoản")
    PAID = "paid", _("đã chuyển")
    # Back in the credit.
    CANCELLED = "cancelled", _("đã trở lại số dư")


CREDIT_PAYOUT = Machine(
    "credit_payout",
    CreditPayoutState.WAITING,
    {
        (CreditPayoutState.WAITING, CreditPayoutState.PAID): BACK_OFFICE,
        (CreditPayoutState.WAITING, CreditPayoutState.CANCELLED): ANYONE,
    },
)


class AdjustmentKind(models.TextChoices):
    CREDIT = "credit", _("tặng vào số dư")
    WRITE_OFF = "write_off", _("xóa nợ")


class AdjustmentState(models.TextChoices):
    REQUESTED = "requested", _("chờ duyệt")
    DONE = "done", _("đã ghi sổ")
    REJECTED = "rejected", _("không duyệt")


ADJUSTMENT = Machine(
    "adjustment",
    AdjustmentState.REQUESTED,
    {
        (AdjustmentState.REQUESTED, AdjustmentState.DONE): BACK_OFFICE,
        (AdjustmentState.REQUESTED, AdjustmentState.REJECTED): BACK_OFFICE,
    },
)

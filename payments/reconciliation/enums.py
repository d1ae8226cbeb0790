"""What files we expect, and how each of their lines stands against our books."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.gateways.base import LineKind


class Source(models.TextChoices):
    """Who sends a file."""

    VNPAY = "vnpay", "VNPay"
    MOMO = "momo", "MoMo"
    PAYOS = "payos", "payOS"
    STRIPE = "stripe", "Stripe"
    BANK = "bank", _("ngân hàng")


# What people call the lines of a file.
LINE_KINDS = {
    LineKind.PAYMENT: _("thanh toán"),
    LineKind.REFUND: _("hoàn tiền"),
    LineKind.FEE: _("phí"),
    LineKind.CHARGEBACK: _("ngân hàng đòi lại"),
    LineKind.PAYOUT: _("chuyển tiền về"),
}


class ItemStatus(models.TextChoices):
    MATCHED = "matched", _("khớp")
    MATCHED_LATE = "matched_late", _("khớp, lệch ngày")
    AMOUNT_MISMATCH = "amount_mismatch", _("lệch số tiền")
    FEE_MISMATCH = "fee_mismatch", _("lệch phí")
    MISSING_INTERNAL = "missing_internal", _("họ có, ta không có")
    MISSING_EXTERNAL = "missing_external", _("ta có, họ không có")
    DUPLICATE_EXTERNAL = "duplicate_external", _("họ ghi hai lần")
    STATUS_MISMATCH = "status_mismatch", _("lệch trạng thái")
    REFUND_PENDING = "refund_pending", _("hoàn tiền đang chờ")
    REFUND_MISSING = "refund_missing", _("hoàn tiền không thấy")
    CHARGEBACK = "chargeback", _("ngân hàng đòi lại")
    UNKNOWN_REF = "unknown_ref", _("mã không rõ")
    BATCH_MISMATCH = "batch_mismatch", _("tổng chuyển khoản lệch")
    IGNORED = "ignored", _("bỏ qua có lý do")


# Explained by themselves: nobody needs to look.
SETTLED_STATUSES = frozenset({ItemStatus.MATCHED, ItemStatus.MATCHED_LATE, ItemStatus.IGNORED})


class LineState(models.TextChoices):
    """How a line of a bank statement was used."""

    NEW = "new", _("chưa xử lý")
    BOOKED = "booked", _("đã ghi sổ")
    SUSPENSE = "suspense", _("chưa rõ của ai")
    # Goes back to its sender: waits for the transfer to appear in the statement.
    RETURNING = "returning", _("chờ chuyển trả")
    IGNORED = "ignored", _("bỏ qua có lý do")


# Money on these lines stands in the suspense account.
IN_SUSPENSE = frozenset({LineState.SUSPENSE, LineState.RETURNING})


class Wish(models.TextChoices):
    """What a person wants done with money in suspense."""

    ASSIGN = "assign", _("ghi cho một đơn")
    PAYOUT = "payout", _("ghi là tiền cổng thanh toán chuyển về")
    SEND_BACK = "send_back", _("chuyển trả người gửi")
    NOT_OURS = "not_ours", _("không liên quan đến cho thuê xe")


class Action(models.TextChoices):
    """What a person did about a difference."""

    IGNORE = "ignore", _("bỏ qua có lý do")
    BOOK = "book", _("ghi sổ theo cổng thanh toán")
    SUSPENSE = "suspense", _("chuyển vào tiền chưa rõ của ai")
    REFUND = "refund", _("yêu cầu hoàn tiền")

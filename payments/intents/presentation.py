"""What the payer's pages show about a payment."""

import io
from datetime import timedelta
from typing import Any

import segno
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from payments.gateways import registry, vietqr
from payments.gateways.base import FailureReason
from payments.gateways.resting import resting
from payments.intents import targets
from payments.intents.enums import (
    OPEN_STATES,
    PAID_STATES,
    UNDER_WAY,
    AttemptOutcome,
    HoldState,
    IntentState,
    Provider,
    Purpose,
)
from payments.intents.models import PaymentAttempt, PaymentIntent
from payments.intents.selectors import surplus_of
from payments.intents.services.credit import credit_of, spendable
from payments.intents.services.paying import PROVIDER_ENDS_EARLIER, split_of
from payments.intents.services.stopping import is_open_transfer, open_transfer
from voltgo.core import clock
from voltgo.core.money import Dong, format_dong

# Codes under which a provider ends an attempt because the payer wanted it so.
GIVEN_UP = frozenset({"CANCELLED"})
A_DAY = timedelta(days=1)
# A hold on a card that is still to come.
TO_BE_HELD = frozenset({HoldState.PLANNED, HoldState.REQUESTED})


def payment_page(intent: PaymentIntent) -> dict[str, Any]:
    """Return the template context of one payment.

    Time decides on read: an open intent whose time is over is shown as over, whatever its row says.
    """
    is_open = intent.state in OPEN_STATES
    pay_until = intent.expires_at - PROVIDER_ENDS_EARLIER
    is_over = is_open and clock.now() >= pay_until
    is_payable = is_open and not is_over
    methods = _methods(intent) if is_payable else []
    newest = _newest_attempt(intent) if is_payable else None
    return {
        "intent": intent,
        "lines": _lines(intent),
        "after": _received_lines(intent) if is_open else _paid_lines(intent),
        "total_label": _total_label(intent),
        "methods": methods,
        "chosen": _chosen(newest, methods),
        "credit": _credit(intent) if is_payable else None,
        "missing": _missing(intent),
        "provider_label": registry.label_of(intent.provider),
        "refunded_words": _refunded_words(intent),
        "reference_label": targets.label_for(intent.reference),
        "target_url": targets.url_for(intent.reference),
        "is_paid": intent.state in PAID_STATES,
        "hold": _hold(intent),
        "surplus_words": _surplus_words(intent),
        "is_payable": is_payable,
        "is_over": is_over or intent.state in {IntentState.EXPIRED, IntentState.CANCELLED},
        "is_under_review": intent.state == IntentState.NEEDS_REVIEW,
        "is_final": not is_open or is_over,
        # Of the newest try: nobody has said yet how it ended; the payer gave it up; a transfer may still come.
        "is_under_way": _is_under_way(newest),
        "is_undecided": newest is not None and newest.outcome == AttemptOutcome.STARTED,
        "was_given_up": newest is not None and newest.provider_code in GIVEN_UP,
        "has_transfer": is_payable and newest is not None and is_open_transfer(newest),
        "pay_until": pay_until,
        # Hours and minutes that run out; of a request that is open for days, its day says more.
        "is_running_out": pay_until - clock.now() < A_DAY,
    }


def _missing(intent: PaymentIntent) -> Dong:
    return intent.amount - intent.received_amount - intent.pledged_amount


def _is_pledged(intent: PaymentIntent) -> bool:
    """Return whether a part of what was paid is only a promise of the card."""
    return intent.state in PAID_STATES and bool(intent.pledged_amount)


def _total_label(intent: PaymentIntent) -> str:
    if _is_pledged(intent):
        return _("Tổng cộng")
    return _("Đã trả") if intent.state in PAID_STATES else _("Cần trả")


def _hold(intent: PaymentIntent) -> dict[str, Any] | None:
    """Return whether the deposit stands on the card already, or from when it will; None once that is over."""
    if not _is_pledged(intent):
        return None
    hold = intent.holds.order_by("-pk").first()
    if hold is None or hold.state not in {*TO_BE_HELD, HoldState.HELD}:
        return None
    return {"is_planned": hold.state in TO_BE_HELD, "place_at": hold.place_at}


def _is_under_way(newest: PaymentAttempt | None) -> bool:
    """Return whether the payer has done their part of the newest try, and its provider has not answered."""
    if newest is None or newest.outcome != AttemptOutcome.STARTED:
        return False
    return newest.provider_code == UNDER_WAY


def _newest_attempt(intent: PaymentIntent) -> PaymentAttempt | None:
    if intent.merchant_ref is None:
        return None
    return PaymentAttempt.objects.filter(merchant_ref=intent.merchant_ref).first()


def _methods(intent: PaymentIntent) -> list[dict[str, Any]]:
    """Return the ways to pay what is still open: what each takes now, and what it only holds."""
    ways: list[dict[str, Any]] = []
    for gateway in registry.online():
        takes, holds = split_of(intent, gateway.capabilities)
        if not registry.takes(gateway, takes or holds):
            continue
        ways.append(
            {
                "value": gateway.code,
                "label": gateway.label,
                "hint": gateway.hint,
                # In plain words: what leaves the payer's account now, and what is only held.
                "taken": takes,
                "held": holds,
                "calls": gateway.capabilities.calls_to_start,
            }
        )
    away = resting([way["value"] for way in ways if way["calls"]]) if ways else set()
    for way in ways:
        # While every way is away, each may be tried: one of them may be back.
        way["is_away"] = way["value"] in away and len(away) < len(ways)
    return ways


def _chosen(newest: PaymentAttempt | None, methods: list[dict[str, Any]]) -> str:
    """Return the way that is marked: the payer's own last choice or the only one. Nothing is chosen for them."""
    open_ways = [way["value"] for way in methods if not way["is_away"]]
    if newest is not None and newest.provider in open_ways and newest.outcome != AttemptOutcome.FAILED:
        return newest.provider
    return open_ways[0] if len(open_ways) == 1 else ""


def _credit(intent: PaymentIntent) -> dict[str, Any] | None:
    """Return what of the payer's own credit may go into this payment; None if there is none."""
    balance = credit_of(intent.payer)
    amount = spendable(intent, balance)
    if not amount:
        return None
    return {
        "balance": balance,
        "amount": amount,
        "rest": _missing(intent) - amount,
        "label": _("Dùng %(amount)s từ số dư") % {"amount": format_dong(amount)},
    }


def payment_ways(intent: PaymentIntent) -> dict[str, Any]:
    """Return what is to be paid and every way to do so, credit among them, for who asks without a page."""
    page = payment_page(intent)
    ways = list(page["methods"])
    if page["credit"] is not None:
        label, usable = str(Provider.CREDIT.label), page["credit"]["amount"]
        ways.append({"value": Provider.CREDIT, "label": label, "taken": usable, "held": 0, "is_away": False})
    return {
        "amount": intent.amount,
        "received": intent.received_amount,
        "missing": page["missing"],
        "is_payable": page["is_payable"],
        "is_under_way": page["is_under_way"],
        "pay_until": page["pay_until"],
        "available_credit": credit_of(intent.payer),
        "ways": ways,
    }


def unavailable_words(method: str) -> str:
    """Say that a provider is away, and what can be done about it."""
    return _(
        "%(provider)s đang tạm ngừng, chưa có khoản nào bị trừ. Hãy chọn cách khác hoặc thử lại sau."
    ) % {"provider": registry.label_of(method)}


# --- Transfers ----------------------------------------------------------------------------------
def transfer_page(intent: PaymentIntent) -> dict[str, Any] | None:
    """Return the transfer that the newest open attempt waits for: its code as a drawing, and its words.

    What is still missing is asked for: once a part came, the code is drawn anew for the rest.
    """
    attempt = open_transfer(intent)
    if attempt is None:
        return None
    transfer, missing = _told(attempt), _missing(intent)
    code = segno.make(transfer_code(attempt, missing), error="m", micro=False)
    return {
        "transfer": transfer,
        "qr": mark_safe(code.svg_inline(border=1, omitsize=True)),  # noqa: S308 (drawn by segno)
        "rows": [
            {"label": _("Ngân hàng"), "value": transfer["bank_name"]},
            {
                "label": _("Số tài khoản"),
                "value": transfer["account_number"],
                "to_copy": transfer["account_number"],
            },
            {"label": _("Chủ tài khoản"), "value": transfer["account_name"]},
            {
                "label": _("Số tiền"),
                "value": format_dong(missing),
                "to_copy": str(missing),
                "is_strong": True,
            },
            {
                "label": _("Nội dung chuyển khoản"),
                "value": transfer["memo"],
                "to_copy": transfer["memo"],
                "is_strong": True,
            },
        ],
        "transfer_until": attempt.expires_at,
    }


def _told(attempt: PaymentAttempt) -> dict[str, str]:
    """Return where the money of a transfer goes, as its provider told; the fields of gateways.base.Transfer."""
    return dict(attempt.transfer or {})


def transfer_code(attempt: PaymentAttempt, amount: Dong) -> str:
    """Return the text of the VietQR code for an amount of an attempt's transfer."""
    transfer = _told(attempt)
    if amount == attempt.amount:
        return str(transfer["qr_text"])
    return vietqr.build(
        vietqr.TransferCode(
            bank_bin=transfer["bank_bin"],
            account_number=transfer["account_number"],
            amount=amount,
            memo=vietqr.memo_text(transfer["memo"]),
        )
    )


def transfer_picture(intent: PaymentIntent) -> bytes | None:
    """Return the code as a PNG, to be kept on the phone and opened in a banking app; None if nothing is open."""
    attempt = open_transfer(intent)
    if attempt is None:
        return None
    picture = io.BytesIO()
    code = segno.make(transfer_code(attempt, _missing(intent)), error="m", micro=False)
    code.save(picture, kind="png", scale=10, border=4)
    return picture.getvalue()


def failure_words(reason: FailureReason | None, provider: str) -> tuple[str, str]:
    """Return title and sentence for a payment that failed."""
    failed = _("Thanh toán không thành công")
    match reason:
        case FailureReason.CANCELLED:
            return _("Bạn đã hủy thanh toán"), _("Chưa có khoản nào được trả cho VoltGo.")
        case FailureReason.NO_MONEY:
            return failed, _("Tài khoản không đủ số dư. Bạn chưa thanh toán cho VoltGo.")
        case FailureReason.OVER_LIMIT:
            return failed, _(
                "Tài khoản đã vượt hạn mức giao dịch trong ngày. Bạn chưa thanh toán cho VoltGo."
            )
        case FailureReason.TIMED_OUT:
            return failed, _(
                "Trang thanh toán của %(provider)s đã hết giờ. Bạn chưa thanh toán cho VoltGo."
            ) % {"provider": provider}
        case FailureReason.WRONG_CODE:
            return failed, _("Mật khẩu hoặc mã OTP không đúng. Bạn chưa thanh toán cho VoltGo.")
        case _:
            return failed, _(
                "%(provider)s báo giao dịch không thành công. Bạn chưa thanh toán cho VoltGo."
            ) % {"provider": provider}


def _lines(intent: PaymentIntent) -> list[dict[str, Any]]:
    """Return rent and deposit apart, in plain words."""
    if intent.purpose == Purpose.FINE:
        # The authority's money: neither rent nor taxed.
        return [{"label": _("Tiền phạt nguội"), "amount": intent.prepayment_amount}]
    rent = _("Khoản còn thiếu") if intent.purpose == Purpose.BALANCE else _("Tiền thuê xe")
    lines = [
        {"label": rent, "amount": intent.prepayment_amount, "detail": _("Đã gồm thuế GTGT")},
        {"label": _("Tiền cọc"), "amount": intent.deposit_amount, "detail": _("Được hoàn lại")},
    ]
    return [line for line in lines if line["amount"]]


def _received_lines(intent: PaymentIntent) -> list[dict[str, Any]]:
    """Return what came of an open payment already, and what is still missing."""
    if not intent.received_amount:
        return []
    return [
        {"label": _("Đã nhận"), "amount": intent.received_amount},
        {"label": _("Còn thiếu"), "amount": _missing(intent)},
    ]


def _paid_lines(intent: PaymentIntent) -> list[dict[str, Any]]:
    """Return what of a finished payment left the payer's account, where that is less than its total."""
    if not _is_pledged(intent):
        return []
    lines = [
        {"label": _("Đã trả"), "amount": intent.received_amount},
        {"label": _("Chỉ giữ trên thẻ, không thu"), "amount": intent.pledged_amount},
    ]
    return [line for line in lines if line["amount"]]


def _surplus_words(intent: PaymentIntent) -> str:
    """Say that more came than was asked for, and that it goes back."""
    if intent.state not in PAID_STATES:
        return ""
    surplus = surplus_of(intent)
    if not surplus:
        return ""
    return _("Bạn đã trả thừa %(amount)s. VoltGo hoàn lại khoản này, xem trong ví của bạn.") % {
        "amount": format_dong(surplus)
    }


def _refunded_words(intent: PaymentIntent) -> str:
    if intent.state == IntentState.REFUNDED:
        return _("Toàn bộ số tiền đã được hoàn lại cho bạn.")
    if intent.state == IntentState.PARTLY_REFUNDED:
        return _("Một phần số tiền đã được hoàn lại cho bạn.")
    return ""

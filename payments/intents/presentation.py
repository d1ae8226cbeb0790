"""What the payer's pages show about a payment."""

from typing import Any

from django.utils.translation import gettext as _

from payments.gateways import registry
from payments.gateways.base import FailureReason
from payments.intents import targets
from payments.intents.enums import OPEN_STATES, PAID_STATES, IntentState, Purpose
from payments.intents.models import PaymentIntent
from payments.intents.services.paying import PROVIDER_ENDS_EARLIER, split_of
from voltgo.core import clock
from voltgo.core.money import Dong, format_dong


def payment_page(intent: PaymentIntent) -> dict[str, Any]:
    """Return the template context of one payment.

    Time decides on read: an open intent whose time is over is shown as over, whatever its row says.
    """
    is_open = intent.state in OPEN_STATES
    pay_until = intent.expires_at - PROVIDER_ENDS_EARLIER
    is_over = is_open and clock.now() >= pay_until
    provider_label = registry.label_of(intent.provider)
    to_pay = intent.amount - intent.received_amount - intent.pledged_amount
    methods = _methods(intent)
    offered = [method["value"] for method in methods]
    chosen = intent.provider if intent.provider in offered else next(iter(offered), "")
    return {
        "intent": intent,
        "lines": _lines(intent),
        "total_label": _("Đã trả") if intent.state in PAID_STATES else _("Cần trả"),
        "methods": methods,
        "chosen": chosen,
        "pay_label": _("Trả %(amount)s") % {"amount": format_dong(to_pay)},
        "to_pay": to_pay,
        "provider_label": provider_label,
        "refunded_words": _refunded_words(intent),
        "reference_label": targets.label_for(intent.reference),
        "target_url": targets.url_for(intent.reference),
        "is_paid": intent.state in PAID_STATES,
        "is_payable": is_open and not is_over,
        "is_over": is_over or intent.state in {IntentState.EXPIRED, IntentState.CANCELLED},
        "is_under_review": intent.state == IntentState.NEEDS_REVIEW,
        "is_final": not is_open or is_over,
        "pay_until": pay_until,
    }


def _methods(intent: PaymentIntent) -> list[dict[str, Any]]:
    """Return the ways to pay what is still open, the one chosen last marked."""
    ways: list[dict[str, Any]] = []
    for gateway in registry.offered(intent.amount):
        takes, holds = split_of(intent, gateway.capabilities)
        ways.append(
            {
                "value": gateway.code,
                "label": gateway.label,
                "hint": _deposit_words(gateway.hint, intent, takes, holds),
                # In plain words: what leaves the payer's account now, and what is only held.
                "taken": takes,
                "held": holds,
            }
        )
    return ways


def _deposit_words(hint: str, intent: PaymentIntent, takes: Dong, holds: Dong) -> str:
    """Say with the way to pay what becomes of the deposit."""
    if not intent.deposit_amount:
        return hint
    if holds:
        words = _("Cọc %(amount)s chỉ được giữ trên thẻ, không bị trừ tiền.") % {"amount": format_dong(holds)}
    else:
        words = _("Tiền cọc được thu và hoàn lại sau chuyến đi.")
    return f"{hint}. {words}"


def transfer_page(intent: PaymentIntent) -> dict[str, Any] | None:
    """Return the transfer that the newest open attempt waits for: its code as a drawing, and its words."""
    attempt = intent.attempts.filter(merchant_ref=intent.merchant_ref, transfer__isnull=False).first()
    if attempt is None:
        return None
    return {
        "transfer": attempt.transfer,
        "transfer_amount": attempt.amount,
        "transfer_until": attempt.expires_at,
        "received_amount": intent.received_amount,
    }


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
    rent = _("Khoản còn thiếu") if intent.purpose == Purpose.BALANCE else _("Tiền thuê xe")
    lines = [
        {"label": rent, "amount": intent.prepayment_amount, "detail": _("Đã gồm thuế GTGT")},
        {"label": _("Tiền cọc"), "amount": intent.deposit_amount, "detail": _("Được hoàn lại")},
    ]
    return [line for line in lines if line["amount"]]


def _refunded_words(intent: PaymentIntent) -> str:
    if intent.state == IntentState.REFUNDED:
        return _("Toàn bộ số tiền đã được hoàn lại cho bạn.")
    if intent.state == IntentState.PARTLY_REFUNDED:
        return _("Một phần số tiền đã được hoàn lại cho bạn.")
    return ""

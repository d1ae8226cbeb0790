"""What a trip's page says about money that came and went back."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from payments.intents.enums import RefundState, RefundWay
from payments.intents.models import Payment, PaymentIntent
from payments.intents.selectors import payments_for
from rentals.trips.selectors import Trip
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import when


def money_rows(trip: Trip) -> list[dict[str, Any]]:
    """Return what came in and what went back, once there is more to tell than one payment.

    Each payment stands for itself, with what came too much or too late: else the rows would not add up.
    """
    paid = [intent for intent in trip.intents if intent.succeeded_at is not None]
    if not trip.refunds and len(paid) <= 1:
        return []
    rows = [
        {"label": _("Đã trả"), "detail": _paid_detail(payment), "amount": payment.amount}
        for payment in payments_for(trip.intents)
    ]
    rows += [
        {"label": _("Đã trả"), "detail": _held_detail(intent), "amount": 0}
        for intent in paid
        if not intent.received_amount
    ]
    return rows + [
        {
            "label": _("Hoàn tiền: %(reason)s") % {"reason": refund.get_reason_display()},
            "detail": capfirst(refund.get_state_display()),
            "amount": -refund.amount,
        }
        for refund in trip.refunds
    ]


def returned_words(trip: Trip) -> str:
    """Say of a cancelled trip what goes back, and where."""
    to_credit = [refund for refund in trip.refunds if refund.way == RefundWay.CREDIT]
    at_desk = [refund for refund in trip.refunds if refund.way == RefundWay.CASH]
    to_source = [refund for refund in trip.refunds if refund.way not in (RefundWay.CREDIT, RefundWay.CASH)]
    to_collect = sum(refund.amount for refund in at_desk if refund.state != RefundState.SUCCEEDED)
    collected = sum(refund.amount for refund in at_desk if refund.state == RefundState.SUCCEEDED)
    credited = sum(refund.amount for refund in to_credit)
    waiting = sum(refund.amount for refund in to_source if refund.state != RefundState.SUCCEEDED)
    done = sum(refund.amount for refund in to_source if refund.state == RefundState.SUCCEEDED)
    said = []
    if credited:
        words = _("%(amount)s đã vào số dư VoltGo của bạn.")
        said.append(words % {"amount": format_dong(credited)})
    if to_collect:
        words = _("Mời bạn đến quầy của trạm nhận lại %(amount)s tiền mặt, đọc mã đặt xe cho nhân viên.")
        said.append(words % {"amount": format_dong(to_collect)})
    elif collected:
        said.append(_("Bạn đã nhận lại %(amount)s tiền mặt tại quầy.") % {"amount": format_dong(collected)})
    if waiting:
        words = _("Đang hoàn %(amount)s về nguồn đã trả. Ngân hàng thường cần 1 đến 7 ngày làm việc.")
        said.append(words % {"amount": format_dong(waiting)})
    elif done:
        said.append(_("Đã hoàn %(amount)s về nguồn đã trả.") % {"amount": format_dong(done)})
    if said:
        return " ".join(said)
    return _("Không có khoản nào bị trừ.") if not trip.money.paid else _("Không còn khoản nào để hoàn.")


def _paid_detail(payment: Payment) -> str:
    """Say when it was paid, and what of it was deposit: money, or only a promise of the card."""
    words = {"when": when(payment.paid_at), "deposit": format_dong(payment.deposit_amount)}
    if payment.intent.pledged_amount:
        return _held_detail(payment.intent)
    if payment.deposit_amount:
        return _("%(when)s, gồm %(deposit)s tiền cọc") % words
    return words["when"]


def _held_detail(intent: PaymentIntent) -> str:
    words = {"when": when(intent.succeeded_at), "deposit": format_dong(intent.pledged_amount)}
    return _("%(when)s, cọc %(deposit)s không thu, chỉ giữ trên thẻ") % words

"""What a trip's page says about money that came and went back."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from payments.intents.going_back import going_back
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
    said = going_back(trip.refunds)
    if said:
        return said
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

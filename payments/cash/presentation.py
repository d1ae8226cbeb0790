"""What a cash slip says; a pure function of rows that never change."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from payments.cash.models import CashMovement
from payments.cash.selectors import payment_of, slip_of
from payments.intents import targets
from payments.intents.enums import Purpose
from payments.intents.models import Payment
from voltgo.core import clock


def slip_page(movement: CashMovement) -> dict[str, Any]:
    """Return the context of a slip, for its page and its mail."""
    payment = payment_of(movement)
    tendered = movement.tendered_amount or movement.amount
    reference = movement.reference
    return {
        "slip": slip_of(movement),
        "movement": movement,
        "payment": payment,
        "payer": payment.intent.payer if payment else None,
        "lines": _lines(payment) if payment else [],
        "amount": movement.amount,
        "tendered": tendered,
        "change": tendered - movement.amount,
        "at": clock.local(movement.at),
        "taken_by": movement.by.full_name,
        "place": movement.session.drawer.name,
        "reference_label": targets.label_for(reference),
        "company": settings.COMPANY,
    }


def _lines(payment: Payment) -> list[dict[str, Any]]:
    """Return rent and deposit apart: a deposit is the payer's own money."""
    words = {
        Purpose.BALANCE: _("Khoản còn thiếu"),
        Purpose.CHANGE: _("Đổi hoặc gia hạn"),
        Purpose.FINE: _("Phạt nguội"),
    }
    lines = [
        (words.get(Purpose(payment.intent.purpose), _("Tiền thuê xe")), payment.prepayment_amount),
        (_("Tiền cọc, được hoàn lại"), payment.deposit_amount),
    ]
    return [{"label": label, "amount": amount} for label, amount in lines if amount]

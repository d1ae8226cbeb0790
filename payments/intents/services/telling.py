"""Telling payers about their refunds: that the money went back, or that we do not know where to."""

from typing import Any

from django.urls import reverse

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from payments.intents import targets
from payments.intents.enums import RefundWay
from payments.intents.models import Refund


def money_went_back(refund: Refund) -> None:
    """Write to the payer that the money is back: only now, when it is."""
    _write(
        refund,
        MessageKind.MONEY_BACK,
        f"money_back:{refund.pk}",
        is_credit=refund.way == RefundWay.CREDIT,
        is_cash=refund.way == RefundWay.CASH,
        is_transfer=refund.way == RefundWay.TRANSFER,
    )


def account_needed(refund: Refund, *, again: str = "") -> None:
    """Ask the payer for a bank account; `again` names why they are asked once more."""
    _write(refund, MessageKind.REFUND_NEEDS_ACCOUNT, f"refund_needs_account:{refund.pk}:{again}")


def _write(refund: Refund, kind: MessageKind, key: str, **context: Any) -> None:
    notify(
        user=refund.intent.payer,
        kind=kind,
        key=key,
        reference=refund.reference,
        context={
            "code": targets.label_for(refund.reference),
            "amount": refund.amount,
            "path": reverse("payments:refund-detail", args=[refund.pk]),
            **context,
        },
    )

"""Asking for a deposit that no card holds: a request of its own, which any way to pay can settle."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from accounts.models import User
from payments.intents import signals, targets
from payments.intents.enums import INTENT, OPEN_STATES, IntentState, Purpose
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, PaymentIntent
from payments.intents.services.paying import create_intent
from payments.intents.services.refunds import return_parts
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.money import Dong

# Where nobody says until when the deposit is needed.
TIME_TO_PAY = timedelta(days=3)
SHORTEST_TIME_TO_PAY = timedelta(hours=2)


class NeedReason(StrEnum):
    """Why a deposit is asked for on its own."""

    # The bank did not hold the amount on the card.
    DECLINED = "declined"
    # The provider let go of the hold before the rental was over.
    RAN_OUT = "ran_out"
    # The card was not kept after all.
    NO_CARD = "no_card"
    # Somebody at the counter asks for it.
    ASKED = "asked"


@transaction.atomic
def request_deposit(
    *, reference: str, payer: User, amount: Dong, by: Actor, why: str = NeedReason.ASKED
) -> PaymentIntent:
    """Ask a payer for a deposit on its own, and tell them; an open request for the same amount is kept.

    A request for another amount is replaced. It stays open as long as the deposit is needed. Locks the owner of the
    reference and its intents; sends `deposit_needed`.
    """
    for row in lock_reference(reference):
        if row.purpose != Purpose.DEPOSIT or row.state not in OPEN_STATES:
            continue
        if row.amount == amount and row.expires_at > clock.now() + SHORTEST_TIME_TO_PAY / 2:
            return row
        _close(row, by=SYSTEM)
    number = PaymentIntent.objects.filter(reference=reference, purpose=Purpose.DEPOSIT).count() + 1
    intent = create_intent(
        payer=payer,
        reference=reference,
        purpose=Purpose.DEPOSIT,
        prepayment_amount=0,
        deposit_amount=amount,
        expires_at=_until(reference),
        idempotency_key=f"deposit:{reference}:{number}",
        by=by,
        description=f"VoltGo {reference.partition(':')[2]}",
    )
    deposit = Deposit.objects.get(reference=reference)
    signals.deposit_needed.send(sender=Deposit, deposit=deposit, intent=intent, why=str(why))
    return intent


def close_requests(reference: str, *, but: PaymentIntent | None = None) -> None:
    """Stop asking for the deposit: it is held, waived, or not needed any more. The caller holds the locks."""
    open_requests = PaymentIntent.objects.filter(
        reference=reference, purpose=Purpose.DEPOSIT, state__in=OPEN_STATES
    )
    for row in open_requests.exclude(pk=but.pk) if but else open_requests:
        _close(row, by=SYSTEM)


def _close(intent: PaymentIntent, *, by: Actor) -> None:
    states.move(INTENT, intent, to=IntentState.CANCELLED, by=by, reason="deposit settled otherwise")
    return_parts(intent)


def _until(reference: str) -> datetime:
    now = clock.now()
    window = targets.window_for(reference)
    return max(window[1], now + SHORTEST_TIME_TO_PAY) if window else now + TIME_TO_PAY

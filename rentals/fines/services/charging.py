"""Taking the amount of a fine: from what was kept back of the deposit, then by a payment request."""

from datetime import timedelta

from payments.cases.enums import CaseKind
from payments.cases.services import open_case
from payments.intents.models import PaymentIntent
from payments.intents.services.claims import charge_claim
from rentals.fines.enums import FINE, FineState
from rentals.fines.models import TrafficFine
from rentals.handovers.enums import RentalState
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor

TIME_TO_PAY = timedelta(days=30)


def charge(fine: TrafficFine, *, by: Actor) -> TrafficFine:
    """Charge an accepted fine once. The caller holds the fine's lock.

    Only what is left of the deposit after the settlement may be taken: before that the settlement counts on it.
    """
    assert fine.rental is not None
    assert fine.payer is not None
    charged = charge_claim(
        claim=fine.reference,
        payer=fine.payer,
        amount=fine.amount,
        deposit_of=fine.rental.booking.reference if fine.rental.state == RentalState.CLOSED else None,
        description=f"VoltGo {fine.code}",
        expires_at=clock.now() + TIME_TO_PAY,
        by=by,
    )
    TrafficFine.objects.filter(pk=fine.pk).update(
        from_deposit_amount=charged.from_deposit, debt_amount=charged.debt
    )
    fine.from_deposit_amount, fine.debt_amount = charged.from_deposit, charged.debt
    if not charged.debt:
        states.move(FINE, fine, to=FineState.PAID, by=by, reason="deposit")
    return fine


def money_came(intent: PaymentIntent) -> None:
    """Note that the renter has paid what was asked for a fine. Runs in the money's own transaction."""
    code = intent.reference.partition(":")[2]
    found = TrafficFine.objects.filter(code=code).first()
    if found is None:
        # Not a fine of ours, yet the money is real: it is booked, and somebody must look.
        open_case(
            kind=CaseKind.OTHER,
            key=f"fine:unknown:{intent.pk}",
            reference=intent.reference,
            amount=intent.amount,
        )
        return
    fine = locks.lock_row(found)
    if fine.state == FineState.ACCEPTED:
        states.move(FINE, fine, to=FineState.PAID, by=SYSTEM, reason=str(intent.pk))

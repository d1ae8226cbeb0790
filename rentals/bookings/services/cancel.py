"""Cancelling a booking, with the refund known beforehand."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation

from accounts.notifications.services import notify
from payments.intents.enums import HoldState, RefundWay
from payments.intents.going_back import going_back
from payments.intents.selectors import MoneySummary, money_of, refunds_under
from payments.intents.services import expire_intents, give_back
from rentals.bookings.enums import BOOKING, BookingState, CancelReason
from rentals.bookings.errors import CannotCancel
from rentals.bookings.models import Booking
from rentals.bookings.services.fees import keep_fee
from rentals.bookings.signals import booking_cancelled
from rentals.policies.rules import WHOLE_BP, Policy
from stations.timeline import services as timeline
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.money import Dong, share

# Reasons that are not the renter's doing: everything goes back.
OUR_FAULT = frozenset({CancelReason.OPERATOR, CancelReason.VEHICLE_UNFIT, CancelReason.VEHICLE_TAKEN})


@dataclass(frozen=True, slots=True)
class RefundPreview:
    """What a cancellation would give back now. The deposit always goes back in full."""

    rent_refund: Dong
    fee: Dong
    # Money; what a card only holds is let go instead.
    deposit_refund: Dong
    deposit_freed: Dong = 0
    # Was to be held on a card later, and will not be.
    deposit_planned: Dong = 0

    @property
    def total(self) -> Dong:
        return self.rent_refund + self.deposit_refund


def refund_bp_of(booking: Booking, at: datetime) -> int:
    """Return the share of the rent that goes back at a moment, by the policy frozen when it was booked.

    A pickup that was put off does not buy better terms: what cancelling would have given back then is the
    most that it gives from then on. Whoever did not get what was agreed may leave free of charge.
    """
    if booking.is_not_as_agreed:
        return WHOLE_BP
    policy = Policy.from_json(booking.quote.policy)
    booked_at = booking.confirmed_at or booking.created_at
    share_now = policy.refund_bp(starts_at=booking.starts_at, booked_at=booked_at, at=at)
    return min(share_now, booking.refund_cap_bp)


def refund_preview(booking: Booking, reason: CancelReason = CancelReason.RENTER) -> RefundPreview:
    """Return what cancelling now would give back and keep; writes nothing."""
    money = money_of(booking.reference)
    bp = WHOLE_BP if reason in OUR_FAULT else refund_bp_of(booking, clock.now())
    back = share(money.prepaid, bp)
    return RefundPreview(
        rent_refund=back,
        fee=money.prepaid - back,
        deposit_refund=money.deposit_money,
        deposit_freed=money.deposit_on_hold,
        deposit_planned=planned_of(money),
    )


def planned_of(money: MoneySummary) -> Dong:
    """Return what of a deposit is to be held on a card later; holds that stand already do not count."""
    if money.deposit is None:
        return 0
    rows = money.deposit.holds.filter(state=HoldState.PLANNED)
    return sum(rows.values_list("amount", flat=True))


@transaction.atomic
def cancel_booking(
    *,
    booking: Booking,
    reason: CancelReason,
    by: Actor,
    note: str = "",
    tells: bool = True,
    refund_way: str = RefundWay.ORIGINAL,
) -> RefundPreview:
    """Cancel a booking before the keys are given, free the vehicle, refund by policy.

    The coded reason decides the refund; a `note` in words stays with the event. Without `tells` the caller
    tells the renter in words of its own. `refund_way` is a RefundWay: back to what was paid with, or credit.

    Locks the booking. A repeated call on a cancelled booking changes nothing.

    Raises:
        CannotCancel: the booking has already ended or the vehicle has been handed over.
    """
    current = locks.lock_row(booking)
    if current.state == BookingState.CANCELLED:
        return RefundPreview(0, 0, 0)
    if (current.state, BookingState.CANCELLED) not in BOOKING.table:
        raise CannotCancel
    preview = refund_preview(current, reason)
    said = f"{reason}: {note}"[:300] if note else str(reason)
    states.move(BOOKING, current, to=BookingState.CANCELLED, by=by, reason=said, cancel_reason=reason)
    free_and_settle(current, preview, by, refund_way=refund_way)
    booking_cancelled.send(sender=Booking, booking=current)
    if tells:
        notify(
            user=current.renter,
            kind="booking_cancelled",
            key=f"booking_cancelled:{current.code}",
            reference=current.reference,
            context={
                "code": current.code,
                "refund": preview.total,
                "fee": preview.fee,
                "freed": preview.deposit_freed,
                "back": back_words(current),
            },
        )
    booking.refresh_from_db()
    return preview


def back_words(booking: Booking) -> str:
    """Say in the renter's language what a booking that ended gives back, by which way and when."""
    with translation.override(booking.renter.language):
        return going_back(refunds_under(_refund_key(booking)))


def _refund_key(booking: Booking) -> str:
    return f"cancel:{booking.code}"


def free_and_settle(
    booking: Booking, preview: RefundPreview, by: Actor, *, refund_way: str = RefundWay.ORIGINAL
) -> None:
    """Free the vehicle of a booking that ends without keys, give back and keep what the preview says.

    The caller holds the booking's lock.
    """
    timeline.release(booking.allocation, at=clock.now())
    expire_intents(booking.reference)
    give_back(
        reference=booking.reference,
        prepayment_amount=preview.rent_refund,
        reason="cancellation",
        idempotency_key=_refund_key(booking),
        by=by,
        way=refund_way,
    )
    keep_fee(
        booking=booking,
        fee=preview.fee,
        paid_for=booking.quote,
        key=f"cancel-fee:{booking.code}",
        by=by,
    )

"""What money does to a booking: confirm it, take the vehicle again, or give the money back."""

from datetime import timedelta

from django.db import transaction
from django.utils import translation

from accounts.notifications.services import notify
from payments.intents.going_back import going_back
from payments.intents.models import PaymentIntent
from payments.intents.selectors import refunds_under
from payments.intents.services import give_back
from payments.intents.targets import needs_deposit
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services.one_way import allocate_one_way, is_one_way
from rentals.bookings.services.repack import claim_any
from rentals.bookings.signals import booking_confirmed, booking_expired
from stations.bays.errors import NoBayFree
from stations.timeline import services as timeline
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM

# Money that comes later than this after the start buys nothing that the renter still wants.
LATE_MONEY_GRACE = timedelta(minutes=60)


@transaction.atomic
def keep_or_return_deposit(*, intent: PaymentIntent) -> None:
    """Give back a deposit that was paid, or held, on its own for a booking that needs none any more.

    Runs inside the money's transaction. Locks the booking.
    """
    prefix, _, _code = intent.reference.partition(":")
    if prefix != "booking" or intent.purpose != "deposit" or needs_deposit(intent.reference):
        return
    give_back(
        reference=intent.reference,
        prepayment_amount=0,
        intent=intent,
        reason="late_payment",
        idempotency_key=f"late:{intent.pk}",
        by=SYSTEM,
    )


@transaction.atomic
def confirm_paid(*, intent: PaymentIntent) -> Booking | None:
    """Decide what the money of an intent means for its booking. Runs inside the money's transaction.

    Held and still claimed: confirmed, by compare-and-swap against the sweep. Expired: confirmed if the
    same or an equal vehicle can be claimed again, else refunded in full. Anything else: refunded.
    The money itself is already in the ledger. Locks the booking, then the vehicle.
    """
    prefix, _, code = intent.reference.partition(":")
    if prefix != "booking" or intent.purpose != "booking":
        return None
    booking = locks.lock_row(Booking.objects.get(code=code))
    has_just_expired = False
    if booking.state == BookingState.HELD:
        try:
            timeline.confirm(booking.allocation)
        except AllocationLost:
            states.move(BOOKING, booking, to=BookingState.EXPIRED, by=SYSTEM, reason="hold ran out")
            has_just_expired = True
        else:
            return _confirm(booking)
    if booking.state == BookingState.EXPIRED and _claim_again(booking):
        return _confirm(booking)
    if has_just_expired:
        # No sweep will find it any more: promotion, bay and waitlist must hear of it here.
        booking_expired.send(sender=Booking, booking=booking)
    if booking.state != BookingState.CONFIRMED:
        _give_back(booking, intent)
    return booking


def _confirm(booking: Booking) -> Booking:
    states.move(BOOKING, booking, to=BookingState.CONFIRMED, by=SYSTEM, confirmed_at=clock.now())
    booking_confirmed.send(sender=Booking, booking=booking)
    return booking


def _claim_again(booking: Booking) -> bool:
    """Claim the same vehicle, else an equal one, for an expired booking; say whether it worked."""
    if clock.now() > booking.starts_at + LATE_MONEY_GRACE:
        return False
    if is_one_way(booking):
        allocation = _with_bay(booking)
    else:
        allocation = _same_vehicle(booking) or _equal_vehicle(booking)
    if allocation is None:
        return False
    Booking.objects.filter(pk=booking.pk).update(allocation=allocation)
    booking.allocation = allocation
    return True


def _with_bay(booking: Booking) -> VehicleAllocation | None:
    """Claim a vehicle, the time behind it and a bay again; the same vehicle only if it was chosen."""
    try:
        return allocate_one_way(quote=booking.quote, code=booking.code, hold_expires_at=None)
    except (VehicleUnavailable, NoBayFree):
        return None


def _same_vehicle(booking: Booking) -> VehicleAllocation | None:
    vehicle = booking.allocation.vehicle
    rentable = type(vehicle).objects.at(booking.pickup_station).rentable(booking.period).filter(pk=vehicle.pk)
    if not rentable.exists():
        return None
    try:
        return timeline.hold_vehicle(
            vehicle=vehicle,
            period=timeline.with_turnaround(booking.period),
            claimant=booking.reference,
            hold_expires_at=None,
        )
    except VehicleUnavailable:
        return None


def _equal_vehicle(booking: Booking) -> VehicleAllocation | None:
    try:
        return claim_any(
            station=booking.pickup_station,
            model=booking.model,
            period=timeline.with_turnaround(booking.period),
            claimant=booking.reference,
            hold_expires_at=None,
        )
    except VehicleUnavailable:
        return None


def _give_back(booking: Booking, intent: PaymentIntent) -> None:
    """Refund everything that this intent brought, and say so."""
    give_back(
        reference=booking.reference,
        prepayment_amount=intent.prepayment_amount,
        intent=intent,
        reason="late_payment",
        idempotency_key=f"late:{intent.pk}",
        by=SYSTEM,
    )
    with translation.override(booking.renter.language):
        back = going_back(refunds_under(f"late:{intent.pk}"))
    notify(
        user=booking.renter,
        kind="late_payment_refunded",
        key=f"late_payment_refunded:{intent.pk}",
        reference=booking.reference,
        context={"code": booking.code, "amount": intent.amount - intent.pledged_amount, "back": back},
    )

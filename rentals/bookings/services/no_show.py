"""Renters who did not come: the vehicle is free again, the rent is kept, the deposit goes back."""

from datetime import timedelta

from django.db import transaction

from accounts.notifications.services import notify
from payments.intents.selectors import money_of
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.errors import StationWasClosed, StillInGrace
from rentals.bookings.models import Booking
from rentals.bookings.services.cancel import RefundPreview, free_and_settle
from rentals.bookings.signals import booking_missed
from stations.network.hours import is_open_at, week_of
from stations.network.models import StationClosure
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor

# domain.md: half an hour was too strict elsewhere.
GRACE = timedelta(minutes=60)


def no_show_preview(booking: Booking) -> RefundPreview:
    """Return what a renter who did not come gets back: of the rent nothing, as by the last tier of cancelling."""
    money = money_of(booking.reference)
    return RefundPreview(rent_refund=0, fee=money.prepaid, deposit_refund=money.deposit_held)


@transaction.atomic
def mark_no_show(*, booking: Booking, by: Actor, note: str = "") -> RefundPreview:
    """Note that a renter did not come, free the rest of the period, keep the rent, return the deposit.

    Locks the booking. A repeated call changes nothing.

    Raises:
        StillInGrace: the hour after the agreed time is not over.
        StationWasClosed: nobody could have been served; that is ours to cancel.
        IllegalTransition, NotAllowed: the booking is not confirmed, or not for this actor to end.
    """
    current = locks.lock_row(booking)
    if current.state == BookingState.NO_SHOW:
        return RefundPreview(0, 0, 0)
    if current.state == BookingState.CONFIRMED:
        _check(current)
    preview = no_show_preview(current)
    states.move(BOOKING, current, to=BookingState.NO_SHOW, by=by, reason=note[:300])
    free_and_settle(current, preview, by)
    booking_missed.send(sender=Booking, booking=current)
    notify(
        user=current.renter,
        kind="booking_no_show",
        key=f"booking_no_show:{current.code}",
        reference=current.reference,
        context={"code": current.code, "refund": preview.total, "fee": preview.fee},
    )
    booking.refresh_from_db()
    return preview


def _check(booking: Booking) -> None:
    if clock.now() <= booking.starts_at + GRACE:
        raise StillInGrace
    station = booking.pickup_station
    closures = StationClosure.objects.filter(
        station=station, starts_at__lte=booking.starts_at + GRACE, ends_at__gt=booking.starts_at
    )
    if closures.exists() or not is_open_at(week_of(station), booking.starts_at):
        raise StationWasClosed

"""Renters who did not come: the vehicle is free again, at most the first day's rent is kept, the rest goes back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.notifications.services import notify
from payments.intents.selectors import money_of
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.errors import (
    NotYoursToWaive,
    StationWasClosed,
    StillInGrace,
    WaitsTooShort,
    WaitWithoutReason,
)
from rentals.bookings.models import Booking
from rentals.bookings.services.cancel import RefundPreview, back_words, free_and_settle
from rentals.bookings.signals import booking_missed
from rentals.policies.rules import Policy
from rentals.pricing.engine import Terms, time_price
from stations.network.hours import is_open_at, week_of
from stations.network.models import StationClosure
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit.services import record
from voltgo.core.clock import Period
from voltgo.core.errors import IllegalTransition
from voltgo.core.money import Dong

# A renter who does not come pays for one day at most, however long they have booked.
KEPT = timedelta(hours=24)
MAY_WAIVE = (ActorKind.SUPERVISOR, ActorKind.OPERATOR)


def awaited_until(booking: Booking) -> datetime:
    """Return until when a renter is waited for: the grace of the frozen policy, or longer by a supervisor's word."""
    grace = Policy.from_json(booking.quote.policy).no_show_grace
    return max(booking.starts_at + grace, booking.awaited_until or booking.starts_at)


def no_show_fee(booking: Booking, prepaid: Dong) -> Dong:
    """Return what is kept: the price of the time of the first 24 hours by the frozen terms, at most what was paid."""
    quote = booking.quote
    if not quote.terms:
        return prepaid
    first_day = Period(quote.starts_at, min(quote.ends_at, quote.starts_at + KEPT))
    return min(prepaid, time_price(first_day, Terms.from_json(quote.terms)))


def no_show_preview(booking: Booking) -> RefundPreview:
    """Return what a renter who did not come gets back: all but the first day's rent, and the whole deposit."""
    money = money_of(booking.reference)
    fee = no_show_fee(booking, money.prepaid)
    return RefundPreview(
        rent_refund=money.prepaid - fee,
        fee=fee,
        deposit_refund=money.deposit_money,
        deposit_freed=money.deposit_on_hold,
    )


@transaction.atomic
def mark_no_show(*, booking: Booking, by: Actor, note: str = "") -> RefundPreview:
    """Note that a renter did not come, free the rest of the period, keep the first day's rent at most.

    Only people do this; the system proposes. Locks the booking. A repeated call changes nothing.

    Raises:
        StillInGrace: the renter is still waited for; `until` says how long.
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


@transaction.atomic
def wait_longer(*, booking: Booking, until: datetime, reason: str, by: Actor) -> Booking:
    """Wait for a late renter until a moment: nobody proposes or notes a no-show before. No message is sent.

    For supervisors and operators. Locks the booking; the reason stays with the audit event.

    Raises:
        NotYoursToWaive: an attendant asks.
        WaitWithoutReason: nobody said why.
        WaitsTooShort: the moment is over, or not before the end of the rental.
        IllegalTransition: the booking is not confirmed.
    """
    reason = reason.strip()
    if by.kind not in MAY_WAIVE:
        raise NotYoursToWaive
    if not reason:
        raise WaitWithoutReason
    current = locks.lock_row(booking)
    if current.state != BookingState.CONFIRMED:
        raise IllegalTransition(
            machine=BOOKING.name, source=current.state, target=BookingState.CONFIRMED.value
        )
    if not clock.now() < until < current.ends_at:
        raise WaitsTooShort
    Booking.objects.filter(pk=current.pk).update(awaited_until=until)
    record(
        "booking.awaited",
        current.reference,
        by=by,
        reason=reason[:300],
        until=until.isoformat(),
    )
    booking.awaited_until = until
    return booking


def _check(booking: Booking) -> None:
    until = awaited_until(booking)
    if clock.now() <= until:
        words = _("Khách còn được chờ đến %(time)s.") % {"time": f"{clock.local(until):%H:%M %d/%m}"}
        raise StillInGrace(words, until=until)
    if not could_be_served(booking):
        raise StationWasClosed


def could_be_served(booking: Booking) -> bool:
    """Say whether the station was open for a renter who came on time or within the grace."""
    station, grace = booking.pickup_station, Policy.from_json(booking.quote.policy).no_show_grace
    closures = StationClosure.objects.filter(
        station=station, starts_at__lte=booking.starts_at + grace, ends_at__gt=booking.starts_at
    )
    return not closures.exists() and is_open_at(week_of(station), booking.starts_at)

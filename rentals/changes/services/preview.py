"""What a change would cost or give back, before anything is asked for. Writes a frozen quote and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.kyc.eligibility import NotEligible
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.models import Booking
from rentals.bookings.rules import LATEST_START, check_length, check_open, check_period
from rentals.bookings.services import check_eligibility
from rentals.bookings.services.cancel import refund_bp_of
from rentals.changes.difference import Difference, difference_of
from rentals.changes.errors import CannotChange, ChangeWaits, NothingChanged
from rentals.changes.pricing import price_change
from rentals.changes.selectors import waiting_change
from rentals.changes.services.claims import is_free
from rentals.changes.services.lapse import lapse_if_over
from rentals.changes.wanted import Wanted, as_booked
from rentals.policies.rules import WHOLE_BP
from rentals.policies.selectors import policy_today
from rentals.pricing.models import Quote
from stations.bays.errors import NoBayFree
from stations.bays.services import free_bays
from stations.supply.selectors import check_supply
from stations.timeline.errors import VehicleUnavailable
from voltgo.core import clock


@dataclass(frozen=True, slots=True)
class Preview:
    """A booking before and after, with the difference between the two."""

    booking: Booking
    before: Quote
    after: Quote
    difference: Difference
    # What a later cancellation gives back at most, if the pickup is put off now.
    refund_cap_bp: int


def preview_change(*, booking: Booking, wanted: Wanted) -> Preview:
    """Show what a change of a confirmed booking would cost or give back.

    A change of the booking whose time to pay is over is ended first; whether it was paid is asked then.

    Raises:
        CannotChange: the booking is not confirmed any more.
        ChangeWaits: another change of it waits for its money.
        NothingChanged: it is like that already.
        PeriodNotOffered, StationClosed, NotEligible, SupplyTooLow, NoBayFree: as for a new booking.
        NoTariff and other refusals of pricing.
        VehicleUnavailable: nothing is free then.
    """
    lapse_if_over(booking)
    booking = fresh(booking)
    if waiting_change(booking) is not None:
        raise ChangeWaits
    check_change(booking, wanted)
    quote = price_change(booking, wanted)
    if not is_free(booking, quote):
        words = _(
            "Không có %(model)s nào trống ở %(station)s trong khung giờ này. "
            "Hãy chọn giờ, trạm hoặc mẫu xe khác."
        )
        words %= {"model": quote.model, "station": quote.pickup_station.name}
        raise VehicleUnavailable(words, booking=booking.code)
    return preview_of(booking, quote)


def fresh(booking: Booking) -> Booking:
    """Read a booking again with everything that a change compares."""
    rows = Booking.objects.select_related(
        "quote__tariff",
        "allocation__vehicle__model",
        "model",
        "pickup_station__city",
        "return_station",
        "renter",
    )
    return rows.get(pk=booking.pk)


def preview_of(booking: Booking, quote: Quote, at: datetime | None = None) -> Preview:
    """Compare a booking with the quote that would replace its own."""
    share = refund_bp_of(booking, at or clock.now())
    is_put_off = quote.starts_at > booking.starts_at
    return Preview(
        booking=booking,
        before=booking.quote,
        after=quote,
        difference=difference_of(booking.quote, quote, share),
        refund_cap_bp=share if is_put_off else min(booking.refund_cap_bp, WHOLE_BP),
    )


def check_change(booking: Booking, wanted: Wanted) -> None:
    """Apply the rules of a new booking to what a booking is to become; a pickup that stays may be past.

    Raises:
        As preview_change, but for the price and the vehicle.
    """
    if booking.state != BookingState.CONFIRMED or clock.now() >= booking.ends_at:
        raise CannotChange
    before = as_booked(booking)
    if wanted == before:
        raise NothingChanged
    policy = policy_today()
    if wanted.period.starts_at == booking.starts_at:
        check_length(wanted.period, policy)
        if wanted.period.ends_at <= clock.now() - LATEST_START:
            raise CannotChange
    else:
        check_period(wanted.period, policy)
    check_open(wanted.station, wanted.period, wanted.return_station)
    eligibility = check_eligibility(renter=booking.renter, model=wanted.model, period=wanted.period)
    if not eligibility.is_eligible:
        raise NotEligible(reasons=eligibility.reasons)
    if (wanted.station, wanted.model) != (before.station, before.model):
        check_supply(
            station=wanted.station, model=wanted.model, period=wanted.period, channel=Channel(booking.channel)
        )
    goes_elsewhere = wanted.return_station not in (wanted.station, booking.return_station)
    if goes_elsewhere and free_bays(wanted.return_station) < 1:
        raise NoBayFree(station=wanted.return_station.code)

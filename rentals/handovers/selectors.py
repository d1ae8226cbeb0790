"""Reads of the counter: the day board, search, vehicles with their next booking, damage known before."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, F, Func, OuterRef, Q, QuerySet, Subquery

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.handovers.rules import EARLIEST, fee_clock, minutes_late
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.money import Dong

# How far back the search at the counter reaches.
SEARCH_BACK = timedelta(days=60)
MOST_HITS = 20
MOST_WAITING = 20
BROKEN = (Condition.MAINTENANCE, Condition.MISSING)
PHONE_TAIL = 3
CODE = re.compile(r"VG-?([2-9A-Z]{6})\b|^\s*([2-9A-Z]{6})\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DueOut:
    """One booking that waits for its vehicle."""

    booking: Booking
    rental: Rental | None
    vehicle: Vehicle
    opens_at: datetime
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether the handover may begin."""
        return self.opens_at <= self.now

    @property
    def is_late(self) -> bool:
        return self.rental is None and self.booking.starts_at < self.now

    @property
    def is_vehicle_ready(self) -> bool:
        is_charged = self.vehicle.battery_percent >= self.vehicle.model.minimum_battery_percent
        return self.vehicle.condition == Condition.READY and is_charged


@dataclass(frozen=True, slots=True)
class Overdue:
    """One rental that should be back: how late it is and what that costs by now, in dong."""

    rental: Rental
    minutes: int
    fee: Dong


@dataclass(frozen=True, slots=True)
class Board:
    """What a station has to do today."""

    as_of: datetime
    due_out: Sequence[DueOut]
    overdue: Sequence[Overdue]
    due_in: Sequence[Rental]
    waiting: Sequence[Rental]
    to_prepare: Sequence[Vehicle]
    broken: Sequence[Vehicle]


def day_board(station: Station) -> Board:
    """Return the day of a station in three queries."""
    now = clock.now()
    _today, midnight = clock.day_bounds(clock.today())
    rentals = list(_returns(station, midnight))
    active = [rental for rental in rentals if rental.state == RentalState.ACTIVE]
    indoors = list(vehicles_at(station).filter(condition__in=[Condition.PREPARATION, *BROKEN]))
    return Board(
        as_of=now,
        due_out=[_due(booking, now) for booking in _due_out(station, now, midnight)],
        overdue=[
            _overdue(rental, now) for rental in active if rental.is_overdue and rental.presented_at is None
        ],
        due_in=[rental for rental in active if not (rental.is_overdue and rental.presented_at is None)],
        waiting=[rental for rental in rentals if rental.state != RentalState.ACTIVE][:MOST_WAITING],
        to_prepare=[vehicle for vehicle in indoors if vehicle.condition == Condition.PREPARATION],
        broken=[vehicle for vehicle in indoors if vehicle.condition in BROKEN],
    )


def _overdue(rental: Rental, now: datetime) -> Overdue:
    terms = rental.booking.quote.terms
    return Overdue(rental, minutes_late(rental.due_at, now), fee_clock(terms, rental.due_at, now))


def _due(booking: Booking, now: datetime) -> DueOut:
    return DueOut(
        booking=booking,
        rental=getattr(booking, "rental", None),
        vehicle=booking.allocation.vehicle,
        opens_at=booking.starts_at - EARLIEST,
        now=now,
    )


def _due_out(station: Station, now: datetime, midnight: datetime) -> QuerySet[Booking]:
    """Bookings to hand out until midnight; those whose time is over are the operators' matter."""
    waiting = Q(state=BookingState.CONFIRMED, starts_at__lt=midnight, ends_at__gt=now)
    return (
        Booking.objects.filter(waiting | Q(state=BookingState.ARRIVED), pickup_station=station)
        .select_related("renter", "allocation__vehicle__model", "rental", "quote")
        .order_by("starts_at", "pk")
    )


def _returns(station: Station, midnight: datetime) -> QuerySet[Rental]:
    """Rentals that come back until midnight, and returned ones whose settlement is open."""
    out = Q(state=RentalState.ACTIVE, due_at__lt=midnight) | Q(
        state=RentalState.ACTIVE, presented_at__isnull=False
    )
    open_settlement = Q(state__in=[RentalState.RETURNED, RentalState.SETTLING, RentalState.DISPUTED])
    return (
        Rental.objects.filter(out | open_settlement, return_station=station)
        .select_related("booking__quote", "renter", "vehicle__model", "settlement")
        .order_by("due_at", "pk")
    )


def vehicles_at(station: Station) -> QuerySet[Vehicle]:
    """Return a station's vehicles with `next_starts_at` and `next_code` of their next promised booking."""
    promised = Booking.objects.filter(
        allocation__vehicle=OuterRef("pk"),
        state__in=[BookingState.CONFIRMED, BookingState.ARRIVED],
        ends_at__gt=clock.now(),
    ).order_by("starts_at")
    return (
        Vehicle.objects.at(station)
        .exclude(lifecycle__in=[Lifecycle.DRAFT, Lifecycle.RETIRED])
        .select_related("model")
        .annotate(
            next_starts_at=Subquery(promised.values("starts_at")[:1]),
            next_code=Subquery(promised.values("code")[:1]),
        )
        .order_by(F("next_starts_at").asc(nulls_last=True), "plate")
    )


def booking_code_in(text: str) -> str | None:
    """Find a booking code in what was typed or scanned: with or without VG and dash, also inside a link."""
    found = CODE.search(text)
    return f"VG-{(found[1] or found[2]).upper()}" if found else None


def search_bookings(station: Station, text: str) -> list[Booking]:
    """Find bookings of a station by code, plate, end of the phone number, or name with or without accents.

    Newest first, at most MOST_HITS, those of the last 60 days. One query.
    """
    text = text.strip()
    matches = _matches(text)
    if matches is None:
        return []
    rows = (
        Booking.objects.filter(
            Q(pickup_station=station) | Q(return_station=station), starts_at__gte=clock.now() - SEARCH_BACK
        )
        .exclude(state__in=[BookingState.HELD, BookingState.EXPIRED])
        .annotate(
            plain_name=_without_accents("renter__full_name"),
            plain_plate=_squeezed("allocation__vehicle__plate"),
            plain_phone=_squeezed("renter__phone"),
        )
        .filter(matches)
        .select_related("renter", "allocation__vehicle__model", "rental")
        .order_by("-starts_at", "-pk")
    )
    return list(rows[:MOST_HITS])


def _matches(text: str) -> Q | None:
    letters = re.sub(r"[\s.\-]", "", text)
    if not letters:
        return None
    matches = Q(plain_name__contains=plain(text)) | Q(plain_plate__contains=letters.upper())
    if len(letters) >= PHONE_TAIL:
        code = re.sub(r"^VG", "", letters.upper())
        matches |= Q(code__contains=code) if code else Q(code__startswith="VG")
    if letters.isdigit() and len(letters) >= PHONE_TAIL:
        matches |= Q(plain_phone__endswith=letters)
    return matches


def _squeezed(column: str) -> Func:
    """Return a plate or phone number without spaces, dashes and dots."""
    return Func(F(column), template="translate(%(expressions)s, ' -.', '')", output_field=CharField())


def _without_accents(column: str) -> Func:
    """Return a name in lower case without accents, by PostgreSQL's own normalisation: no extension."""
    template = r"translate(regexp_replace(normalize(lower(%(expressions)s), NFD), '[\u0300-\u036f]', '', 'g'), 'đ', 'd')"
    return Func(F(column), template=template, output_field=CharField())


def plain(text: str) -> str:
    """Return a text in lower case without accents, as `_without_accents` does."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("đ", "d")

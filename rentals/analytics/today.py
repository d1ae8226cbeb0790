"""Today's pickups and returns over all stations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Count, F, QuerySet, Window

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from voltgo.core import clock

Row = TypeVar("Row", Booking, Rental)
# The list behind the number has the rest.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Coming(Generic[Row]):
    """The first rows of a list, and how many it has."""

    rows: Sequence[Row]
    count: int


def pickups_today(now: datetime) -> Coming[Booking]:
    """Return the bookings that still wait for their vehicle today, those that are late first."""
    today, tomorrow = clock.day_bounds(clock.local(now).date())
    due = Booking.objects.filter(
        state__in=(BookingState.CONFIRMED, BookingState.ARRIVED), starts_at__gte=today, starts_at__lt=tomorrow
    ).select_related("renter", "pickup_station", "allocation__vehicle__model")
    return _first(due, "starts_at")


def returns_today(now: datetime) -> Coming[Rental]:
    """Return the vehicles that are still to come back today, by the hour."""
    _today, tomorrow = clock.day_bounds(clock.local(now).date())
    return _first(_out().filter(due_at__gte=now, due_at__lt=tomorrow), "due_at")


def overdue(now: datetime) -> Coming[Rental]:
    """Return the vehicles that should be back by now, the latest first."""
    return _first(_out().filter(due_at__lt=now), "due_at")


def _out() -> QuerySet[Rental]:
    return Rental.objects.filter(state=RentalState.ACTIVE).select_related(
        "booking", "renter", "return_station", "vehicle__model"
    )


def _first(rows: QuerySet[Any], order: str) -> Coming[Any]:
    """Read the first rows and their number in one query."""
    found = list(rows.annotate(row_count=Window(Count("pk"))).order_by(F(order).asc(), "pk")[:SHOWN])
    return Coming(found, found[0].row_count if found else 0)

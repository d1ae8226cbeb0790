"""Reading the waitlist: who waits, and whose turn it is when a vehicle becomes free."""

from collections.abc import Iterable

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When

from accounts.users.models import User
from rentals.bookings.enums import Channel
from rentals.waitlist.enums import OPEN_WAIT_STATES, WaitState
from rentals.waitlist.models import WaitlistEntry
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.supply.errors import SupplyTooLow
from stations.supply.selectors import check_supply
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period

ENDED_SHOWN = 10


def is_free(station: Station, model: VehicleModel, period: Period) -> bool:
    """Say whether some vehicle of a model could be booked at a station for a period. Two queries."""
    try:
        check_supply(station=station, model=model, period=period, channel=Channel.WAITLIST)
    except SupplyTooLow:
        return False
    claim = with_turnaround(period)
    return Vehicle.objects.at(station).filter(model=model).rentable(claim).free(claim).exists()


def queue(station: Station, model: VehicleModel, period: Period | None = None) -> QuerySet[WaitlistEntry]:
    """Return who still waits for a model at a station, oldest first; with a period, whom it could serve."""
    return waiting_for(station.pk, model.pk, period).order_by("created_at", "pk")


def waiting_for(station_id: int, model_id: int, period: Period | None = None) -> QuerySet[WaitlistEntry]:
    """Return who waits for a model at a station, as far as their time is not past and meets the period."""
    rows = WaitlistEntry.objects.filter(
        state=WaitState.WAITING, station_id=station_id, model_id=model_id, starts_at__gt=clock.now()
    )
    if period is None:
        return rows
    return rows.filter(starts_at__lt=period.ends_at, ends_at__gt=period.starts_at)


def entries_of(renter: User) -> QuerySet[WaitlistEntry]:
    """Return everything a renter waits or waited for, with what a list shows of it."""
    return WaitlistEntry.objects.filter(renter=renter).select_related(
        "station__city", "model", "booking__quote", "booking__allocation"
    )


def open_entries(renter: User) -> QuerySet[WaitlistEntry]:
    """Return what a renter waits for, offers first, each with its `position` in the queue. One query.

    The position counts those who asked before for a time that overlaps: only they come first.
    """
    earlier = (
        WaitlistEntry.objects.filter(
            state=WaitState.WAITING,
            station=OuterRef("station"),
            model=OuterRef("model"),
            starts_at__lt=OuterRef("ends_at"),
            ends_at__gt=OuterRef("starts_at"),
        )
        .filter(
            Q(created_at__lt=OuterRef("created_at"))
            | Q(created_at=OuterRef("created_at"), pk__lt=OuterRef("pk"))
        )
        .order_by()
        .values("state")
        .annotate(count=Count("pk"))
        .values("count")
    )
    first = Case(When(state=WaitState.OFFERED, then=0), default=1, output_field=IntegerField())
    rows = entries_of(renter).filter(state__in=OPEN_WAIT_STATES)
    return rows.annotate(earlier=Subquery(earlier), first=first).order_by("first", F("starts_at"), "pk")


def ended_entries(renter: User) -> QuerySet[WaitlistEntry]:
    """Return what has come to an end, the latest first; no more than a page shows."""
    rows = entries_of(renter).exclude(state__in=OPEN_WAIT_STATES)
    return rows.order_by("-created_at", "-pk")[:ENDED_SHOWN]


def queues_with_waiters() -> Iterable[tuple[int, int]]:
    """Return (station, model) of every queue in which somebody still waits."""
    rows = WaitlistEntry.objects.filter(state=WaitState.WAITING, starts_at__gt=clock.now())
    return rows.order_by().values_list("station_id", "model_id").distinct()

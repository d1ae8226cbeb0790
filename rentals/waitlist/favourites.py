"""A renter's favourites, each with the next time at which it could be had."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.urls import reverse

from accounts.users.models import User
from rentals.bookings import periods
from rentals.waitlist.models import Favourite
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period

HORIZON = timedelta(days=30)
Thing = Station | VehicleModel | Vehicle


@dataclass(frozen=True, slots=True)
class Liked:
    """One favourite: what it is, where its page is, and when it is free next as far as that is known."""

    favourite: Favourite
    thing: Thing
    kind: str
    href: str
    period: Period | None

    @property
    def slug(self) -> str:
        return slug_of(self.thing)

    @property
    def name(self) -> str:
        return name_of(self.thing)


def favourites_of(renter: User) -> list[Liked]:
    """Return what a renter likes, newest first, with the next time for it. Five queries, however many."""
    rows = list(
        Favourite.objects.filter(renter=renter)
        .select_related("station__city", "model", "vehicle__model", "vehicle__station__city")
        .order_by("-created_at", "-pk")
    )
    stations = {row.station_id for row in rows if row.station_id}
    stations |= {row.vehicle.station_id for row in rows if row.vehicle}
    now = clock.now().replace(microsecond=0)
    openings = openings_of(list(stations), Period(now, now + HORIZON)) if stations else {}
    claims = _claims([row.vehicle.pk for row in rows if row.vehicle])
    return [_liked(row, openings, claims) for row in rows]


def kind_of(thing: Thing) -> str:
    """Return under which name a sort of thing is remembered: station, model or vehicle."""
    if isinstance(thing, Station):
        return "station"
    return "model" if isinstance(thing, VehicleModel) else "vehicle"


def slug_of(thing: Thing) -> str:
    """Return what a thing is called in an address."""
    return thing.code if isinstance(thing, Vehicle) else thing.slug


def name_of(thing: Thing) -> str:
    """Return what renters call a thing; a plate is not for everybody to see."""
    return f"{thing.model} {thing.code}" if isinstance(thing, Vehicle) else str(thing)


def thing_of(kind: str, slug: str) -> Thing | None:
    """Return the station, model or vehicle of an address, if renters may see it."""
    if kind == "station":
        return Station.objects.active().filter(slug=slug).first()
    if kind == "model":
        return VehicleModel.objects.filter(slug=slug).first()
    if kind == "vehicle":
        return Vehicle.objects.in_service().select_related("model").filter(code=slug).first()
    return None


def is_favourite(renter: User, thing: Thing) -> bool:
    """Say whether a renter has marked a thing. One query."""
    return Favourite.objects.filter(Q(**{kind_of(thing): thing}), renter=renter).exists()


def _liked(row: Favourite, openings: dict[int, Opening], claims: dict[int, list[Period]]) -> Liked:
    now = clock.now()
    if row.vehicle is not None:
        vehicle = row.vehicle
        usual = periods.default_period(now, kind=vehicle.model.kind, opening=openings.get(vehicle.station_id))
        period = next_free(usual, claims[vehicle.pk], openings.get(vehicle.station_id))
        href = reverse("rentals:vehicle-detail", args=[vehicle.code])
        return Liked(row, vehicle, "vehicle", _at(href, period), period)
    if row.station is not None:
        period = periods.default_period(now, opening=openings.get(row.station_id or 0))
        href = reverse("rentals:station-detail", args=[row.station.slug])
        return Liked(row, row.station, "station", _at(href, period), period)
    assert row.model is not None
    period = periods.default_period(now, kind=row.model.kind)
    href = f"{reverse('rentals:station-list')}?{periods.as_query(period, kind=row.model.kind)}"
    return Liked(row, row.model, "model", href, period)


def _at(href: str, period: Period | None) -> str:
    return f"{href}?{periods.as_query(period)}" if period else href


def _claims(vehicle_ids: Sequence[int]) -> dict[int, list[Period]]:
    """Return the coming claims on each vehicle, earliest first. One query."""
    claims: dict[int, list[Period]] = defaultdict(list)
    if not vehicle_ids:
        return claims
    now = clock.now()
    rows = VehicleAllocation.objects.live(now).filter(vehicle_id__in=vehicle_ids, period__endswith__gt=now)
    for vehicle_id, period in rows.order_by("period").values_list("vehicle_id", "period"):
        claims[vehicle_id].append(Period(period.lower, period.upper))
    return claims


def next_free(usual: Period, claims: Sequence[Period], opening: Opening | None) -> Period | None:
    """Return the first period of the usual length from the usual start on that no claim touches."""
    start, length = usual.starts_at, usual.duration
    candidate = usual
    for claim in claims:
        if not with_turnaround(candidate).overlaps(claim):
            break
        start = periods.next_slot(max(claim.ends_at, start))
        if opening is not None:
            start = opening.nearest_open(start, not_before=start) or start
        candidate = Period(start, start + length)
    if candidate.starts_at > clock.now() + HORIZON:
        return None
    return candidate

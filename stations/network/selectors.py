"""Reads of stations that span models."""

from datetime import datetime

from accounts.users.models import User
from stations.network.access import posts_of
from stations.network.hours import is_open_at, week_of
from stations.network.models import City, StaffPost, Station, StationClosure, StationQuerySet
from voltgo.core import clock


def active_stations(*, city: City | None = None) -> StationQuerySet:
    """Return the stations that serve renters, with city and opening hours, in two queries."""
    stations = Station.objects.active().with_hours().order_by("city__name", "name")
    return stations.filter(city=city) if city else stations


def closures_between(station: Station, start: datetime, end: datetime) -> list[StationClosure]:
    """Return the closures that touch [start, end), first one first."""
    return list(station.closures.filter(starts_at__lt=end, ends_at__gt=start).order_by("starts_at"))


def is_station_open(station: Station, moment: datetime | None = None) -> bool:
    """Say whether a station gives and takes vehicles at a moment (now, unless told), closures included."""
    moment = moment or clock.now()
    closures = station.closures.filter(starts_at__lte=moment, ends_at__gt=moment)
    return station.is_active and is_open_at(week_of(station), moment, closures)


def posts_by_name(user: User) -> list[StaffPost]:
    """Return a person's present posts in the order of the station choice."""
    return list(posts_of(user).order_by("station__city__name", "station__name"))

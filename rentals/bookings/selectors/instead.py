"""What to offer when nothing is free as wanted: other times in the same place, other places at the same time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from rentals.bookings.selectors.availability import (
    Place,
    free_vehicles_at_sql,
    is_soon,
    place_values,
    search_sql,
    station_of,
)
from rentals.bookings.selectors.search import Criteria, StationOffer, search
from rentals.pricing.selectors import PriceList, price_list
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.supply.rules import is_guarded
from stations.supply.selectors import Supplies, supplies_at
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong
from voltgo.core.prepared import rows_of

# What is tried: the same length a little earlier or later, then the next day.
SHIFTS = tuple(timedelta(hours=hours) for hours in (1, -1, 2, -2, 3, -3, 24))
FURTHER_KM = 60.0
# Near enough to be the station itself, which the caller knows by its id.
AT_THE_STATION_KM = 0.05
AT_TIMES = """
        SELECT json_agg(json_build_array(t.number, t.model_id, t.free)) FROM (
            SELECT t.number, free.model_id, count(*) AS free
            FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[], %(days)s::date[], %(soon)s::boolean[])
                 WITH ORDINALITY AS t (starts_at, ends_at, last_day, is_soon, number)
            CROSS JOIN LATERAL (SELECT v.model_id {vehicles}) free
            GROUP BY t.number, free.model_id) t
"""
OTHER_TIMES = {
    in_city: search_sql(
        in_city=in_city,
        free=AT_TIMES.format(vehicles=free_vehicles_at_sql(station="near.id", time="t")),
    )
    for in_city in (True, False)
}


@dataclass(frozen=True, slots=True)
class FreeAtTime:
    """How many of one model can be booked at a station for a period."""

    period: Period
    station: Station
    model: VehicleModel
    count: int
    prices: PriceList

    @property
    def total(self) -> Dong | None:
        """What the whole period costs; None where the model has no price then."""
        price = self.prices.price(self.model.pk, self.station.city_id, self.period, self.station.pk)
        return price.total if price else None


@dataclass(frozen=True, slots=True)
class Instead:
    """What to offer when nothing is free as wanted."""

    periods: list[Period]
    stations: list[StationOffer]


def instead_of(criteria: Criteria, *, at_most: int = 3) -> Instead:
    """Look for other times in the same place and for places further away at the same time.

    For the page of an empty result only: at most ten queries, however many times and stations are tried.
    """
    further = replace(criteria, place=replace(criteria.place, radius_km=FURTHER_KM, city_id=None))
    return Instead(other_times(criteria)[:at_most], search(further).with_vehicles[:at_most])


def shifted(period: Period, moment: datetime) -> Iterable[Period]:
    """Yield periods of the same length around the wanted one that are not past, nearest first."""
    for shift in SHIFTS:
        if period.starts_at + shift >= moment:
            yield Period(period.starts_at + shift, period.ends_at + shift)


def other_times(criteria: Criteria) -> list[Period]:
    """Return the times near the wanted one at which something that fits is free, nearest first.

    One query for all times and stations, one for opening hours, one for the prices of each day (three at
    most), and one for the supply guard if one of the times is soon.
    """
    moment = clock.now()
    times = list(shifted(criteria.period, moment))
    good = {free.period for free in _free_at(criteria, times, moment, _Prices())} if times else set()
    return [period for period in times if period in good]


def times_of(station: Station, model: VehicleModel, times: Sequence[Period]) -> list[FreeAtTime]:
    """Return at which of some times a model is free at one station, in their order, with its price.

    As many queries as `other_times`, and one more where a tariff minds the calendar.
    """
    if not times:
        return []
    here = Criteria(replace(Place.around(station), radius_km=AT_THE_STATION_KM), times[0], kind=model.kind)
    found = [
        free
        for free in _free_at(here, times, clock.now(), _Prices())
        if free.station.pk == station.pk and free.model.pk == model.pk
    ]
    return sorted(found, key=lambda free: times.index(free.period))


def _free_at(
    criteria: Criteria, times: Sequence[Period], moment: datetime, prices: "_Prices"
) -> Iterator[FreeAtTime]:
    """Yield what fits and can be booked at some times, station by station."""
    rows = rows_of(OTHER_TIMES[criteria.place.city_id is not None], _values(criteria, times, moment))
    stations = [station_of(columns) for *columns, _distance, _free in rows]
    openings = openings_of([station.pk for station in stations], criteria.period)
    is_any_soon = any(is_guarded(period.starts_at, moment) for period in times)
    supplies: Supplies = (
        supplies_at(openings, kind=criteria.kind, moment=moment, openings=openings) if is_any_soon else {}
    )
    for station, row in zip(stations, rows, strict=True):
        for number, model_id, count in row[-1] or []:
            period = times[number - 1]
            if not openings[station.pk].is_open_for(period):
                continue
            listed = prices.on(period)
            model = listed.model(model_id, station.city_id, station.pk)
            if model is None or not criteria.moved_to(period).fits(model):
                continue
            limit = supplies.get((station.pk, model.kind)) if is_guarded(period.starts_at, moment) else None
            bookable = limit.bookable if limit else None
            if bookable is None or bookable:
                yield FreeAtTime(
                    period, station, model, count if bookable is None else min(count, bookable), listed
                )


def _values(criteria: Criteria, times: Sequence[Period], moment: datetime) -> dict[str, Any]:
    claims = [with_turnaround(period) for period in times]
    return place_values(criteria.place) | {
        "now": moment,
        "starts": [claim.starts_at for claim in claims],
        "ends": [claim.ends_at for claim in claims],
        "days": [clock.local(claim.ends_at).date() for claim in claims],
        "soon": [is_soon(period, moment) for period in times],
    }


class _Prices:
    """The price lists of the days that were tried, each loaded once."""

    def __init__(self) -> None:
        self._lists: dict[date, PriceList] = {}

    def on(self, period: Period) -> PriceList:
        day = clock.local(period.starts_at).date()
        if day not in self._lists:
            self._lists[day] = price_list(day)
        return self._lists[day]

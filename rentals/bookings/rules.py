"""When a period may be booked at all: the limits of today's policy, and the stations' hours."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from rentals.bookings.errors import PeriodNotOffered, StationClosed
from rentals.policies.rules import Policy
from rentals.policies.selectors import policy_today
from stations.network.hours import Opening, week_of
from stations.network.models import Station, StationClosure
from voltgo.core import clock
from voltgo.core.clock import Period

# What the forms offer; the policy of the day judges.
SHORTEST = timedelta(minutes=Policy().shortest_minutes)
LONGEST = timedelta(days=Policy().longest_days)
FURTHEST_AHEAD = timedelta(days=Policy().furthest_ahead_days)
# A person at the counter books "from now": the click comes a little after the chosen minute.
LATEST_START = timedelta(minutes=10)


def check_period(period: Period, policy: Policy | None = None, *, is_at_counter: bool = False) -> None:
    """Refuse a period that is too short, too long, too soon or too far ahead for a policy, or for today's.

    Whoever stands at the counter need not give notice.

    Raises:
        PeriodNotOffered: one of these is the case; the message says which.
    """
    policy = policy or policy_today()
    check_length(period, policy)
    now = clock.now()
    notice = timedelta(0) if is_at_counter else timedelta(minutes=policy.lead_minutes)
    earliest = now + notice if notice else now - LATEST_START
    if period.starts_at < earliest:
        raise PeriodNotOffered(_too_soon(policy) if notice else None)
    if period.starts_at > now + timedelta(days=policy.furthest_ahead_days):
        raise PeriodNotOffered(
            _("Chỉ đặt trước được tối đa %(days)d ngày.") % {"days": policy.furthest_ahead_days}
        )


def check_length(period: Period, policy: Policy) -> None:
    """Refuse a period that is shorter or longer than the policy allows.

    Raises:
        PeriodNotOffered: it is.
    """
    if period.duration < timedelta(minutes=policy.shortest_minutes):
        raise PeriodNotOffered(_("Thuê ít nhất %(minutes)d phút.") % {"minutes": policy.shortest_minutes})
    if period.duration > timedelta(days=policy.longest_days):
        raise PeriodNotOffered(_("Mỗi lần thuê tối đa %(days)d ngày.") % {"days": policy.longest_days})


def _too_soon(policy: Policy) -> str:
    return _("Hãy đặt trước ít nhất %(minutes)d phút.") % {"minutes": policy.lead_minutes}


def check_open(station: Station, period: Period, return_station: Station | None = None) -> None:
    """Refuse a pickup or return outside of the opening hours of the station where it happens.

    Raises:
        StationClosed: the station is closed at one of the ends; `details` says at which.
    """
    back = return_station or station
    rows = StationClosure.objects.filter(
        station__in={station.pk, back.pk}, starts_at__lte=period.ends_at, ends_at__gt=period.starts_at
    )
    closures = list(rows)
    openings = {
        place.pk: Opening(week_of(place), [row for row in closures if row.station_id == place.pk])
        for place in (station, back)
    }
    judge_open(station, period, back, openings)


def judge_open(
    station: Station, period: Period, return_station: Station, openings: Mapping[int, Opening]
) -> None:
    """Judge what `check_open` judges, by openings that are known already. No query.

    Raises:
        StationClosed: the station is closed at one of the ends; `details` says at which.
    """
    ends = (("pickup", station, period.starts_at), ("return", return_station, period.ends_at))
    for end, place, moment in ends:
        opening = openings.get(place.pk)
        if opening is None or not place.is_active or not opening.is_open_at(moment):
            raise StationClosed(end=end)

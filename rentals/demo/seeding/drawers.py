"""The drawers of the stations: one each, a shift that ended with a little missing, and one that runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from accounts.access.actors import staff_actor
from payments.cash import services
from payments.cash.demo import date_back
from rentals.cashdesk.place import drawer_of
from rentals.demo.seeding.people import People
from stations.network.models import Station
from voltgo.core import clock

# The station of the staff logins.
SHOWN = "HCM-01"
FLOAT = {"100000": 5, "50000": 6, "20000": 8, "10000": 4}
FLOAT_AMOUNT = 1_000_000
# One note of 10,000 less than should be there.
LEFT = {"100000": 5, "50000": 6, "20000": 8, "10000": 3}


def make_drawers(*, people: People, stations: Sequence[Station]) -> int:
    """Give each station a drawer, and the shown one its shifts, through the services; return how many drawers."""
    drawers = {station.code: drawer_of(station) for station in stations}
    drawer = drawers.get(SHOWN)
    attendant, supervisor = people.attendants.get(SHOWN), people.supervisors.get(SHOWN)
    if drawer is None or attendant is None or supervisor is None:
        return len(drawers)
    early = staff_actor(supervisor, supervisor=True)
    before = services.open_session(drawer=drawer, counts=FLOAT, float_in=FLOAT_AMOUNT, by=early)
    date_back(before, opened_at=clock.now() - timedelta(hours=9))
    services.start_count(session=before, by=early)
    services.hand_in_count(session=before, counts=LEFT, by=early)
    services.close_session(
        session=before,
        by=early,
        reason="Thối thừa cho khách một tờ 10.000 đồng",
        handover_note="Tờ 10.000 gần hết, chiều có người mang thêm tiền lẻ.",
    )
    running = services.open_session(drawer=drawer, counts=LEFT, by=staff_actor(attendant))
    date_back(running, opened_at=clock.now() - timedelta(minutes=40))
    return len(drawers)

from datetime import datetime, timedelta

import pytest

from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from rentals.handovers.models import Rental
from rentals.incidents.enums import IncidentKind, IncidentState
from rentals.incidents.models import Incident
from rentals.incidents.services import run_ladder
from stations.fleet.enums import Condition
from tests.factories.handovers import presented
from tests.factories.rentals import a_period, make_booking
from voltgo.core import clock

OF_THE_LADDER = (
    MessageKind.RETURN_REMINDER, MessageKind.RETURN_DUE, MessageKind.RETURN_OVERDUE, MessageKind.RETURN_ESCALATED,
)  # fmt: skip


def told(renter) -> list[str]:
    """Return the kinds that a renter was told by the ladder, in order."""
    rows = Delivery.objects.filter(recipient=renter, channel="email", kind__in=OF_THE_LADDER)
    return list(rows.order_by("pk").values_list("kind", flat=True))


def at(traveller, rental: Rental, **after: int) -> datetime:
    moment = rental.due_at + timedelta(**after)
    traveller.move_to(moment, tick=False)
    return moment


def test_each_rung_is_told_once_however_often_the_ladder_runs(traveller, rental, renter):
    heard = []
    for after in (
        {"minutes": -31},
        {"minutes": -30},
        {"minutes": 0},
        {"minutes": 30},
        {"hours": 2},
        {"hours": 24},
    ):
        at(traveller, rental, **after)
        for _again in range(3):
            run_ladder()
        heard.append(told(renter))

    reminder, due, overdue, escalated = OF_THE_LADDER
    assert heard == [
        [],
        [reminder],
        [reminder, due],
        [reminder, due, overdue],
        [reminder, due, overdue, escalated],
        [reminder, due, overdue, escalated, escalated],
    ]


def test_the_fee_clock_is_named_by_the_frozen_terms(traveller, rental, renter):
    said = []
    for after in ({"minutes": 30}, {"hours": 2}, {"hours": 24}):
        at(traveller, rental, **after)
        run_ladder()
        said.append(Delivery.objects.filter(recipient=renter, channel="email").latest("pk").body)

    assert "100.000\u00a0₫" in said[0]
    assert "300.000\u00a0₫" in said[1]
    # The cap: one and a half daily rates.
    assert "900.000\u00a0₫" in said[2]


@pytest.mark.parametrize(
    ("after", "only"),
    [
        ({"minutes": 10}, MessageKind.RETURN_DUE),
        ({"minutes": 95}, MessageKind.RETURN_OVERDUE),
        ({"hours": 9}, MessageKind.RETURN_ESCALATED),
        ({"hours": 30}, MessageKind.RETURN_ESCALATED),
    ],
)
def test_after_a_stop_only_the_highest_rung_is_told(traveller, rental, renter, after, only):
    at(traveller, rental, **after)
    run_ladder()
    run_ladder()
    assert told(renter) == [only]


def test_who_stands_at_the_counter_hears_nothing_more(traveller, rental, renter, attendant):
    at(traveller, rental, minutes=25)
    presented(rental, attendant)
    at(traveller, rental, hours=3)
    run_ladder()
    assert told(renter) == []
    assert not Incident.objects.exists()


def test_an_extension_begins_the_ladder_anew(traveller, rental, renter):
    at(traveller, rental)
    run_ladder()
    Rental.objects.filter(pk=rental.pk).update(due_at=rental.due_at + timedelta(hours=4))
    run_ladder()
    assert told(renter) == [MessageKind.RETURN_DUE]
    at(traveller, rental, hours=4)
    run_ladder()
    assert told(renter) == [MessageKind.RETURN_DUE, MessageKind.RETURN_DUE]


def test_who_works_at_the_station_is_told_once_of_each_incident(traveller, rental, attendant):
    def told_staff() -> int:
        letters = Delivery.objects.filter(kind=MessageKind.INCIDENT_OPENED, channel="email")
        assert {letter.recipient for letter in letters} <= {attendant}
        return letters.count()

    at(traveller, rental, hours=1, minutes=59)
    run_ladder()
    assert told_staff() == 0
    for after, count in (({"hours": 2}, 1), ({"hours": 24}, 2)):
        at(traveller, rental, **after)
        run_ladder()
        run_ladder()
        assert told_staff() == count


def test_two_hours_late_is_an_incident_and_a_day_late_a_missing_vehicle(traveller, rental, station):
    at(traveller, rental, hours=2)
    run_ladder()
    overdue = Incident.objects.get()
    assert (overdue.kind, overdue.state) == (IncidentKind.OVERDUE, IncidentState.REPORTED)
    assert (overdue.rental, overdue.vehicle, overdue.station) == (rental, rental.vehicle, station)

    at(traveller, rental, hours=24)
    run_ladder()
    run_ladder()
    kinds = list(Incident.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [IncidentKind.OVERDUE, IncidentKind.MISSING]
    # Whether it is lost is for a person to say.
    rental.vehicle.refresh_from_db()
    assert rental.vehicle.condition == Condition.ON_RENTAL


def test_the_return_resolves_what_the_ladder_has_opened(traveller, rental, attendant):
    at(traveller, rental, hours=25)
    run_ladder()
    presented(rental, attendant)
    run_ladder()
    assert set(Incident.objects.values_list("state", flat=True)) == {IncidentState.RESOLVED}


def test_a_pickup_is_announced_two_hours_before_and_once(traveller, renter, vehicle):
    booking = make_booking(
        renter=renter, vehicle=vehicle, period=a_period(starts_at=clock.now() + timedelta(hours=5))
    )
    traveller.shift(timedelta(hours=2, minutes=59))
    run_ladder()
    assert not Delivery.objects.filter(kind=MessageKind.PICKUP_REMINDER).exists()
    traveller.shift(timedelta(minutes=1))
    run_ladder()
    run_ladder()
    letters = Delivery.objects.filter(kind=MessageKind.PICKUP_REMINDER, channel="email")
    assert [letter.reference for letter in letters] == [booking.reference]


def test_who_books_at_the_last_minute_is_not_reminded_of_it(traveller, booking):
    run_ladder()
    assert not Delivery.objects.filter(kind=MessageKind.PICKUP_REMINDER).exists()


def test_after_a_stop_nobody_is_reminded_of_a_pickup_that_is_over(traveller, renter, vehicle):
    make_booking(renter=renter, vehicle=vehicle, period=a_period(starts_at=clock.now() + timedelta(hours=5)))
    traveller.shift(timedelta(hours=5, minutes=1))
    run_ladder()
    assert not Delivery.objects.filter(kind=MessageKind.PICKUP_REMINDER).exists()


def test_a_quiet_minute_costs_little(django_assert_max_num_queries, rental):
    with django_assert_max_num_queries(8):
        run_ladder()

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.kyc.enums import DocumentState
from accounts.users.models import User
from payments.intents.services import recognise_revenue
from rentals.analytics.attention import DUTIES, count_duties
from rentals.analytics.dashboard import Dashboard
from rentals.bookings.enums import BookingState
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental, Settlement
from rentals.incidents.enums import IncidentState
from rentals.incidents.models import Incident
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind
from tests.factories.accounts import make_document, make_renter, make_user
from tests.factories.rentals import make_booking
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period
from voltgo.core.models import OutboxMessage

# A Wednesday, ten in the morning in Vietnam.
NOW = datetime(2026, 11, 18, 3, tzinfo=UTC)
BUDGET = 15


@pytest.fixture(autouse=True)
def _frozen() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def hours(start: float, end: float) -> Period:
    """Return a period from and to so many hours from now."""
    return Period(NOW + timedelta(hours=start), NOW + timedelta(hours=end))


def make_rental(*, state: str = RentalState.ACTIVE, due_in: float = 5, **fields: Any) -> Rental:
    """Put a vehicle on the road that is due in so many hours."""
    vehicle = fields.pop("vehicle", None) or make_vehicle()
    booking = make_booking(
        renter=fields.pop("renter", None) or make_renter(),
        vehicle=vehicle,
        period=hours(-30, due_in),
        state=BookingState.FULFILLED,
    )
    Vehicle.objects.filter(pk=vehicle.pk).update(condition=Condition.ON_RENTAL)
    return Rental.objects.create(
        booking=booking,
        renter=booking.renter,
        vehicle=vehicle,
        pickup_station=vehicle.station,
        return_station=vehicle.station,
        state=state,
        due_at=booking.ends_at,
        started_at=NOW - timedelta(hours=30),
        **fields,
    )


def make_settlement(state: str) -> Settlement:
    rental = make_rental(state=state, due_in=-3)
    return Settlement.objects.create(rental=rental, objection_until=NOW + timedelta(hours=48))


def page(browser: Client, query: str = "") -> Dashboard:
    dashboard: Dashboard = browser.get(f"/admin/{query}").context["page"]
    return dashboard


# --- What needs a person ------------------------------------------------------------------------------


@pytest.fixture
def _busy(renter: User) -> None:
    """One or two rows for every duty that the factories can make, beside rows that are none."""
    make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)
    make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)
    make_document(user=make_user())
    make_rental(due_in=-2)
    make_rental(due_in=4)
    make_settlement(RentalState.SETTLING)
    make_settlement(RentalState.DISPUTED)
    make_settlement(RentalState.CLOSED)
    make_booking(renter=renter, vehicle=make_vehicle(), period=hours(-1, 9))
    make_booking(renter=renter, vehicle=make_vehicle(), period=hours(-2, 9))
    for state in (IncidentState.REPORTED, IncidentState.RESOLVED):
        broken = make_vehicle()
        Incident.objects.create(kind="breakdown", state=state, vehicle=broken, station=broken.station)
    make_booking(renter=renter, vehicle=make_vehicle(battery_percent=20), period=hours(1, 9))
    make_booking(renter=renter, vehicle=make_vehicle(battery_percent=20), period=hours(3, 9))
    OutboxMessage.objects.create(topic="x", available_at=NOW, dead_at=NOW)
    OutboxMessage.objects.create(topic="x", available_at=NOW)


@pytest.mark.usefixtures("_busy")
def test_every_number_is_the_length_of_the_list_behind_it(at_work: Client) -> None:
    tasks = page(at_work).tasks

    assert {task.duty.code: task.count for task in tasks} == {
        "documents": 2,
        "overdue": 1,
        "incidents": 1,
        "sync": 0,
        "no_shows": 1,
        "late_pickups": 2,
        "low_battery": 1,
        "disputes": 1,
        "settlements": 1,
        "refunds": 0,
        "by_hand_refunds": 0,
        "payouts": 0,
        "adjustments": 0,
        "money_cases": 0,
        "failed_refunds": 0,
        "payments": 0,
        "differences": 0,
        "suspense": 0,
        "jobs": 1,
    }
    for task in tasks:
        assert at_work.get(task.url).context["cl"].result_count == task.count, task.duty.code


@pytest.mark.usefixtures("_busy")
def test_all_duties_are_counted_in_one_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        counts = count_duties(DUTIES, now=clock.now())

    assert len(queries) == 1
    assert sum(counts.values()) == 11


def test_no_duty_means_no_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert count_duties([], now=clock.now()) == {}
    assert len(queries) == 0


# --- Stations -----------------------------------------------------------------------------------------


def test_stations_say_what_their_vehicles_do_and_every_number_has_its_list(at_work: Client) -> None:
    station = make_station(name="Bến Thành")
    model = make_car_model()

    def add(**fields: Any) -> Any:
        return make_vehicle(station=station, model=model, **fields)

    add(), add(), add()
    promised = add()
    make_booking(renter=make_renter(), vehicle=promised, period=hours(1, 5))
    add(battery_percent=10)
    add(condition=Condition.PREPARATION)
    add(condition=Condition.MAINTENANCE)
    make_rental(vehicle=add())
    add(lifecycle=Lifecycle.RETIRED)
    add(lifecycle=Lifecycle.SUSPENDED)

    (row,) = page(at_work).stations

    assert [count for count, _url in row.cells] == [8, 3, 1, 1, 1]
    assert not row.now.is_short
    for count, url in row.cells:
        assert at_work.get(url).context["cl"].result_count == count, url


def test_a_station_with_too_little_to_give_is_marked_and_stands_first(at_work: Client) -> None:
    model = make_car_model()
    full, bare = make_station(name="A đủ xe"), make_station(name="B thiếu xe")
    for _ in range(3):
        make_vehicle(station=full, model=model)
    make_vehicle(station=bare, model=model)

    html = at_work.get("/admin/").content.decode()
    rows = page(at_work).stations

    assert [(row.now.station.name, row.now.is_short) for row in rows] == [
        ("B thiếu xe", True),
        ("A đủ xe", False),
    ]
    assert html.count('<span class="vg-mark">thiếu xe</span>') == 1


def test_closed_stations_are_left_out(at_work: Client) -> None:
    make_station(is_active=False)

    assert page(at_work).stations == []


def test_vehicles_by_condition_are_bars_with_lists(at_work: Client) -> None:
    station, model = make_station(), make_car_model()
    for condition in (Condition.READY, Condition.READY, Condition.MAINTENANCE):
        make_vehicle(station=station, model=model, condition=condition)

    chart = page(at_work).conditions

    assert chart is not None
    assert {str(bar.label): bar.words for bar in chart.bars} == {
        "sẵn sàng": "2",
        "đang cho thuê": "0",
        "đang chuẩn bị": "0",
        "bảo dưỡng": "1",
        "đang điều chuyển": "0",
        "thất lạc": "0",
    }
    ready, *_rest = chart.bars
    assert at_work.get(ready.url).context["cl"].result_count == 2


# --- Today --------------------------------------------------------------------------------------------


def test_todays_pickups_returns_and_overdue_do_not_overlap(at_work: Client) -> None:
    renter = make_renter()
    late = make_booking(renter=renter, vehicle=make_vehicle(), period=hours(-1, 5))
    soon = make_booking(renter=renter, vehicle=make_vehicle(), period=hours(2, 8))
    make_booking(renter=renter, vehicle=make_vehicle(), period=hours(20, 30))
    make_booking(renter=renter, vehicle=make_vehicle(), period=hours(1, 2), state=BookingState.CANCELLED)
    back_today, overdue = make_rental(due_in=4), make_rental(due_in=-1)
    make_rental(due_in=20)

    now = page(at_work)

    assert now.pickups is not None
    assert now.returns is not None
    assert now.overdue is not None
    assert ([row.pk for row in now.pickups.rows], now.pickups.count) == ([late.pk, soon.pk], 2)
    assert ([row.pk for row in now.returns.rows], now.returns.count) == ([back_today.pk], 1)
    assert ([row.pk for row in now.overdue.rows], now.overdue.count) == ([overdue.pk], 1)
    for name, count in (("pickups", 2), ("returns", 1), ("overdue", 1)):
        assert at_work.get(now.urls[name]).context["cl"].result_count == count, name


def test_a_long_list_shows_its_first_rows_and_its_whole_number(at_work: Client) -> None:
    renter, station, model = make_renter(), make_station(), make_car_model()
    for _ in range(11):
        make_booking(renter=renter, vehicle=make_vehicle(station=station, model=model), period=hours(2, 8))

    now = page(at_work)

    assert now.pickups is not None
    assert (len(now.pickups.rows), now.pickups.count) == (8, 11)


# --- The day of a station -----------------------------------------------------------------------------


def test_the_plan_draws_the_claims_of_the_chosen_station(at_work: Client, operator: User) -> None:
    big, small = make_station(name="Lớn"), make_station(name="Nhỏ")
    model = make_car_model()
    for _ in range(2):
        make_vehicle(station=big, model=model)
    vehicle = make_vehicle(station=small, model=model, plate="51K-678.90")
    booking = make_booking(renter=make_renter(full_name="Trần Thị Mỹ"), vehicle=vehicle, period=hours(2, 6))
    timeline.block(
        vehicle=vehicle, period=hours(8, 40), kind=AllocationKind.MAINTENANCE, reason="Phanh", by=SYSTEM
    )

    assert page(at_work).station.station == big
    response = at_work.get(f"/admin/?station={small.code}")
    plan = response.context["page"].plan
    (row,) = plan.rows
    first, second = row.bars

    assert row.plate == "51K-678.90"
    # 12:00 to 16:30, the turnaround included: 40 units an hour after a margin of 110.
    assert (first.x, first.width) == (110 + 12 * 40, 180)
    assert (first.label, first.kind) == ("Trần Thị Mỹ", "confirmed")
    assert first.url == f"/admin/rentals/booking/{booking.pk}/change/"
    # 18:00 until after midnight: cut at the day's end.
    assert (second.x, second.width) == (110 + 18 * 40, 6 * 40)
    assert second.kind == "blocked"
    html = response.content.decode()
    assert f"{booking.code}, Trần Thị Mỹ, 12:00 18/11 – 16:30 18/11, đã xác nhận" in html
    assert "Xem dạng bảng" in html


def test_holds_that_ran_out_are_not_drawn(at_work: Client, renter: User) -> None:
    make_booking(
        renter=renter,
        vehicle=make_vehicle(),
        period=hours(1, 5),
        state=BookingState.HELD,
        hold_expires_at=NOW - timedelta(minutes=1),
    )

    plan = page(at_work).plan

    assert plan is not None
    assert [len(row.bars) for row in plan.rows] == [0]


def test_an_unknown_station_falls_back_to_the_largest(at_work: Client) -> None:
    vehicle = make_vehicle()

    now = page(at_work, "?station=%27%3B--")

    assert now.station is not None
    assert now.station.station == vehicle.station


# --- Figures ------------------------------------------------------------------------------------------


def earn(amount: int, days_ago: int, key: str) -> None:
    payer = make_renter()
    with time_machine.travel(NOW - timedelta(days=days_ago), tick=False):
        recognise_revenue(
            reference=f"booking:{key}",
            lines=[("rental", amount, amount // 10)],
            idempotency_key=key,
            by=SYSTEM,
            payer=payer,
        )


def test_revenue_comes_from_the_ledger_without_tax(at_work: Client) -> None:
    earn(500_000, 0, "a")
    earn(300_000, 2, "b")
    earn(200_000, 2, "c")
    earn(900_000, 14, "too-old")

    now = page(at_work)

    by_day = {f"{row.day:%d/%m}": row.revenue for row in now.days}
    assert len(by_day) == 14
    assert {day: amount for day, amount in by_day.items() if amount} == {"16/11": 500_000, "18/11": 500_000}
    assert now.revenue_summary.total == 1_000_000


def test_a_day_ends_at_midnight_in_vietnam(at_work: Client) -> None:
    vehicle = make_vehicle()
    # 23:30 on the 17th in Vietnam, still the 17th; in UTC both are the 17th.
    rental = make_rental(vehicle=vehicle)
    Rental.objects.filter(pk=rental.pk).update(started_at=datetime(2026, 11, 17, 16, 30, tzinfo=UTC))
    other = make_rental()
    Rental.objects.filter(pk=other.pk).update(started_at=datetime(2026, 11, 17, 17, 30, tzinfo=UTC))

    days = {f"{row.day:%d/%m}": row.rentals for row in page(at_work).days}

    assert (days["17/11"], days["18/11"]) == (1, 1)


def test_each_column_opens_the_list_of_its_day(at_work: Client) -> None:
    rental = make_rental()
    earn(500_000, 0, "a")
    started = clock.local(rental.started_at or NOW).date()

    now = page(at_work)

    assert now.rentals is not None
    assert now.revenue is not None
    rentals = {f"{row.day:%d/%m}": bar.url for row, bar in zip(now.days, now.rentals.bars, strict=True)}
    response = at_work.get(rentals[f"{started:%d/%m}"])
    assert [row.pk for row in response.context["cl"].result_list] == [rental.pk]
    assert at_work.get(now.revenue.bars[-1].url).context["cl"].result_count == 1


# --- The page itself ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_stays_within_its_budget_and_its_pictures_hold_plain_numbers(
    at_work: Client, language: str
) -> None:
    model = make_car_model()
    for station in (make_station(), make_station()):
        for _ in range(4):
            make_rental(vehicle=make_vehicle(station=station, model=model))
            vehicle = make_vehicle(station=station, model=model)
            make_booking(renter=make_renter(), vehicle=vehicle, period=hours(1, 5))
    earn(123_456_789, 1, "a")
    at_work.cookies["django_language"] = language
    at_work.get("/admin/")

    with CaptureQueriesContext(connection) as queries:
        html = at_work.get("/admin/").content.decode()

    assert len(queries) <= BUDGET
    svgs = re.findall(r"<svg class=\"vg-(?:chart|plan)[^\"]*\".*?</svg>", html, re.DOTALL)
    assert len(svgs) == 4
    numbers = re.findall(r" (?:x|y|x1|x2|y1|y2|width|height|viewBox)=\"([^\"]*)\"", "".join(svgs))
    assert len(numbers) > 100
    assert all(re.fullmatch(r"-?\d+( -?\d+)*", number) for number in numbers)
    assert "Số liệu lúc" in html or language == "en"


def test_an_empty_house_has_a_page_too(at_work: Client) -> None:
    html = at_work.get("/admin/").content.decode()

    assert Station.objects.count() == 0
    assert "Không còn việc nào đang chờ." in html
    assert "Không có xe nào quá hạn." in html

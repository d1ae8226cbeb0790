from datetime import timedelta

import pytest

from stations.fleet.enums import Condition
from tests.factories.accounts import make_renter
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_vehicle
from tests.integration.rentals.handovers.pages import text_of, url
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")


def test_the_board_shows_the_day(tablet, station, vehicle, booking, stranger):
    due_later = make_vehicle(model=vehicle.model, station=station)
    make_booking(
        renter=stranger, vehicle=due_later, period=a_period(starts_at=clock.now() + timedelta(hours=6))
    )
    make_vehicle(model=vehicle.model, station=station, plate="51K-777.77", condition=Condition.PREPARATION)

    board = text_of(tablet.get(url("board")))
    assert "Hôm nay, T3 24/11/2026" in board
    assert "Nguyễn Minh Anh" in board
    assert "Đinh Công Thành" in board
    assert "từ 13:30" in board
    assert "51K-777.77" in board


def test_an_overdue_vehicle_stands_on_top(tablet, rental, traveller):
    traveller.shift(timedelta(hours=10, minutes=31))
    board = text_of(tablet.get(url("board")))
    assert board.index("Quá giờ trả") < board.index("Giao xe <span")
    assert "0900000001" in board


def test_the_board_asks_the_database_the_same_however_much_there_is_to_do(
    tablet, station, vehicle, booking, django_assert_num_queries
):
    # The first page of a minute notes that the tablet was heard of.
    tablet.get(url("board"))
    with django_assert_num_queries(7):
        tablet.get(url("board"))
    for _ in range(6):
        extra = make_vehicle(model=vehicle.model, station=station)
        make_booking(renter=make_renter(), vehicle=extra)
        make_vehicle(model=vehicle.model, station=station, condition=Condition.PREPARATION)
    with django_assert_num_queries(7):
        tablet.get(url("board"))


def test_htmx_gets_the_lists_alone(tablet, booking):
    answer = text_of(tablet.get(url("board"), headers={"HX-Request": "true"}))
    assert booking.renter.full_name in answer
    assert "<html" not in answer


@pytest.mark.parametrize(
    "query", ["nguyen minh", "Minh Anh", "900000001", "001", "{code}", "{tail}", "{plate}"]
)
def test_a_booking_is_found_by_code_plate_phone_or_name(tablet, booking, query):
    plate = booking.allocation.vehicle.plate
    query = query.format(code=booking.code.lower(), tail=booking.code[-4:], plate=plate.replace("-", ""))
    answer = text_of(tablet.get(url("board"), {"q": query}))
    assert f'href="{url("booking-detail", booking.code)}">Mở' in answer.replace(
        'class="btn btn-ghost" ', ""
    ).replace("<span>", "")


def test_a_booking_that_is_no_rental_yet_says_how_it_stands(tablet, booking):
    page = text_of(tablet.get(url("booking-detail", booking.code)))
    assert booking.shown_state_label.capitalize() in page
    assert "None" not in page


def test_nothing_of_other_stations_is_found(other_tablet, booking):
    answer = text_of(other_tablet.get(url("board"), {"q": booking.code}))
    assert "Không có lượt đặt nào khớp" in answer


def test_the_search_costs_one_query_more(tablet, booking, django_assert_num_queries):
    tablet.get(url("board"))
    with django_assert_num_queries(8):
        tablet.get(url("board"), {"q": "minh"})

from datetime import date, datetime, timedelta
from typing import Any

from rentals.bookings.month import Day, DayState, Timeline, Wish, day_of, gaps_of, hours_on, weeks_of
from stations.network.hours import Opening
from stations.network.models import StationClosure
from voltgo.core.clock import LOCAL_ZONE, Period

# Monday to Saturday from eight to eight.
OPENING = Opening(dict.fromkeys(range(6), (480, 1200)))
DAY = date(2026, 11, 24)


def at(hour: float, day: int = 24) -> datetime:
    return datetime(2026, 11, day, tzinfo=LOCAL_ZONE) + timedelta(hours=hour)


def wish(*, start: float = 9, hours: float = 4, now: datetime | None = None) -> Wish:
    return Wish(
        start=at(start, 20),
        length=timedelta(hours=hours),
        shortest=timedelta(hours=1),
        turnaround=timedelta(minutes=30),
        now=now or at(7, 20),
        furthest=at(0, 30),
    )


def vehicle(*claims: tuple[datetime, datetime], papers_until: date | None = None) -> Timeline:
    return Timeline(papers_until, claims)


def on(day: date, *vehicles: Timeline, opening: Opening = OPENING, **wanted: Any) -> Day:
    return day_of(day, opening, vehicles, wish(**wanted))


def test_a_month_is_whole_weeks_from_monday() -> None:
    weeks = weeks_of(date(2026, 11, 17))
    assert (weeks[0][0], weeks[-1][-1]) == (date(2026, 10, 26), date(2026, 12, 6))


def test_a_day_without_claims_is_free_at_the_wanted_time() -> None:
    assert on(DAY, vehicle(), vehicle()) == Day(DAY, DayState.FREE, 2, Period(at(9), at(13)))


def test_a_day_with_room_beside_a_claim_is_partly_free() -> None:
    found = on(DAY, vehicle((at(6), at(12))))
    assert found == Day(DAY, DayState.PARTLY, 0, Period(at(12), at(16)))


def test_the_turnaround_must_fit_before_the_next_claim() -> None:
    found = on(DAY, vehicle((at(10), at(23))))
    # From eight, and back half an hour before ten.
    assert found.period == Period(at(8), at(9.5))
    assert on(DAY, vehicle((at(9.25), at(23)))).state == DayState.BUSY


def test_a_day_claimed_while_the_station_is_open_is_busy() -> None:
    assert on(DAY, vehicle((at(8), at(20)))) == Day(DAY, DayState.BUSY)


def test_a_long_rental_ends_while_the_station_is_open() -> None:
    # From nine for 22 hours would end at seven, an hour before the station opens: it ends the evening before.
    assert on(DAY, vehicle(), hours=22).period == Period(at(9), at(20))
    # What a claim pushes into the evening would end at night after next.
    pushed = on(DAY, vehicle((at(6), at(18))), hours=33)
    assert pushed.period == Period(at(18), at(20 + 24))


def test_one_free_vehicle_makes_the_day_free() -> None:
    found = on(DAY, vehicle((at(8), at(20))), vehicle())
    assert (found.state, found.free_count) == (DayState.FREE, 1)


def test_a_claim_at_night_leaves_the_day_free() -> None:
    assert on(DAY, vehicle((at(21), at(30)))).state == DayState.FREE


def test_a_day_on_which_the_station_is_closed_is_closed() -> None:
    assert on(date(2026, 11, 22), vehicle()).state == DayState.CLOSED
    all_day = StationClosure(starts_at=at(0), ends_at=at(24))
    assert on(DAY, vehicle(), opening=Opening(OPENING.week, [all_day])).state == DayState.CLOSED


def test_a_closure_at_an_end_of_the_day_shortens_it() -> None:
    closures = [StationClosure(starts_at=at(0), ends_at=at(15))]
    opening = Opening(OPENING.week, closures)
    assert hours_on(DAY, opening) == (at(15), at(20))
    assert on(DAY, vehicle(), opening=opening).period == Period(at(15), at(19))


def test_papers_that_run_out_make_a_day_busy() -> None:
    assert on(DAY, vehicle(papers_until=date(2026, 11, 23))).state == DayState.BUSY
    assert on(DAY, vehicle(papers_until=DAY)).state == DayState.FREE


def test_what_is_past_or_too_far_ahead_is_not_offered() -> None:
    assert on(date(2026, 11, 19), vehicle()).state == DayState.PAST
    assert on(date(2026, 12, 1), vehicle()).state == DayState.TOO_FAR


def test_today_begins_now() -> None:
    today = day_of(DAY, OPENING, [vehicle()], wish(now=at(13.2)))
    assert today == Day(DAY, DayState.FREE, 1, Period(at(13.5), at(17.5)))
    assert day_of(DAY, OPENING, [vehicle()], wish(now=at(19.5))).state == DayState.PAST


def test_a_late_start_is_drawn_back_so_that_the_whole_length_fits() -> None:
    assert on(DAY, vehicle(), start=18, hours=4).period == Period(at(16), at(20))


def test_a_rental_of_several_days_keeps_its_length_where_nobody_waits() -> None:
    assert on(DAY, vehicle(), hours=48).period == Period(at(9), at(9, 26))
    found = on(DAY, vehicle((at(9, 25), at(18, 25))), hours=48)
    assert found.period == Period(at(9), at(20))


def test_gaps_lie_between_claims_that_overlap_the_day() -> None:
    claims = [(at(5), at(9)), (at(11), at(12)), (at(11.5), at(13)), (at(22), at(23))]
    assert gaps_of((at(8), at(20)), claims) == [(at(9), at(11)), (at(13), at(20))]
    assert gaps_of((at(8), at(20)), [(at(7), at(21))]) == []

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stations.timeline.reshaping import missing
from voltgo.core.clock import Period

ZERO = datetime(2026, 11, 24, tzinfo=UTC)


def hours(start, end):
    return Period(ZERO + timedelta(hours=start), ZERO + timedelta(hours=end))


PERIODS = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(
    lambda pair: hours(pair[0], pair[0] + pair[1])
)


def test_a_longer_period_lacks_its_ends():
    assert missing(hours(2, 10), hours(4, 8)) == [hours(2, 4), hours(8, 10)]


def test_a_shorter_period_lacks_nothing():
    assert missing(hours(5, 6), hours(4, 8)) == []


def test_a_period_apart_is_lacking_whole():
    assert missing(hours(8, 10), hours(4, 8)) == [hours(8, 10)]


def test_what_two_others_cover_between_them_is_not_lacking():
    assert missing(hours(0, 12), hours(0, 5), hours(5, 9)) == [hours(9, 12)]


@given(PERIODS, st.lists(PERIODS, max_size=4))
def test_pieces_and_what_is_had_make_the_whole_without_overlap(wanted, haves):
    pieces = missing(wanted, *haves)
    for hour in range(int((wanted.ends_at - wanted.starts_at).total_seconds()) // 3600):
        moment = Period(
            wanted.starts_at + timedelta(hours=hour), wanted.starts_at + timedelta(hours=hour + 1)
        )
        times = sum(piece.overlaps(moment) for piece in pieces)
        assert times == (0 if any(have.overlaps(moment) for have in haves) else 1)

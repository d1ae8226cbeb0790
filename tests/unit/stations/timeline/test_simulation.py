import pytest

from tests.benchmarks.packing import BOUND, FREE, PINNED, keeps_promise, tallies


@pytest.mark.parametrize("load", [0.8, 1.3])
def test_repacking_accepts_exactly_what_colouring_allows_when_nothing_is_pinned(load):
    found = tallies(FREE, days=25, vehicles=5, load=load, seeds=[1, 2])

    assert keeps_promise(FREE, found)
    assert found["best fit, repacking"].seconds_rented >= found["best fit"].seconds_rented
    assert found["best fit, repacking"].helped > 0


def test_a_station_with_pinned_bookings_late_returns_and_cancellations_is_simulated_alike_each_time():
    once = tallies(PINNED, days=25, vehicles=5, load=1.0, seeds=[3])
    again = tallies(PINNED, days=25, vehicles=5, load=1.0, seeds=[3])

    for name, tally in once.items():
        assert tally.accepted == again[name].accepted
        assert tally.moves == again[name].moves
    assert once[BOUND].asked == 141

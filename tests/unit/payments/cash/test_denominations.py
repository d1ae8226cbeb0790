import pytest

from payments.cash.denominations import NOTES, total_of, without_zeros
from voltgo.core.errors import InvalidInput


def test_a_count_adds_up() -> None:
    assert total_of({"500000": 2, "20000": 3, "500": 1}) == 1_060_500


def test_nothing_counted_is_nothing() -> None:
    assert total_of({}) == 0


@pytest.mark.parametrize(
    "counts", [{"30000": 1}, {"500000": -1}, {"500000": 100_001}, {"500000": True}, {"500000": 1.5}]
)
def test_what_is_no_count_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        total_of(counts)


def test_only_notes_that_were_there_are_kept_the_largest_first() -> None:
    assert without_zeros({"1000": 4, "20000": 0, "500000": 1}) == {"500000": 1, "1000": 4}
    assert list(without_zeros({"1000": 4, "500000": 1})) == ["500000", "1000"]


def test_notes_are_in_falling_order() -> None:
    assert sorted(NOTES, reverse=True) == list(NOTES)

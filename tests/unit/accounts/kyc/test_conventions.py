import pytest

from accounts.kyc.conventions import KNOWN_OUTSIDE, VIENNA_1968, is_party


@pytest.mark.parametrize("country", ["DEU", "D", "fra", " VNM "])
def test_parties_are_known_by_the_letters_of_their_passports(country: str) -> None:
    assert is_party(country)


@pytest.mark.parametrize("country", ["USA", "CAN", "AUS", "JPN", "", "XXX"])
def test_others_are_looked_at_more_closely(country: str) -> None:
    assert not is_party(country)


def test_nobody_is_inside_and_outside() -> None:
    assert VIENNA_1968.isdisjoint(KNOWN_OUTSIDE)
    assert {len(country) for country in VIENNA_1968 - {"D"}} == {3}

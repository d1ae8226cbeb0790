"""What a cancelled trip says about the money that goes back."""

from types import SimpleNamespace
from typing import Any

import pytest

from rentals.trips.money import returned_words


def trip_with(*refunds: tuple[str, str, int]) -> Any:
    return SimpleNamespace(
        refunds=[SimpleNamespace(way=way, state=state, amount=amount) for way, state, amount in refunds],
        money=SimpleNamespace(paid=0),
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("approved", "Mời bạn đến quầy của trạm nhận lại 1.500.000 ₫ tiền mặt"),
        ("succeeded", "Bạn đã nhận lại 1.500.000 ₫ tiền mặt tại quầy."),
    ],
)
def test_cash_is_collected_at_the_desk_and_no_bank_is_spoken_of(state: str, words: str) -> None:
    said = returned_words(trip_with(("cash", state, 1_500_000))).replace("\u00a0", " ")

    assert said.startswith(words)
    assert "Ngân hàng" not in said


def test_cash_and_a_card_are_said_apart() -> None:
    said = returned_words(trip_with(("cash", "approved", 100_000), ("original", "submitted", 200_000)))

    assert "100.000" in said
    assert "200.000" in said
    assert "nguồn đã trả" in said

"""What a cancelled trip says about the money that goes back."""

from types import SimpleNamespace
from typing import Any

import pytest

from rentals.trips.money import returned_words


def trip_with(*refunds: tuple[str, str, int], payee: str = "sealed") -> Any:
    return SimpleNamespace(
        refunds=[
            SimpleNamespace(way=way, state=state, amount=amount, payee=payee)
            for way, state, amount in refunds
        ],
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


def test_a_transfer_and_credit_speak_of_no_bank_days_of_a_card() -> None:
    said = returned_words(trip_with(("transfer", "by_hand", 100_000), ("credit", "succeeded", 50_000)))

    assert "trong 3 ngày làm việc" in said
    assert "đã vào số dư VoltGo" in said
    assert "1 đến 7" not in said


def test_a_transfer_that_nobody_knows_the_account_of_asks_for_it() -> None:
    said = returned_words(trip_with(("transfer", "by_hand", 100_000), payee=""))

    assert said.startswith("VoltGo chưa biết chuyển")
    assert "3 ngày" not in said


def test_a_refund_that_was_refused_is_not_announced() -> None:
    assert returned_words(trip_with(("original", "rejected", 100_000))) == "Không có khoản nào bị trừ."


def test_cash_and_a_card_are_said_apart() -> None:
    said = returned_words(trip_with(("cash", "approved", 100_000), ("original", "submitted", 200_000)))

    assert "100.000" in said
    assert "200.000" in said
    assert "nguồn đã trả" in said

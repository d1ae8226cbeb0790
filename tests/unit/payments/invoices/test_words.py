"""Amounts in Vietnamese words: known cases, and every number read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.invoices.words import BILLION, DIGITS, in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (4, "Bốn đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (11, "Mười một đồng"),
        (14, "Mười bốn đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi tư đồng"),
        (25, "Hai mươi lăm đồng"),
        (50, "Năm mươi đồng"),
        (55, "Năm mươi lăm đồng"),
        (101, "Một trăm linh một đồng"),
        (105, "Một trăm linh năm đồng"),
        (115, "Một trăm mười lăm đồng"),
        (1_000, "Một nghìn đồng"),
        (1_005, "Một nghìn không trăm linh năm đồng"),
        (44_444, "Bốn mươi tư nghìn bốn trăm bốn mươi tư đồng"),
        (600_000, "Sáu trăm nghìn đồng"),
        (1_250_000, "Một triệu hai trăm năm mươi nghìn đồng"),
        (1_005_000, "Một triệu không trăm linh năm nghìn đồng"),
        (21_000_021, "Hai mươi mốt triệu không trăm hai mươi mốt đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (2_000_000_005, "Hai tỷ không trăm linh năm đồng"),
        (1_500_000_000_000, "Một nghìn năm trăm tỷ đồng"),
        (10**18, "Một tỷ tỷ đồng"),
        (-90_909, "Âm chín mươi nghìn chín trăm linh chín đồng"),
    ],
)
def test_an_amount_reads_as_people_say_it(amount: int, words: str) -> None:
    assert in_words(amount) == words


@given(st.integers(0, 10**15))
def test_every_amount_can_be_read_back(amount: int) -> None:
    assert read(in_words(amount).lower().removesuffix(" đồng").split()) == amount


@given(st.integers(1, 10**15))
def test_different_amounts_never_read_the_same(amount: int) -> None:
    assert in_words(amount) != in_words(amount - 1)


TIMES = {"trăm": 100, "nghìn": 10**3, "triệu": 10**6}
SPOKEN = {"lăm": 5, "mốt": 1, "tư": 4, "mười": 10, "linh": 0} | {word: n for n, word in enumerate(DIGITS)}


def read(words: list[str]) -> int:
    """Understand words by the rules of speech, written without a look at how they were made."""
    if BILLION in words:
        at = len(words) - 1 - words[::-1].index(BILLION)
        return read(words[:at]) * 10**9 + read(words[at + 1 :])
    value, group = 0, 0
    for word in words:
        if word == "mươi":
            group += group % 10 * 9
        elif word == "trăm":
            group *= TIMES[word]
        elif word in TIMES:
            value, group = value + group * TIMES[word], 0
        else:
            group += SPOKEN[word]
    return value + group

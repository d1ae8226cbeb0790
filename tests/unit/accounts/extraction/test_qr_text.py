from datetime import date

import pytest

from accounts.extraction.qr_text import CardQr, NotCardText, parse_card

TEXT = "079095000123|024681357|Nguyễn Văn An|14031995|Nam|12 Lê Lợi, Bến Nghé, Quận 1, Hồ Chí Minh|05052021"
CARD = CardQr(
    number="079095000123",
    old_number="024681357",
    full_name="Nguyễn Văn An",
    born_on=date(1995, 3, 14),
    sex="M",
    address="12 Lê Lợi, Bến Nghé, Quận 1, Hồ Chí Minh",
    issued_on=date(2021, 5, 5),
)


def test_the_card_of_2021_has_seven_fields() -> None:
    assert parse_card(TEXT) == CARD


@pytest.mark.parametrize(
    "tail", ["|", "||||", "|079095000999|Nguyễn Văn Cha|Trần Thị Mẹ", "|anything|%s|<b>"]
)
def test_what_follows_the_seventh_field_is_ignored(tail: str) -> None:
    assert parse_card(TEXT + tail) == CARD


def test_fields_may_be_empty() -> None:
    card = parse_card("079095000123||Nguyễn Văn An||||")

    assert (card.old_number, card.born_on, card.sex, card.address, card.issued_on) == ("", None, "", "", None)


def test_names_are_composed_and_single_spaced() -> None:
    card = parse_card(
        "079195000123||Đặng  Thu\u0020Hà ".replace("ặ", "a\u0323\u0306") + "|14031995|Nữ||05052021"
    )

    assert card.full_name == "Đặng Thu Hà"
    assert card.sex == "F"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://csgt.example/gplx/790123456789",
        "079095000123|024681357|Nguyễn Văn An|14031995|Nam|12 Lê Lợi",
        TEXT.replace("079095000123", "07909500012"),
        TEXT.replace("079095000123", "0790950001234"),
        TEXT.replace("079095000123", "07909500012٣"),
        TEXT.replace("024681357", "02468135"),
        TEXT.replace("024681357", "không"),
        TEXT.replace("14031995", "31021995"),
        TEXT.replace("14031995", "1995-03-14"),
        TEXT.replace("14031995", "00001995"),
        TEXT.replace("05052021", "05132021"),
        TEXT.replace("Nam", "X"),
        TEXT.replace("Nguyễn Văn An", ""),
        TEXT.replace("Nguyễn Văn An", "N3o"),
        TEXT.replace("Nguyễn Văn An", "A" * 101),
        TEXT.replace("Văn", "Vă\x00n"),
        TEXT.replace("Văn", "Vă\nn"),
        TEXT + "|" * 2000,
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NotCardText):
        parse_card(text)

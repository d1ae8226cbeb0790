import pytest
from django.core.exceptions import ValidationError

from voltgo.core.backoffice.fields import DongInput, MinuteInput, ShareInput, format_share


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.250.000", 1_250_000),
        ("1250000", 1_250_000),
        ("1,250,000", 1_250_000),
        (" 1 250 000 ₫ ", 1_250_000),
        ("1.250.000\u00a0₫", 1_250_000),
        ("0", 0),
        (500, 500),
    ],
)
def test_dong_are_read_however_people_group_them(typed: str, amount: int) -> None:
    assert DongInput().clean(typed) == amount


@pytest.mark.parametrize("typed", ["", "abc", "1.5e6", "-5", "−5", "12345678901234567890", "1/2"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        DongInput().clean(typed)


def test_an_amount_is_shown_with_dots_and_untouched_counts_as_unchanged() -> None:
    field = DongInput()

    assert field.prepare_value(1_250_000) == "1.250.000"
    assert field.prepare_value("abc") == "abc"
    assert not field.has_changed(1_250_000, "1.250.000")
    assert field.has_changed(1_250_000, "1.250.001")


@pytest.mark.parametrize(
    ("typed", "minute"),
    [("06:30", 390), ("6:30", 390), ("6h30", 390), ("00:00", 0), ("24:00", 1440), ("23.59", 1439)],
)
def test_times_of_day_are_read_as_people_write_them(typed: str, minute: int) -> None:
    assert MinuteInput().clean(typed) == minute


@pytest.mark.parametrize("typed", ["", "24:01", "25:00", "6:60", "six", "630", "-1:00"])
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        MinuteInput().clean(typed)


def test_a_time_is_shown_with_two_digits() -> None:
    assert MinuteInput().prepare_value(390) == "06:30"
    assert MinuteInput().prepare_value(1440) == "24:00"
    assert not MinuteInput().has_changed(390, "06:30")


@pytest.mark.parametrize(
    ("typed", "basis_points"),
    [("8", 800), ("7,5", 750), ("7.5 %", 750), ("120", 12_000), ("0", 0), ("0,125", 13)],
)
def test_shares_are_typed_in_percent(typed: str, basis_points: int) -> None:
    assert ShareInput().clean(typed) == basis_points


@pytest.mark.parametrize("typed", ["", "-1", "1001", "NaN", "Infinity", "tám"])
def test_what_is_no_share_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        ShareInput().clean(typed)


@pytest.mark.parametrize(
    ("basis_points", "shown"), [(800, "8"), (750, "7,5"), (12_000, "120"), (0, "0"), (5, "0,05")]
)
def test_shares_are_shown_without_needless_zeros(basis_points: int, shown: str) -> None:
    assert format_share(basis_points) == shown

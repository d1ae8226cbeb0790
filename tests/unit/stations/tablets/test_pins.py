import pytest

from stations.tablets.pins import is_pin, is_weak


@pytest.mark.parametrize(
    "pin",
    ["111111", "123456", "012345", "654321", "987654", "121212", "123123", "112233", "147258", "686868"],
)
def test_what_is_tried_first_is_weak(pin):
    assert is_weak(pin)


@pytest.mark.parametrize("pin", ["274916", "903175", "610284"])
def test_six_unrelated_digits_are_taken(pin):
    assert not is_weak(pin, known=("0900000001", "140395"))


@pytest.mark.parametrize("pin", ["456789", "140395"])
def test_digits_that_colleagues_know_are_weak(pin):
    assert is_weak(pin, known=("0912456789", "140395"))


@pytest.mark.parametrize("text", ["27491", "2749161", "27491a", "", "٢٧٤٩١٦", "274916\n"])
def test_only_six_plain_digits_are_a_pin(text):
    assert not is_pin(text)

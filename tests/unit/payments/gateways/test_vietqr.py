from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways import vietqr
from payments.gateways.vietqr import NotVietQR, TransferCode
from voltgo.core.codes import ALPHABET

# Published: the README of a library for VietQR, account 0011001932418 at VietinBank, 120,000 dong.
PUBLISHED = (
    "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA"
    "530370454061200005802VN62170813ung ho lu lut6304C15C"
)
# Published by a parser of VietQR; its version field is out of the specification, its checksum is right.
WITHOUT_AMOUNT = (
    "00020001021238570010A00000072701270006970436011308810004580860208QRIBFTTA53037045802VN6304CD60"
)

codes = st.builds(
    TransferCode,
    bank_bin=st.from_regex(r"[0-9]{6}", fullmatch=True),
    account_number=st.from_regex(r"[0-9A-Z]{1,19}", fullmatch=True),
    amount=st.none() | st.integers(1, 10**13 - 1),
    memo=st.text(st.characters(), max_size=40).map(vietqr.memo_text),
    is_card=st.booleans(),
)


def test_a_published_code_is_built_byte_for_byte() -> None:
    code = TransferCode("970415", "0011001932418", 120_000, "ung ho lu lut")

    assert vietqr.build(code) == PUBLISHED
    assert vietqr.parse(PUBLISHED) == code


def test_a_published_code_without_an_amount_is_read() -> None:
    assert vietqr.parse(WITHOUT_AMOUNT) == TransferCode("970436", "0881000458086")


@given(codes)
def test_what_is_built_is_read_back(code: TransferCode) -> None:
    assert vietqr.parse(vietqr.build(code)) == code


@given(codes, st.data())
def test_no_changed_character_goes_unnoticed(code: TransferCode, data: st.DataObject) -> None:
    text = vietqr.build(code)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789XYZ").filter(lambda char: char != text[at]))

    with pytest.raises(NotVietQR):
        vietqr.parse(text[:at] + other + text[at + 1 :])


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(NotVietQR):
        vietqr.parse(text)


@pytest.mark.parametrize(
    "code",
    [
        TransferCode("97041", "1"),
        TransferCode("970415", ""),
        TransferCode("970415", "1" * 20),
        TransferCode("970415", "12 34"),
        TransferCode("970415", "1", 0),
        TransferCode("970415", "1", 10**13),
        TransferCode("970415", "1", 1, "x" * 26),
        TransferCode("970415", "1", 1, "tiền thuê"),
    ],
)
def test_what_no_code_can_carry_is_refused(code: TransferCode) -> None:
    with pytest.raises(NotVietQR):
        vietqr.build(code)


def test_a_memo_loses_accents_and_signs() -> None:
    assert vietqr.memo_text("Đặt xe VG-7K2M4Q, cảm ơn!") == "Dat xe VG 7K2M4Q cam on"


@given(st.dates(date(2026, 1, 1), date(2079, 12, 31)), st.integers(0, 10**10 - 1))
def test_a_memo_leads_back_to_its_attempt(day: date, number: int) -> None:
    merchant_ref = f"{day:%y%m%d}{number:010d}"

    memo = vietqr.memo_of(merchant_ref)

    assert len(memo) == 9
    assert set(memo[2:]) <= set(ALPHABET)
    assert vietqr.refs_of_memo(memo, on=day)[0] == merchant_ref


def test_a_memo_is_looked_for_in_the_days_before_it_was_booked() -> None:
    memo = vietqr.memo_of("2611220000000042")

    refs = vietqr.refs_of_memo(memo, on=date(2026, 11, 24), days=3)

    assert refs == ["2611240000000042", "2611230000000042", "2611220000000042"]


@pytest.mark.parametrize("memo", ["", "VG", "VG26A7K3", "VGAAAAAA0", "VGZZZZZZZ"])
def test_what_names_no_attempt_finds_none(memo: str) -> None:
    assert vietqr.refs_of_memo(memo, on=date(2026, 11, 24)) == []


def test_a_reference_with_letters_has_no_memo() -> None:
    with pytest.raises(ValueError, match="numeric"):
        vietqr.memo_of("261122-ACDEFGHJKM")

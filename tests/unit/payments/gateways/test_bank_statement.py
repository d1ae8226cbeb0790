import unicodedata
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.bank.statement import (
    booking_code,
    find_references,
    parse_statement,
    read_amount,
)
from payments.gateways.errors import SettlementUnreadable
from payments.gateways.vietqr import memo_of, refs_of_memo
from voltgo.core.clock import LOCAL_ZONE

TWO_COLUMNS = """NGÂN HÀNG TMCP NGOẠI THƯƠNG VIỆT NAM
Số tài khoản: 1234567890,,Từ ngày 22/11/2026
,,
Ngày giao dịch,Số tham chiếu,Số tiền ghi nợ,Số tiền ghi có,Số dư,Nội dung,Số TK đối ứng,Tên đối ứng
22/11/2026 10:05:11,5078 - 001,,"1,200,000","11,200,000",VG26A7K3,9704 1234,NGUYEN VAN AN
22/11/2026,5078 - 002,"55,000",,"11,145,000",Phí dịch vụ,,
Tổng cộng,,"55,000","1,200,000",,,,
"""
ENGLISH = (
    "Transaction Date;Reference No;Description;Debit;Credit\r\n"
    "2026-11-22 23:59;FT26327;rent;0;1.234.567 VND\r\n"
    "22-11-2026;FT26328;payout;(300.000);\r\n"
)


def test_a_vietnamese_statement_with_two_columns() -> None:
    first, second = parse_statement(TWO_COLUMNS.encode())

    assert (first.amount, first.memo, first.position) == (1_200_000, "VG26A7K3", 5)
    assert first.booked_at == datetime(2026, 11, 22, 10, 5, 11, tzinfo=LOCAL_ZONE)
    assert (first.party_number, first.party_name) == ("97041234", "NGUYEN VAN AN")
    assert (first.bank_ref, first.line_ref) == ("5078 - 001", "261122:5078 - 001:+1200000")
    assert (second.amount, second.booked_at) == (-55_000, datetime(2026, 11, 22, tzinfo=LOCAL_ZONE))


def test_an_english_statement_with_semicolons() -> None:
    first, second = parse_statement(ENGLISH.encode())

    assert (first.amount, second.amount) == (1_234_567, -300_000)
    assert first.booked_at == datetime(2026, 11, 22, 23, 59, tzinfo=LOCAL_ZONE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_spreadsheets(encoding: str) -> None:
    assert len(parse_statement(TWO_COLUMNS.encode(encoding))) == 2


def test_the_old_vietnamese_encoding() -> None:
    # CP1258 writes a letter and its tone apart: "ụ" is "u" and a dot below.
    text = "Ngày giao dịch,Số tiền,Nội dung\n22/11/2026,+1.000,Trả tiền thuê\n"
    content = _as_cp1258(text)

    (row,) = parse_statement(content)

    assert (row.amount, row.memo) == (1_000, "Trả tiền thuê")


def _as_cp1258(text: str) -> bytes:
    """Encode as old programs do: base letters as far as the table has them, the tone after them."""
    out = b""
    for char in text:
        try:
            out += char.encode("cp1258")
        except UnicodeEncodeError:
            split = unicodedata.normalize("NFD", char)
            tones = [c for c in split if c in "\u0300\u0301\u0303\u0309\u0323"]
            base = unicodedata.normalize("NFC", "".join(c for c in split if c not in tones))
            out += base.encode("cp1258") + b"".join(tone.encode("cp1258") for tone in tones)
    return out


def test_a_column_may_say_debit_or_credit() -> None:
    content = 'Date,Type,Amount,Memo\n22/11/2026,CR,1000,a\n22/11/2026,DR,"2,000",b\n'

    assert [row.amount for row in parse_statement(content.encode())] == [1_000, -2_000]


def test_a_signed_amount() -> None:
    content = "Ngày,Số tiền (VND),Diễn giải\n22/11/2026,-1.000,a\n23/11/2026,2.500.000,b\n"

    assert [row.amount for row in parse_statement(content.encode())] == [-1_000, 2_500_000]


def test_a_heading_in_two_languages() -> None:
    content = (
        '"Ngày giao dịch\nTransaction date",Ghi nợ / Debit,Ghi có / Credit,Nội dung / Details\n'
        "22/11/2026,,5.000,x\n"
    )

    assert [(row.amount, row.position) for row in parse_statement(content.encode())] == [(5_000, 3)]


def test_two_equal_transfers_of_one_day_are_two() -> None:
    line = "22/11/2026,500000,VG26A7K3\n"
    heading = "Ngày,Số tiền,Nội dung\n"

    first, second = parse_statement((heading + line * 2).encode())
    (alone,) = parse_statement((heading + line).encode())

    assert first.line_ref == alone.line_ref
    assert second.line_ref == f"{first.line_ref}#2"


def test_the_same_transfer_has_the_same_name_in_a_longer_file() -> None:
    heading = "Ngày,Số tham chiếu,Số tiền,Nội dung\n"
    line = "22/11/2026,77,500000,VG26A7K3\n"

    (alone,) = parse_statement((heading + line).encode())
    longer = parse_statement((heading + "23/11/2026,77,500000,VG26A7K3\n" + line).encode())

    assert [row.line_ref for row in longer].count(alone.line_ref) == 1


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("2026/22/11,1000,x", 3),
        ("31/02/2026,1000,x", 3),
        ("22/11/26,1000,x", 3),
        ("22/11/2026,1.23,x", 3),
        ("22/11/2026,12.34.567,x", 3),
        ("22/11/2026,một nghìn,x", 3),
        ("22/11/2026,,x", 3),
        (",1000,x", 3),
        ("22/11/2026 noon,1000,x", 3),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, number: int) -> None:
    content = f"Ngày,Số tiền,Nội dung\n22/11/2026,1,ok\n{line}\n"

    with pytest.raises(SettlementUnreadable) as refusal:
        parse_statement(content.encode())

    assert refusal.value.details == {"line": number}
    assert f"dòng {number} của sao kê" in str(refusal.value)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"a,b,c\n1,2,3\n", b"PK\x03\x04\x00\x00", b"\xff\xfe\x00"]
)
def test_what_is_no_statement_is_refused(content: bytes) -> None:
    with pytest.raises(SettlementUnreadable):
        parse_statement(content)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(SettlementUnreadable):
        parse_statement(content)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234.567", 1_234_567),
        ("1,234,567", 1_234_567),
        ("1 234 567 đ", 1_234_567),
        ("1.234.567,00", 1_234_567),
        ("1,234,567.00 VND", 1_234_567),
        ("-1.000 ₫", -1_000),
        ("(1,000)", -1_000),
        ("+500", 500),
        ("0", 0),
        ("", None),
        ("-", None),
    ],
)
def test_amounts_as_banks_write_them(text: str, amount: int | None) -> None:
    assert read_amount(text) == amount


# --- Memos --------------------------------------------------------------------------------------
def test_a_memo_broken_by_the_bank_is_still_found() -> None:
    assert find_references("VG26 A7K3") == ["VG26A7K3"]
    assert find_references("MBVCB.123 vg-26a7k3 thanh toan") == ["VG26A7K3", "VG26A7K3T"]


def test_the_attempts_code_comes_before_the_bookings() -> None:
    memo = memo_of("2611221234567890")

    assert find_references(f"CK {memo} VG26A7K3")[:2] == [memo, "VG26A7K3"]
    assert find_references(f"{memo[:5]} {memo[5:]}")[0] == memo
    assert refs_of_memo(memo, on=date(2026, 11, 22))[0] == "2611221234567890"


def test_nothing_is_guessed() -> None:
    # O and 0, I and 1, S and 8 are in no code of ours.
    assert find_references("VG26O7K3") == []
    assert find_references("thanh toan tien thue xe") == []


@given(st.text(max_size=120))
def test_every_code_found_stands_in_the_memo(memo: str) -> None:
    squeezed = "".join(char for char in memo.upper() if char.isascii() and char.isalnum())
    for code in find_references(memo):
        assert code in squeezed


def test_a_booking_is_written_with_its_dash() -> None:
    assert booking_code("VG26A7K3") == "VG-26A7K3"
    assert booking_code("VG26A7K3Q") == ""

from datetime import date, datetime

import pytest
import time_machine

from rentals.fines.errors import FileUnreadable
from rentals.fines.importing import FineRow, parse_fines, plain_plate
from voltgo.core.clock import LOCAL_ZONE

HEAD = "cơ quan,số thông báo,biển số,thời gian,địa điểm,lỗi,mức phạt,hạn nộp\n"
LINE = "CSGT TP.HCM,TB-1,51K-123.45,20/11/2026 08:15,Hàng Xanh,Vượt đèn đỏ,5.000.000,20/12/2026\n"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22T09:00:00+07:00", tick=False):
        yield


def test_a_line_is_read_with_local_time_and_whole_dong() -> None:
    assert parse_fines((HEAD + LINE).encode()) == [
        FineRow(
            authority="CSGT TP.HCM",
            number="TB-1",
            plate="51K12345",
            violated_at=datetime(2026, 11, 20, 8, 15, tzinfo=LOCAL_ZONE),
            place="Hàng Xanh",
            offence="Vượt đèn đỏ",
            amount=5_000_000,
            pay_by=date(2026, 12, 20),
        )
    ]


def test_headings_may_be_english_and_semicolons_part_the_cells() -> None:
    text = "number;authority;plate;violated_at;place;offence;amount\nTB-2;CSGT;59A1 234.56;2026-11-20 08:15;Q1;Đỗ sai;800000\n"
    row = parse_fines(b"\xef\xbb\xbf" + text.encode())[0]
    assert (row.number, row.plate, row.amount, row.pay_by) == ("TB-2", "59A123456", 800_000, None)


@pytest.mark.parametrize("plate", ["51K-123.45", "51k 12345", "51K12345", " 51K-12345 "])
def test_a_plate_is_the_same_however_it_is_written(plate: str) -> None:
    assert plain_plate(plate) == "51K12345"


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        (b"", "empty", 0),
        ("cơ quan,lỗi\n".encode(), "columns", 1),
        (HEAD.encode("utf-16"), "encoding", 0),
        ((HEAD + LINE + LINE.replace("5.000.000", "-1")).encode(), "amount", 3),
        ((HEAD + LINE.replace("20/11/2026 08:15", "20/11/2027 08:15")).encode(), "moment", 2),
        ((HEAD + LINE.replace("20/11/2026 08:15", "hôm qua")).encode(), "moment", 2),
        ((HEAD + LINE.replace("20/12/2026", "mai")).encode(), "day", 2),
        ((HEAD + LINE.replace("51K-123.45", "?")).encode(), "plate", 2),
        ((HEAD + LINE.replace("Vượt đèn đỏ", "")).encode(), "empty_cells", 2),
    ],
)
def test_a_wrong_line_names_itself(content: bytes, problem: str, line: int) -> None:
    with pytest.raises(FileUnreadable) as refused:
        parse_fines(content)
    assert (refused.value.details["problem"], refused.value.details["line"]) == (problem, line)

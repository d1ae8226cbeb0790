"""Files come in once, whole or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from payments.gateways import settlement_file
from payments.gateways.base import LineKind, SettledLine
from payments.intents.models import Payment
from payments.reconciliation import services
from payments.reconciliation.errors import FileOfAnotherDay, FileOfAnotherSource, FileUnreadable
from payments.reconciliation.models import BankLine, StatementFile, StatementLine
from tests.factories.accounts import make_user
from tests.factories.payments import make_paid_intent
from tests.factories.settlements import (
    DAY,
    NOON,
    FileGateway,
    served_by,
    statement,
    take_in,
    take_in_statement,
)
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import InvalidInput

LINE = SettledLine(LineKind.PAYMENT, "P1", "M1", 1_000_000, 11_000, NOON)
BARE = SettledLine(LineKind.PAYMENT, "", "M7", 500_000, 0, NOON)


@pytest.fixture(autouse=True)
def _gateway() -> Iterator[None]:
    with served_by(FileGateway()):
        yield


def nothing_came_in() -> bool:
    return not (StatementFile.objects.exists() or StatementLine.objects.exists() or BankLine.objects.exists())


def test_a_file_comes_in_with_its_sums_and_stays_private() -> None:
    taken = take_in([LINE, replace(LINE, kind=LineKind.REFUND, provider_ref="R1", amount=-400_000, fee=0)])

    assert (taken.is_new, taken.lines, taken.known) == (True, 2, 0)
    file = StatementFile.objects.get()
    assert (file.gross_amount, file.fee_amount, file.line_count, file.day) == (600_000, 11_000, 2, DAY)
    stored = str(file.content.name)
    assert stored.startswith("settlements/")
    assert "file.csv" not in stored


def test_the_same_file_twice_changes_nothing() -> None:
    first, second = take_in([LINE]), take_in([LINE])

    assert (second.is_new, second.file) == (False, first.file)
    assert StatementLine.objects.count() == 1


def test_the_file_of_another_provider_is_refused_and_said_whose_it_is() -> None:
    make_paid_intent(payer=make_user())
    payment = Payment.objects.get()
    elsewhere = "momo" if payment.provider == "vnpay" else "vnpay"
    content = settlement_file.write([replace(LINE, merchant_ref=payment.merchant_ref)])

    with pytest.raises(FileOfAnotherSource) as refused, served_by(FileGateway(elsewhere)):
        services.import_settlement(source=elsewhere, name="x.csv", content=content, by=SYSTEM)

    assert payment.get_provider_display() in str(refused.value)
    assert nothing_came_in()


def test_a_corrected_file_adds_only_what_is_new() -> None:
    take_in([LINE])
    taken = take_in([LINE, replace(LINE, provider_ref="P2", merchant_ref="M2")])

    assert (taken.lines, taken.known) == (1, 1)
    assert list(StatementLine.objects.order_by("pk").values_list("provider_ref", flat=True)) == ["P1", "P2"]


def test_equal_lines_without_a_number_are_as_many_as_the_file_says() -> None:
    take_in([BARE, BARE])
    taken = take_in([BARE, BARE, BARE])

    assert (taken.lines, taken.known) == (1, 2)
    assert sorted(StatementLine.objects.values_list("occurrence", flat=True)) == [1, 2, 3]


def test_an_unreadable_line_is_named_and_nothing_comes_in() -> None:
    content = settlement_file.write([LINE, replace(LINE, provider_ref="P2")]) + b"payment,P3,M3,a lot,0,now\n"

    with pytest.raises(FileUnreadable) as refused:
        services.import_settlement(source="vnpay", name="x.csv", content=content, by=SYSTEM)

    assert refused.value.details["line"] == 4
    assert "dòng 4" in str(refused.value)
    assert nothing_came_in()


@pytest.mark.parametrize(
    "content", [b"", b"   \n", b"\x00\xff\xfe\x00", b"<html>not a file</html>", b"=cmd()\n1,2\n"]
)
def test_what_is_no_settlement_file_is_refused(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        services.import_settlement(source="vnpay", name="x.csv", content=content, by=SYSTEM)
    with pytest.raises(FileUnreadable):
        services.import_statement(name="x.csv", content=content, by=SYSTEM)

    assert nothing_came_in()


def test_a_file_of_another_day_is_refused() -> None:
    with pytest.raises(FileOfAnotherDay):
        take_in([LINE], day=DAY + timedelta(days=3))

    assert nothing_came_in()


def test_without_a_day_the_file_is_for_the_day_of_most_of_its_lines() -> None:
    late = replace(LINE, provider_ref="P9", occurred_at=NOON + timedelta(days=1))

    assert take_in([LINE, replace(LINE, provider_ref="P2"), late], day=None).file.day == DAY


def test_nobody_sends_a_settlement_file_for_the_bank_or_for_a_stranger() -> None:
    for source in ("bank", "paypal"):
        with pytest.raises(InvalidInput):
            services.import_settlement(source=source, name="x", content=b"x", by=SYSTEM)


def test_a_statement_comes_in_once_and_overlapping_ones_add_what_is_new() -> None:
    rows = [("FT1", "21/11/2026 09:30", 500_000, "VG ABC"), ("FT2", "21/11/2026 10:00", -200_000, "x")]
    first = take_in_statement(*rows)
    again = take_in_statement(*rows)
    longer = take_in_statement(*rows, ("FT3", "21/11/2026 11:00", 1_000, "y"))

    assert (first.lines, again.is_new) == (2, False)
    assert (longer.lines, longer.known) == (1, 2)
    assert list(BankLine.objects.order_by("pk").values_list("bank_ref", "amount")) == [
        ("FT1", 500_000),
        ("FT2", -200_000),
        ("FT3", 1_000),
    ]


@pytest.mark.parametrize(("named", "counted"), [(DAY, DAY), (None, DAY + timedelta(days=1))])
def test_a_statement_without_lines_is_for_the_day_it_is_named_for_else_for_yesterday(
    named: date | None, counted: date
) -> None:
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        taken = services.import_statement(name="s.csv", content=statement(), by=SYSTEM, day=named)
        again = services.import_statement(name="s.csv", content=statement(), by=SYSTEM, day=named)

    assert (taken.file.day, taken.lines, again.is_new) == (counted, 0, False)


def test_a_statement_with_lines_is_for_the_last_day_of_them() -> None:
    content = statement(("FT1", "20/11/2026", 1, "a"), ("FT2", "21/11/2026", 1, "b"))

    taken = services.import_statement(name="s.csv", content=content, by=SYSTEM, day=DAY + timedelta(days=9))

    assert taken.file.day == DAY


def test_equal_transfers_without_a_number_are_both_kept() -> None:
    row = ("", "21/11/2026 09:30", 500_000, "chuyen tien")

    assert take_in_statement(row, row).lines == 2
    assert take_in_statement(row, row, ("", "22/11/2026", 1, "z")).known == 2


def test_a_bad_line_of_a_statement_is_named() -> None:
    content = statement(("FT1", "21/11/2026", 1, "a")) + b"\nnicht,FT2,,5,x,,\n"

    with pytest.raises(FileUnreadable) as refused:
        services.import_statement(name="x.csv", content=content, by=SYSTEM)

    assert refused.value.details["line"] == 3
    assert nothing_came_in()


@pytest.mark.parametrize("row", [StatementFile, StatementLine])
def test_what_came_in_is_never_changed(row: Any) -> None:
    take_in([LINE])
    field = "name" if row is StatementFile else "raw"

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.objects.update(**{field: "x"})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StatementLine.objects.all().delete()


def test_the_words_of_a_bank_line_are_never_changed() -> None:
    take_in_statement(("FT1", "21/11/2026 09:30", 500_000, "VG ABC"))

    with pytest.raises(DatabaseError, match="as the bank wrote it"), transaction.atomic():
        BankLine.objects.update(amount=1)

"""Taking in files: the same bytes once, each line once, everything or nothing."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways import registry
from payments.gateways.bank.statement import StatementRow, parse_statement
from payments.gateways.base import LineKind, SettledLine
from payments.gateways.errors import SettlementUnreadable
from payments.intents.models import Payment, PaymentAttempt
from payments.reconciliation import selectors
from payments.reconciliation.comparing import numbered
from payments.reconciliation.enums import Source
from payments.reconciliation.errors import (
    FileOfAnotherDay,
    FileOfAnotherSource,
    FileTooLarge,
    FileUnreadable,
)
from payments.reconciliation.models import BankLine, StatementFile, StatementLine
from voltgo.core import clock
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.errors import InvalidInput

Row = TypeVar("Row")

MOST_BYTES = 20_000_000
LONGEST_RAW = 1_000
BATCH = 2_000
# What counts as money of a payer, beside the provider's own costs and transfers to us.
GROSS_KINDS = frozenset({LineKind.PAYMENT, LineKind.REFUND, LineKind.CHARGEBACK})


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    file: StatementFile
    # False when the same bytes were there before.
    is_new: bool
    lines: int = 0
    # Lines that an earlier file of the same day had brought.
    known: int = 0
    # A second person has to confirm it before any of its lines exist.
    waits: bool = False


def import_settlement(
    *, source: str, name: str, content: bytes, by: Actor, day: date | None = None
) -> Imported:
    """Take in a settlement file of a provider; without `day`, of the day of most of its lines.

    The same bytes again change nothing, nor does a line that an earlier file of the same day brought. Equal
    lines without a number of their own are as many as the file says.

    Raises:
        FileUnreadable: with the number of the first line that is wrong; nothing is taken in.
        FileOfAnotherDay: no line is of `day`.
        FileOfAnotherSource: it names what another provider was asked for, and nothing of this one.
        FileTooLarge, InvalidInput.
    """
    if source not in Source or source == Source.BANK:
        raise InvalidInput(source=source)
    _require_size(content)
    lines = _read(registry.get(source).parse_settlement, content)
    _require_own(source, lines)
    return _take_in_settlement(
        source, day or _day_of(line.occurred_at for line in lines), name, content, lines, by
    )


def import_statement(*, name: str, content: bytes, by: Actor, day: date | None = None) -> Imported:
    """Take in a statement of our bank account. Idempotent as `import_settlement`; books nothing yet.

    It is for the last day of its lines; one without lines is for `day`, without that for yesterday. What a
    person brings is only kept, and a case: its lines come with `confirm_statement`, so that a forged one
    neither books anything nor stands in the way of the bank's own.

    Raises:
        FileUnreadable: with the number of the first line that is wrong; nothing is taken in.
        FileTooLarge: it is larger than any statement.
    """
    _require_size(content)
    rows = read_statement(content)
    quiet_day = day or clock.today() - timedelta(days=1)
    return _take_in_statement(name, content, rows, quiet_day, by)


def read_statement(content: bytes) -> list[StatementRow]:
    """Return the rows of a bank's statement.

    Raises:
        FileUnreadable: with the number of the first line that is wrong.
    """
    return _read(parse_statement, content)


def sha256_of(content: bytes, day: date, *, is_empty: bool) -> str:
    """Return what a file is known by. The files of quiet days are all alike; each counts for its own day."""
    return hashlib.sha256(f"{day} ".encode() + content if is_empty else content).hexdigest()


def _require_size(content: bytes) -> None:
    if not content.strip():
        raise FileUnreadable(_("Tệp này trống."))
    if len(content) > MOST_BYTES:
        raise FileTooLarge(size=len(content))


def _require_own(source: str, lines: list[SettledLine]) -> None:
    """Layouts may be alike: a file chosen for the wrong provider would stay as hundreds of differences."""
    named = {line.merchant_ref for line in lines if line.merchant_ref}
    known = set(
        PaymentAttempt.objects.filter(merchant_ref__in=named).values_list("provider", flat=True).distinct()
    ) | set(Payment.objects.filter(merchant_ref__in=named).values_list("provider", flat=True).distinct())
    if known and source not in known:
        raise FileOfAnotherSource(
            _("Tệp này là của %(other)s. Hãy chọn đúng nguồn. Chưa có gì được nhận vào.")
            % {"other": ", ".join(str(Source(name).label) for name in sorted(known) if name in Source)}
        )


def _read(parse: Callable[[bytes], Sequence[Row]], content: bytes) -> list[Row]:
    try:
        return list(parse(content))
    except SettlementUnreadable as error:
        line = error.details.get("line") or _first_bad_line(parse, content)
        if line:
            words = _("Không đọc được dòng %(line)s của tệp: sai định dạng. Chưa có gì được nhận vào.")
            raise FileUnreadable(words % {"line": line}, line=line) from error
        raise FileUnreadable(str(error)) from error


def _first_bad_line(parse: Callable[[bytes], Sequence[object]], content: bytes) -> int:
    """Find the shortest beginning of the file that cannot be read; 0 if that tells nothing."""
    lines = content.splitlines(keepends=True)
    good, bad = 0, len(lines)
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            parse(b"".join(lines[:middle]))
        except SettlementUnreadable:
            # A beginning without the heading says nothing; a file whose heading is wrong fails at once.
            bad = middle
        else:
            good = middle
    return bad if good else 0


def _day_of(moments: Iterable[datetime]) -> date:
    days = Counter(clock.local(moment).date() for moment in moments)
    if not days:
        raise FileOfAnotherDay
    return max(days, key=lambda day: (days[day], day))


def _file(
    source: str, day: date, name: str, content: bytes, by: Actor, *, is_empty: bool
) -> tuple[StatementFile, bool]:
    """Return the row of these bytes and whether it is new (unsaved)."""
    sha256 = sha256_of(content, day, is_empty=is_empty)
    before = StatementFile.objects.filter(source=source, sha256=sha256).first()
    if before is not None:
        return before, False
    file = StatementFile(
        source=source,
        day=day,
        name=name[-200:],
        sha256=sha256,
        received_by=by.label[:200],
        received_ref="" if by.kind is ActorKind.SYSTEM else by.ref,
    )
    # The name that somebody gave it says nothing about where it is kept.
    file.content.save(f"{source}-{day}-{sha256[:16]}.csv", ContentFile(content), save=False)
    return file, True


# --- Settlement files ---------------------------------------------------------------------------
@transaction.atomic
def _take_in_settlement(
    source: str, day: date, name: str, content: bytes, lines: list[SettledLine], by: Actor
) -> Imported:
    if lines and all(clock.local(line.occurred_at).date() != day for line in lines):
        raise FileOfAnotherDay(day=day.isoformat())
    file, is_new = _file(source, day, name, content, by, is_empty=not lines)
    if not is_new:
        return Imported(file, is_new=False)
    gross = [line for line in lines if line.kind in GROSS_KINDS]
    file.line_count = len(lines)
    file.gross_amount = sum(line.amount for line in gross)
    file.fee_amount = sum(line.fee for line in lines) - sum(
        line.amount for line in lines if line.kind is LineKind.FEE
    )
    known = _known_lines(source, day)
    file.save(force_insert=True)
    fresh = _fresh_lines(file, lines, known)
    StatementLine.objects.bulk_create(fresh, batch_size=BATCH)
    audit.record(
        "reconciliation.file_taken_in", f"statement_file:{file.pk}", by=by,
        source=source, day=day.isoformat(), lines=len(fresh),
    )  # fmt: skip
    return Imported(file, is_new=True, lines=len(fresh), known=len(lines) - len(fresh))


def _known_lines(source: str, day: date) -> set[Hashable]:
    """Return what earlier files of the same day said, so that a corrected file adds only what is new."""
    rows = StatementLine.objects.filter(source=source, file__day=day).values_list(
        "kind", "provider_ref", "merchant_ref", "amount", "fee", "occurred_at", "occurrence"
    )
    return set(rows)


def _fresh_lines(file: StatementFile, lines: list[SettledLine], known: set[Hashable]) -> list[StatementLine]:
    seen: Counter[Hashable] = Counter()
    fresh = []
    for position, line in enumerate(lines, start=1):
        # A number names its transaction; without one, only the whole line does.
        number = numbered(line.kind, line.provider_ref, line.amount)
        name: Hashable = (line.kind, number) if number else line
        seen[name] += 1
        said = (
            line.kind.value, line.provider_ref, line.merchant_ref, line.amount, line.fee, line.occurred_at,
            seen[name],
        )  # fmt: skip
        if said in known:
            continue
        fresh.append(
            StatementLine(
                file=file,
                position=position,
                source=file.source,
                kind=line.kind.value,
                provider_ref=line.provider_ref[:64],
                merchant_ref=line.merchant_ref[:100],
                occurrence=seen[name],
                amount=line.amount,
                fee=line.fee,
                occurred_at=line.occurred_at,
                raw=line.raw[:LONGEST_RAW],
            )
        )
    return fresh


# --- Bank statements ----------------------------------------------------------------------------
@transaction.atomic
def _take_in_statement(
    name: str, content: bytes, rows: list[StatementRow], quiet_day: date, by: Actor
) -> Imported:
    day = max((clock.local(row.booked_at).date() for row in rows), default=quiet_day)
    file, is_new = _file(Source.BANK, day, name, content, by, is_empty=not rows)
    if not is_new:
        return Imported(file, is_new=False, waits=selectors.waits(file))
    file.line_count = len(rows)
    file.gross_amount = sum(row.amount for row in rows)
    file.save(force_insert=True)
    audit.record("reconciliation.statement_taken_in", f"statement_file:{file.pk}", by=by, lines=len(rows))
    if file.received_ref:
        cases.open_case(
            kind=CaseKind.STATEMENT,
            key=case_key(file),
            reference=f"statement_file:{file.pk}",
            amount=file.gross_amount,
            details={"day": day.isoformat(), "lines": len(rows), "received_by": file.received_by},
        )
        return Imported(file, is_new=True, waits=True)
    fresh = add_bank_lines(file, rows)
    return Imported(file, is_new=True, lines=fresh, known=len(rows) - fresh)


def case_key(file: StatementFile) -> str:
    return f"statement:{file.pk}"


def add_bank_lines(file: StatementFile, rows: Sequence[StatementRow]) -> int:
    """Write the lines that no statement before had; return how many those are."""
    account = settings.BANK_ACCOUNT["NUMBER"]
    lines = [_bank_line(file, account, row) for row in rows]
    # Known ones are left out by the database, so that two files at once agree too.
    BankLine.objects.bulk_create(lines, batch_size=BATCH, ignore_conflicts=True)
    return BankLine.objects.filter(file=file).count()


def _bank_line(file: StatementFile, account: str, row: StatementRow) -> BankLine:
    return BankLine(
        account=account,
        line_ref=row.line_ref[:120],
        bank_ref=row.bank_ref,
        file=file,
        position=row.position,
        booked_at=row.booked_at,
        amount=row.amount,
        memo=row.memo[:300],
        party_bank=row.party_bank,
        party_number=row.party_number,
        party_name=row.party_name,
    )

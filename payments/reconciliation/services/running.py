"""Comparing a day with a file: the run is kept, what can be mended is mended, the rest becomes a case."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from zlib import crc32

from django.db import transaction
from django.db.models import Max

from payments.cases import services as cases
from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from payments.reconciliation import selectors
from payments.reconciliation.bank_day import bank_items
from payments.reconciliation.comparing import External, Item, Standing, compare, fingerprint, newest
from payments.reconciliation.enums import SETTLED_STATUSES, ItemStatus, Source
from payments.reconciliation.errors import RunUnderWay
from payments.reconciliation.models import (
    ReconciliationItem,
    ReconciliationResolution,
    ReconciliationRun,
)
from payments.reconciliation.services.mending import mend, put_aside
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

LOCK_SPACE = 0x7EC0
BATCH = 2_000
# What a provider may take to show what we know.
PATIENCE = timedelta(days=3)
LATE_STATUSES = frozenset(
    {
        ItemStatus.MISSING_EXTERNAL,
        ItemStatus.REFUND_MISSING,
        ItemStatus.REFUND_PENDING,
        ItemStatus.BATCH_MISMATCH,
    }
)
FILE_KEY = "file"


@contextmanager
def _alone(source: str, day: date) -> Iterator[None]:
    """Hold the advisory lock of one day of one source, over several transactions."""
    number = crc32(f"{source}:{day}".encode()) - 2**31
    if not locks.try_session_lock(LOCK_SPACE, number):
        raise RunUnderWay(source=source, day=day.isoformat())
    try:
        yield
    finally:
        locks.release_session_lock(LOCK_SPACE, number)


def reconcile(
    *, source: str, day: date, mending: bool = True, only_if_changed: bool = False
) -> ReconciliationRun:
    """Compare a source's day in Vietnam with our books and keep what was found as a new, numbered run.

    With `mending`, providers are asked about money that we have no record of (outside of transactions, facts
    go through `apply_fact`), and if that changed anything a second run follows, which supersedes the first.
    What still has no record is put into suspense. Each difference that nobody has explained is a case.
    `only_if_changed` keeps no run that finds what the current one found.

    A day without a file is never all right: its run says that the file is missing, and a case does too.

    Raises:
        RunUnderWay: the same day is being compared at this moment.
    """
    with _alone(source, day):
        run = _run(source, day, only_if_changed=only_if_changed)
        if mending and source != Source.BANK and not run.file_missing:
            items = compared(source, day)
            changed = mend(source, items)
            changed += put_aside(source, compared(source, day) if changed else items)
            if changed:
                run = _run(source, day, only_if_changed=only_if_changed)
        return run


def compared(source: str, day: date) -> list[Item]:
    lines, internals = selectors.both_sides(source, day)
    return compare(day=day, lines=lines, internals=internals, fees=selectors.fee_terms(source, day))


def _totals(source: str, day: date) -> tuple[list[Item], Dong, Dong]:
    """Return the items, and both sides added up without them."""
    if source == Source.BANK:
        return bank_items(day)
    lines, internals = selectors.both_sides(source, day)
    items = compare(day=day, lines=lines, internals=internals, fees=selectors.fee_terms(source, day))
    theirs, own_costs = _their_sum(day, lines)
    ours = sum(row.amount for row in internals if row.day == day and row.standing is Standing.DONE)
    return items, theirs, ours + own_costs


def _their_sum(day: date, lines: Sequence[External]) -> tuple[Dong, Dong]:
    """Return what the day's file says without transfers to us, and the part that are its sender's costs."""
    of_day = [line for line in newest(lines) if line.file_day == day and line.kind.value != "payout"]
    return (
        sum(line.amount for line in of_day),
        sum(line.amount for line in of_day if line.kind.value == "fee"),
    )


@transaction.atomic
def _run(source: str, day: date, *, only_if_changed: bool) -> ReconciliationRun:
    missing = not _is_covered(source, day)
    items, theirs, ours = ([], 0, 0) if missing else _totals(source, day)
    if missing:
        items, ours = _nothing_came(source, day)
    if theirs - ours != (named := sum(item.difference for item in items)):
        # A difference without a name is one more item, so that nobody can overlook it.
        logger.error(
            "ALERT reconciliation of %s %s leaves %s unexplained", source, day, theirs - ours - named
        )
        rest = theirs - ours - named
        items.append(Item("unexplained", ItemStatus.AMOUNT_MISMATCH, rest, 0, day))
    mark = fingerprint(items)
    before = (
        ReconciliationRun.objects.select_for_update(no_key=True)
        .filter(source=source, day=day, is_current=True)
        .first()
    )
    if before is not None and before.fingerprint == mark and only_if_changed:
        _follow_up(before, items)
        return before
    number = ReconciliationRun.objects.filter(source=source, day=day).aggregate(n=Max("number"))["n"] or 0
    if before is not None:
        ReconciliationRun.objects.filter(pk=before.pk).update(is_current=False)
    resolved = _resolved(source, items)
    shown = [(item, _shown_status(item, resolved)) for item in items]
    run = ReconciliationRun.objects.create(
        source=source,
        day=day,
        number=number + 1,
        file_missing=missing,
        external_amount=theirs,
        internal_amount=ours,
        explained_amount=sum(item.difference for item in items),
        counts=dict(sorted(Counter(status.value for _item, status in shown).items())),
        fingerprint=mark,
    )
    ReconciliationItem.objects.bulk_create(
        [_row(run, item, status) for item, status in shown], batch_size=BATCH
    )
    _follow_up(run, items)
    return run


def _is_covered(source: str, day: date) -> bool:
    if source != Source.BANK:
        return selectors.has_file(source, day)
    return selectors.statement_covers(day)


def _nothing_came(source: str, day: date) -> tuple[list[Item], Dong]:
    """Without a file there is one item: all that we know of the day, which nothing confirms."""
    if source == Source.BANK:
        ours = selectors.booked_at_bank(day)
    else:
        _lines, internals = selectors.both_sides(source, day)
        ours = sum(row.amount for row in internals if row.day == day and row.standing is Standing.DONE)
    return [Item(FILE_KEY, ItemStatus.MISSING_EXTERNAL, 0, ours, day)], ours


def _row(run: ReconciliationRun, item: Item, status: ItemStatus) -> ReconciliationItem:
    return ReconciliationItem(
        run=run,
        key=item.key,
        status=status,
        line_id=item.line_id,
        subject=item.subject[:80],
        reference=item.reference[:80],
        external_amount=item.external_amount,
        internal_amount=item.internal_amount,
        suggestion=item.suggestion[:200],
        occurred_on=item.day,
    )


# --- Resolutions and cases ----------------------------------------------------------------------
def _resolved(source: str, items: Sequence[Item]) -> set[tuple[str, str, Dong]]:
    keys = [item.key for item in items if item.status not in SETTLED_STATUSES]
    rows = ReconciliationResolution.objects.filter(source=source, key__in=keys)
    return {(row.key, row.status, row.difference) for row in rows}


def _shown_status(item: Item, resolved: set[tuple[str, str, Dong]]) -> ItemStatus:
    is_resolved = (item.key, item.status.value, item.difference) in resolved
    return ItemStatus.IGNORED if is_resolved else item.status


def case_key(source: str, day: date, item_key: str, status: str, difference: Dong) -> str:
    """Name the case of a difference; the same difference in a later run is the same case."""
    scope = f"{source}:{day}" if item_key in {FILE_KEY, "unexplained"} else source
    # What tells two differences apart stands first: keys are cut at 160.
    return f"recon:{scope}:{status}:{difference}:{item_key}"[:160]


def _follow_up(run: ReconciliationRun, items: Sequence[Item]) -> None:
    """Open a case for each difference that needs a person; close those that are gone."""
    resolved = _resolved(run.source, items)
    is_old = clock.today() - run.day >= PATIENCE
    wanted: set[str] = set()
    for item in items:
        if _shown_status(item, resolved) in SETTLED_STATUSES:
            continue
        if run.file_missing:
            wanted.add(_file_missing(run.source, run.day))
            continue
        if item.status in LATE_STATUSES and not is_old:
            continue
        if item.subject.startswith("bankline:"):
            # Money in suspense has a case of its own since it came.
            continue
        key = case_key(run.source, run.day, item.key, item.status, item.difference)
        wanted.add(key)
        if MoneyCase.objects.filter(key=key).exists():
            continue
        cases.open_case(
            kind=CaseKind.UNKNOWN_MONEY if item.status == ItemStatus.MISSING_INTERNAL else CaseKind.RECONCILIATION,
            key=key,
            reference=item.reference,
            amount=item.difference or item.external_amount,
            details={"source": run.source, "day": run.day.isoformat(), "status": item.status.value,
                     "item": item.key, "subject": item.subject},
        )  # fmt: skip
    gone = MoneyCase.objects.filter(
        state=CaseState.OPEN, details__source=run.source, details__day=run.day.isoformat(),
        key__startswith="recon:",
    ).exclude(key__in=wanted)  # fmt: skip
    for case in gone:
        cases.resolve_case(case=case, resolution="khớp ở lần đối soát sau", by=SYSTEM)


def _file_missing(source: str, day: date) -> str:
    key = f"recon:{source}:{day}:file_missing"
    if not MoneyCase.objects.filter(key=key).exists():
        cases.open_case(
            kind=CaseKind.FILE_MISSING,
            key=key,
            details={"source": source, "day": day.isoformat()},
        )
    return key


def alert_missing_files(day: date) -> list[str]:
    """Say loudly which files of a day have not come; return their sources. Each is a case until it comes."""
    late = [source for source in selectors.providers_with_files() if not selectors.has_file(source, day)]
    if not selectors.statement_covers(day):
        late.append(Source.BANK)
    with transaction.atomic():
        for source in late:
            _file_missing(source, day)
            logger.error("ALERT no file of %s for %s", source, day)
    return late

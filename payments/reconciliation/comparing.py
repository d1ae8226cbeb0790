"""Comparing one day of a provider's file with our books: a pure function, the same input gives the same items."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from payments.gateways.base import LineKind
from payments.reconciliation.enums import ItemStatus
from voltgo.core.money import Dong, share

# Further apart than this and an equal amount suggests nothing.
WINDOW = timedelta(days=2)
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class External:
    """One line of the provider's files; `file_day` is the day whose file brought it."""

    line_id: int
    kind: LineKind
    provider_ref: str
    merchant_ref: str
    occurrence: int
    amount: Dong
    fee: Dong
    day: date
    file_day: date

    @property
    def name(self) -> tuple[str, str]:
        number = numbered(self.kind, self.provider_ref, self.amount)
        return self.kind.value, number or f"~{self.merchant_ref}:{self.amount}"


def numbered(kind: LineKind, ref: str, amount: Dong) -> str:
    """Return the number that tells a movement: a dispute takes money and, when won, gives it back under one number."""
    return f"{ref}+" if ref and kind is LineKind.CHARGEBACK and amount > 0 else ref


class Standing(StrEnum):
    """Whether money of ours has moved, in our books."""

    DONE = "done"
    # A refund that the provider has not confirmed yet.
    UNDER_WAY = "under_way"
    # We believe that nothing moved.
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Internal:
    """One movement of money in our books that the provider should show; `amount` is signed as theirs."""

    subject: str
    kind: LineKind
    # Every number by which a line may name it, the provider's first; the last resort is the payment it is of.
    provider_refs: tuple[str, ...]
    merchant_refs: tuple[str, ...]
    amount: Dong
    day: date
    reference: str = ""
    standing: Standing = Standing.DONE
    payment_ref: str = ""


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the provider may keep of one payment."""

    basis_points: int
    fixed_amount: Dong = 0

    def fee_of(self, amount: Dong) -> Dong:
        return share(amount, self.basis_points) + self.fixed_amount


@dataclass(frozen=True, slots=True)
class Item:
    """How one movement stands."""

    key: str
    status: ItemStatus
    external_amount: Dong
    internal_amount: Dong
    day: date
    line_id: int | None = None
    subject: str = ""
    reference: str = ""
    suggestion: str = ""
    # What a repair needs; not part of the item's identity.
    line: External | None = field(default=None, compare=False)
    internal: Internal | None = field(default=None, compare=False)

    @property
    def difference(self) -> Dong:
        return self.external_amount - self.internal_amount


def compare(
    *,
    day: date,
    lines: Sequence[External],
    internals: Sequence[Internal],
    fees: FeeTerms | None = None,
) -> list[Item]:
    """Return one item for each line of the day's file and each movement of the day, in a stable order.

    `lines` are those of the day's file and those of other days that name one of the movements; `internals`
    are the movements of the day and those that a line names. Exact numbers alone match; an equal amount
    nearby is told as a suggestion.
    """
    return _Comparison(day, lines, internals, fees).items()


class _Comparison:
    def __init__(
        self, day: date, lines: Sequence[External], internals: Sequence[Internal], fees: FeeTerms | None
    ) -> None:
        self.day = day
        self.fees = fees
        self.lines = sorted(newest(lines), key=lambda line: (line.file_day, line.name, line.occurrence))
        self.internals = sorted(internals, key=lambda row: row.subject)
        self.taken: dict[str, External] = {}
        self.by_provider_ref: dict[tuple[str, str], Internal] = {}
        self.by_merchant_ref: dict[tuple[str, str], list[Internal]] = defaultdict(list)
        self.by_payment: dict[tuple[str, str], list[Internal]] = defaultdict(list)
        for row in self.internals:
            for ref in filter(None, row.provider_refs):
                self.by_provider_ref.setdefault((row.kind.value, numbered(row.kind, ref, row.amount)), row)
            for ref in filter(None, row.merchant_refs):
                self.by_merchant_ref[row.kind.value, ref].append(row)
            if row.payment_ref:
                self.by_payment[row.kind.value, row.payment_ref].append(row)

    def items(self) -> list[Item]:
        found: list[Item] = []
        for line in self.lines:
            item = self._of_line(line)
            if line.file_day == self.day:
                found.append(item)
        found += [own for row in self.internals if (own := self._of_internal(row)) is not None]
        return _named_apart(self._with_suggestions(found))

    # --- A line of theirs -------------------------------------------------------------------------
    def _of_line(self, line: External) -> Item:
        if line.kind is LineKind.FEE:
            # Their own costs: taken as they say, and posted with the payout.
            return self._item(line, None, ItemStatus.MATCHED, internal=line.amount, subject="fee")
        if line.kind is LineKind.PAYOUT:
            # Their transfer to us is compared with the bank's line, not with payments.
            return self._item(line, None, ItemStatus.MATCHED, external=0, subject="payout")
        if line.occurrence > 1 and line.provider_ref:
            return self._item(line, self._match(line, again=True), ItemStatus.DUPLICATE_EXTERNAL, internal=0)
        row = self._match(line)
        if row is None:
            return self._item(line, None, _unmatched(line), internal=0)
        if row.subject in self.taken:
            return self._item(line, row, ItemStatus.DUPLICATE_EXTERNAL, internal=0)
        self.taken[row.subject] = line
        return self._of_pair(line, row)

    def _of_pair(self, line: External, row: Internal) -> Item:
        if row.standing is Standing.UNDER_WAY:
            return self._item(line, row, ItemStatus.REFUND_PENDING, internal=0)
        if row.standing is Standing.NOT_DONE:
            return self._item(line, row, ItemStatus.STATUS_MISMATCH, internal=0)
        if row.amount != line.amount:
            inside = row.amount if row.day == self.day else 0
            return self._item(line, row, ItemStatus.AMOUNT_MISMATCH, internal=inside)
        if row.day != line.file_day:
            # Each side counts on its own day: what this day has too much, the other has too little.
            return self._item(line, row, ItemStatus.MATCHED_LATE, internal=0)
        if self._fee_differs(line):
            return self._item(line, row, ItemStatus.FEE_MISMATCH, internal=row.amount)
        return self._item(line, row, ItemStatus.MATCHED, internal=row.amount)

    def _match(self, line: External, *, again: bool = False) -> Internal | None:
        """Find what a line names: by their number, then by ours, then by the payment and the exact amount."""
        kind = line.kind.value
        found = self.by_provider_ref.get(line.name) if line.provider_ref else None
        if found is not None:
            return found
        named = self.by_merchant_ref.get((kind, line.merchant_ref), []) if line.merchant_ref else []
        named = [row for row in named if again or row.subject not in self.taken] or named
        if named:
            return next((row for row in named if row.amount == line.amount), named[0])
        of_payment = self.by_payment.get((kind, line.merchant_ref), []) if line.merchant_ref else []
        open_ones = [row for row in of_payment if row.subject not in self.taken]
        return next((row for row in open_ones if row.amount == line.amount), None)

    def _fee_differs(self, line: External) -> bool:
        if self.fees is None or line.kind is not LineKind.PAYMENT:
            return False
        return line.fee != self.fees.fee_of(line.amount)

    # --- A movement of ours -----------------------------------------------------------------------
    def _of_internal(self, row: Internal) -> Item | None:
        if row.day != self.day:
            return None
        line = self.taken.get(row.subject)
        if line is not None and line.file_day == self.day:
            return None
        if line is not None:
            late = ItemStatus.MATCHED_LATE if row.amount == line.amount else ItemStatus.AMOUNT_MISMATCH
            if row.standing is not Standing.DONE:
                return None
            return Item(
                f"own:{row.subject}", late, 0, row.amount, row.day, line.line_id, row.subject, row.reference,
                line=line, internal=row,
            )  # fmt: skip
        if row.standing is Standing.NOT_DONE:
            return None
        if row.standing is Standing.UNDER_WAY:
            status, amount = ItemStatus.REFUND_PENDING, 0
        else:
            amount = row.amount
            is_refund = row.kind is LineKind.REFUND
            status = ItemStatus.REFUND_MISSING if is_refund else ItemStatus.MISSING_EXTERNAL
        return Item(
            f"own:{row.subject}", status, 0, amount, row.day, None, row.subject, row.reference, internal=row
        )

    def _item(
        self,
        line: External,
        row: Internal | None,
        status: ItemStatus,
        *,
        internal: Dong = 0,
        external: Dong | None = None,
        subject: str = "",
    ) -> Item:
        number = numbered(line.kind, line.provider_ref, line.amount)
        return Item(
            key=f"{line.kind.value}:{number or '~' + line.merchant_ref}:{line.occurrence}",
            status=status,
            external_amount=line.amount if external is None else external,
            internal_amount=internal,
            day=line.day,
            line_id=line.line_id,
            subject=row.subject if row else subject,
            reference=row.reference if row else "",
            line=line,
            internal=row,
        )

    # --- Hints for people -------------------------------------------------------------------------
    def _with_suggestions(self, items: list[Item]) -> list[Item]:
        """Tell of an equal amount nearby that nothing else names. Nothing is ever posted from it."""
        alone = [
            item for item in items if item.status in (ItemStatus.MISSING_EXTERNAL, ItemStatus.REFUND_MISSING)
        ]
        unknown = (ItemStatus.MISSING_INTERNAL, ItemStatus.UNKNOWN_REF)
        told = []
        for item in items:
            near: Iterable[str] = ()
            if item.status in unknown:
                near = (
                    other.subject
                    for other in alone
                    if other.internal_amount == item.external_amount and abs(other.day - item.day) <= WINDOW
                )
            told.append(replace(item, suggestion=" ".join(list(near)[:SUGGESTIONS])))
        return told


def newest(lines: Iterable[External]) -> list[External]:
    """Of a line that a later file corrected, keep what was said last."""
    said: dict[object, External] = {}
    for line in sorted(lines, key=lambda each: each.line_id):
        name = (line.name, line.occurrence, line.file_day) if line.provider_ref else line.line_id
        said[name] = line
    return list(said.values())


def _unmatched(line: External) -> ItemStatus:
    if line.kind is LineKind.CHARGEBACK:
        return ItemStatus.CHARGEBACK
    if line.kind is LineKind.PAYMENT:
        return ItemStatus.MISSING_INTERNAL
    return ItemStatus.UNKNOWN_REF


def _named_apart(items: list[Item]) -> list[Item]:
    """Number equal keys (lines without a number of their own), in a stable order."""
    seen: Counter[str] = Counter()
    named = []
    for item in sorted(items, key=lambda each: (each.key, each.external_amount, each.day, each.subject)):
        seen[item.key] += 1
        key = item.key if seen[item.key] == 1 else f"{item.key}#{seen[item.key]}"
        named.append(replace(item, key=key[-160:]))
    return named


def fingerprint(items: Sequence[Item]) -> str:
    """Name what a comparison found, whatever the numbers of its rows."""
    said = []
    for item in items:
        values = asdict(replace(item, line=None, internal=None, line_id=None))
        values["day"] = item.day.isoformat()
        said.append(values)
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()

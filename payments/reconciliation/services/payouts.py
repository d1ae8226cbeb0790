"""Transfers of providers to us: what their files of some days come to, less fees, in one amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from payments.gateways.base import LineKind
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.reconciliation import selectors
from payments.reconciliation.comparing import External, newest
from payments.reconciliation.errors import PayoutDiffers
from payments.reconciliation.models import BankLine, ProviderPayout, StatementLine
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.money import Dong

# How a provider is called in the name of the sender or in the memo of its transfers.
NAMES: dict[str, tuple[str, ...]] = {
    "vnpay": ("VNPAY", "VN PAY"),
    "momo": ("MOMO", "M_SERVICE", "M SERVICE", "DI DONG TRUC TUYEN"),
    "stripe": ("STRIPE",),
}
# So many days in a row are paid in one transfer at most: the long holidays of Tet.
LONGEST_BATCH = 12


@dataclass(frozen=True, slots=True)
class DaySum:
    """What the file of one day comes to."""

    day: date
    gross: Dong
    fees: Dong

    @property
    def net(self) -> Dong:
        return self.gross - self.fees


@dataclass(frozen=True, slots=True)
class Batch:
    """Days in a row that a provider pays together."""

    source: str
    days: tuple[DaySum, ...]

    @property
    def net(self) -> Dong:
        return sum(day.net for day in self.days)


def named_provider(line: BankLine) -> str:
    """Return the provider that a line names as its sender; "" if none or several."""
    said = f"{line.party_name} {line.memo}".upper()
    named = [source for source, names in NAMES.items() if any(name in said for name in names)]
    return named[0] if len(named) == 1 else ""


def day_sums(source: str, days: Sequence[date]) -> list[DaySum]:
    """Return what the files of some days come to, oldest first."""
    rows = StatementLine.objects.filter(source=source, file__day__in=days).values_list(
        "pk",
        "kind",
        "provider_ref",
        "merchant_ref",
        "occurrence",
        "amount",
        "fee",
        "occurred_at",
        "file__day",
    )
    lines = newest(
        External(pk, LineKind(kind), theirs, ours, nth, amount, fee, clock.local(at).date(), day)
        for pk, kind, theirs, ours, nth, amount, fee, at, day in rows
    )
    sums = dict.fromkeys(sorted(days), (0, 0))
    for line in lines:
        gross, fees = sums[line.file_day]
        match line.kind:
            case LineKind.FEE:
                sums[line.file_day] = gross, fees + line.fee - line.amount
            case LineKind.PAYOUT:
                sums[line.file_day] = gross, fees + line.fee
            case _:
                sums[line.file_day] = gross + line.amount, fees + line.fee
    return [DaySum(day, gross, fees) for day, (gross, fees) in sums.items()]


def find_batch(source: str, line: BankLine) -> Batch | None:
    """Return the days in a row, not yet paid out, that come to exactly the line; None if none or unclear.

    Nobody pays a day out before it is over.
    """
    until = clock.local(line.booked_at).date() - timedelta(days=1)
    sums = day_sums(source, selectors.unpaid_days(source, until))
    found: dict[tuple[DaySum, ...], Batch] = {}
    for start in range(len(sums)):
        for end in range(start + 1, min(start + LONGEST_BATCH, len(sums)) + 1):
            days = tuple(sums[start:end])
            if sum(day.net for day in days) == line.amount:
                # Days on which nothing moved make no difference.
                moving = tuple(day for day in days if day.gross or day.fees)
                found.setdefault(moving, Batch(source, days))
    return next(iter(found.values())) if len(found) == 1 else None


def batch_of(source: str, first: date, last: date) -> Batch:
    """Return the days that a person names, all of those with a file."""
    days = [day for day in selectors.unpaid_days(source, last) if first <= day]
    return Batch(source, tuple(day_sums(source, days)))


def book_payout(*, line: BankLine, batch: Batch | None, by: Actor) -> str:
    """Book a provider's transfer: what it had for us leaves its account, its fees are our cost.

    Raises:
        PayoutDiffers: the days do not come to the line.
    """
    if batch is None or not batch.days or batch.net != line.amount:
        raise PayoutDiffers(net=batch.net if batch else 0, amount=line.amount)
    gross, fees = sum(day.gross for day in batch.days), sum(day.fees for day in batch.days)
    payout = ProviderPayout.objects.create(
        source=batch.source,
        first_day=batch.days[0].day,
        last_day=batch.days[-1].day,
        gross_amount=gross,
        fee_amount=fees,
        bank_line=line,
    )
    lines = [
        (chart.BANK, line.amount),
        (chart.PSP_FEES, fees),
        (chart.psp_clearing(batch.source), -gross),
    ]
    ledger.post(
        kind=EntryKind.PAYOUT,
        key=f"payout:{batch.source}:{payout.first_day}:{payout.last_day}",
        reference=f"payout:{payout.pk}",
        lines=[(account, amount) for account, amount in lines if amount],
        occurred_at=line.booked_at,
        by=by,
    )
    return f"payout:{payout.pk}"

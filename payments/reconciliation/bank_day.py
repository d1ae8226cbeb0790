"""One day of our bank account: every line of the statement, and what is booked there without one."""

from datetime import date

from payments.reconciliation import selectors
from payments.reconciliation.comparing import Item
from payments.reconciliation.enums import ItemStatus, LineState
from payments.reconciliation.models import BankLine
from voltgo.core import clock
from voltgo.core.money import Dong

_STATUS = {
    LineState.NEW: ItemStatus.MISSING_INTERNAL,
    LineState.BOOKED: ItemStatus.MATCHED,
    LineState.SUSPENSE: ItemStatus.UNKNOWN_REF,
    LineState.RETURNING: ItemStatus.UNKNOWN_REF,
    LineState.IGNORED: ItemStatus.IGNORED,
}


def bank_items(day: date) -> tuple[list[Item], Dong, Dong]:
    """Return the items of a day, the sum of the statement's lines, and what the ledger booked at the bank.

    Money in suspense is in the ledger, so it makes no difference; it still needs somebody to say whose it is.
    """
    start, end = clock.day_bounds(day)
    lines = BankLine.objects.filter(booked_at__gte=start, booked_at__lt=end).order_by("line_ref")
    items = [
        Item(
            key=f"bank:{line.line_ref}"[-160:],
            status=_status_of(line),
            external_amount=line.amount,
            internal_amount=0 if line.state == LineState.NEW else line.amount,
            day=day,
            subject=f"bankline:{line.pk}",
            reference=line.booked_as[:80],
        )
        for line in lines
    ]
    theirs = sum(item.external_amount for item in items)
    return items, theirs, selectors.booked_at_bank(day)


def _status_of(line: BankLine) -> ItemStatus:
    if line.state == LineState.SUSPENSE and line.note.startswith(selectors.PAYOUT_NOTE):
        return ItemStatus.BATCH_MISMATCH
    return _STATUS[LineState(line.state)]

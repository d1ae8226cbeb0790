"""Numbers without gaps: one counter per series and year, locked until the document stands."""

from payments.invoices.enums import Series
from payments.invoices.models import ReceiptCounter
from voltgo.core import locks


def next_number(series: Series, year: int) -> str:
    """Return the next number of a series, such as `PT-2026-000001`. Locks the series' counter.

    Must run in the transaction that writes what is numbered: if that fails, the number is free again.
    """
    ReceiptCounter.objects.get_or_create(series=series, year=year)
    counter = locks.lock(ReceiptCounter.objects.filter(series=series, year=year))[0]
    counter.last_number += 1
    counter.save(update_fields=["last_number"])
    return f"{series}-{year}-{counter.last_number:06d}"

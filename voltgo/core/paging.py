"""Going through more rows than should be read at once, so that no row keeps those behind it waiting."""

from collections.abc import Iterator
from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def in_pages(rows: models.QuerySet[Row], *, size: int) -> Iterator[Row]:
    """Yield every row once, by primary key, a page at a time.

    A row that stays what it is does not come again, and does not stand before the others: for jobs that leave some
    rows as they are. What is added meanwhile behind the last page read is seen too.
    """
    last = None
    while True:
        left = rows if last is None else rows.filter(pk__gt=last)
        page = list(left.order_by("pk")[:size])
        if not page:
            return
        last = page[-1].pk
        yield from page

"""A run on paper: as CSV for spreadsheets and as PDF for the file."""

import csv
import io
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from payments.reconciliation.enums import SETTLED_STATUSES, ItemStatus
from payments.reconciliation.models import ReconciliationItem, ReconciliationRun
from voltgo.core import clock, pdf
from voltgo.core.money import Dong

TEMPLATE = "pdf/reconciliation.html"
HEADINGS = (
    "day", "source", "run", "status", "key", "subject", "reference", "external_amount", "internal_amount",
    "difference", "suggestion",
)  # fmt: skip
# A page of differences is read; thousands of matches are not.
MOST_PRINTED = 500
# What spreadsheets take for a formula at the start of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class StatusSum:
    """The items of one status."""

    label: str
    count: int
    external: Dong
    internal: Dong

    @property
    def difference(self) -> Dong:
        return self.external - self.internal


def as_csv(run: ReconciliationRun) -> bytes:
    """Write every item of a run, with a byte order mark for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for item in run.items.order_by("key"):
        texts = (item.key, item.subject, item.reference)
        writer.writerow(
            (
                item.occurred_on.isoformat(), run.source, run.number, item.status, *map(_harmless, texts),
                item.external_amount, item.internal_amount, item.difference, _harmless(item.suggestion),
            )
        )  # fmt: skip
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def sums_by_status(run: ReconciliationRun) -> list[StatusSum]:
    """Return counts and amounts of each status, in the order of the statuses."""
    found: dict[str, StatusSum] = {}
    for status, external, internal in run.items.values_list("status", "external_amount", "internal_amount"):
        before = found.get(status) or StatusSum(str(ItemStatus(status).label), 0, 0, 0)
        found[status] = StatusSum(
            before.label, before.count + 1, before.external + external, before.internal + internal
        )
    return [found[status] for status in ItemStatus.values if status in found]


def as_pdf(run: ReconciliationRun) -> bytes:
    """Print a run: its sums, and every item that is not explained by itself. Equal runs give equal bytes."""
    open_items = (
        ReconciliationItem.objects.filter(run=run).exclude(status__in=SETTLED_STATUSES).order_by("key")
    )
    with translation.override("vi"):
        html = render_to_string(
            TEMPLATE,
            {
                "run": run,
                "source": run.get_source_display(),
                "started_at": clock.local(run.started_at),
                "sums": sums_by_status(run),
                "items": open_items[:MOST_PRINTED],
                "more": max(open_items.count() - MOST_PRINTED, 0),
            },
        )
    name = f"reconciliation:{run.source}:{run.day}:{run.number}"
    return pdf.render(html, identifier=name, created_at=run.started_at).content

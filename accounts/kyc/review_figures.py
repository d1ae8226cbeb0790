"""How long papers wait and what checking them costs: by kind, by reviewer and day, by paid reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.kyc.enums import DocumentKind
from voltgo.core import clock

SPANS = (7, 30, 90)
DEFAULT_DAYS = 7
MICROUSD = 1_000_000


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of paper. Times in seconds; shares of what was decided, 0 to 1."""

    kind: str
    decided: int
    automatic: int
    approved: int
    retaken: int
    waiting: int
    first_look_median: float | None
    first_look_p95: float | None
    review_median: float | None
    seconds_read: float | None
    cost_microusd: int

    @property
    def label(self) -> str:
        return str(DocumentKind(self.kind).label) if self.kind else _("tất cả")

    @property
    def automatic_percent(self) -> float | None:
        return 100 * self.automatic / self.decided if self.decided else None

    @property
    def retaken_percent(self) -> float | None:
        return 100 * self.retaken / self.decided if self.decided else None

    @property
    def cost_usd(self) -> float:
        return self.cost_microusd / MICROUSD


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """One reviewer's day."""

    day: date
    name: str
    decided: int
    rejected: int
    second_looks: int
    median: float | None
    places: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page shows, for the days from `since` until now."""

    days: int
    since: date
    total: KindFigures
    kinds: Sequence[KindFigures]
    reviewers: Sequence[ReviewerFigures]


# Retaken: sent back for a photograph, by the machine or a person; the person need only take it again.
BY_KIND = """
WITH papers AS (
    SELECT d.id, d.kind, d.state, d.uploaded_at, d.is_automatic, d.bad_sides, d.reviewed_at, d.rejection_code
    FROM accounts_identitydocument d
    WHERE d.uploaded_at >= %(since)s
), looks AS (
    SELECT r.document_id, min(r.taken_at) AS first_at
    FROM accounts_documentreview r JOIN papers p ON p.id = r.document_id
    GROUP BY r.document_id
), turns AS (
    SELECT p.kind, extract(epoch FROM r.decided_at - r.taken_at) AS seconds
    FROM accounts_documentreview r JOIN papers p ON p.id = r.document_id
    WHERE r.decided_at IS NOT NULL AND r.outcome <> 'let_go'
), turn_times AS (
    SELECT coalesce(kind, '') AS kind, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median
    FROM turns GROUP BY ROLLUP (kind)
), readings AS (
    SELECT coalesce(p.kind, '') AS kind, sum(e.cost_microusd) AS cost,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY e.seconds) AS seconds
    FROM accounts_documentextraction e JOIN papers p ON p.id = e.document_id
    GROUP BY ROLLUP (p.kind)
), counted AS (
    SELECT coalesce(p.kind, '') AS kind,
        count(*) FILTER (WHERE p.reviewed_at IS NOT NULL OR p.rejection_code <> '' OR p.is_automatic) AS decided,
        count(*) FILTER (WHERE p.is_automatic) AS automatic,
        count(*) FILTER (WHERE p.state IN ('approved', 'expired', 'revoked')) AS approved,
        count(*) FILTER (WHERE p.bad_sides <> '{}'::jsonb) AS retaken,
        count(*) FILTER (WHERE p.state = 'needs_review') AS waiting,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM l.first_at - p.uploaded_at)) AS look_median,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM l.first_at - p.uploaded_at)) AS look_p95
    FROM papers p LEFT JOIN looks l ON l.document_id = p.id
    GROUP BY ROLLUP (p.kind)
)
SELECT c.kind, c.decided, c.automatic, c.approved, c.retaken, c.waiting, c.look_median, c.look_p95,
       t.median, r.seconds, coalesce(r.cost, 0)
FROM counted c LEFT JOIN turn_times t USING (kind) LEFT JOIN readings r USING (kind)
ORDER BY c.kind
"""

BY_REVIEWER = """
SELECT (r.decided_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, u.full_name,
       count(*) AS decided,
       count(*) FILTER (WHERE r.outcome = 'rejected') AS rejected,
       count(*) FILTER (WHERE r.outcome = 'second_look') AS second_looks,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.decided_at - r.taken_at)) AS median,
       string_agg(DISTINCT r.place, ',') AS places
FROM accounts_documentreview r JOIN accounts_user u ON u.id = r.reviewer_id
WHERE r.decided_at >= %(since)s AND r.outcome <> 'let_go'
GROUP BY day, u.id, u.full_name
ORDER BY day DESC, decided DESC, u.full_name
LIMIT 200
"""


def days_of(typed: str) -> int:
    """Return the span that was asked for, else the usual one."""
    return int(typed) if typed.isdecimal() and int(typed) in SPANS else DEFAULT_DAYS


def review_figures(*, days: int = DEFAULT_DAYS) -> Figures:
    """Work out the figures of the last days from the tables, in two queries."""
    first_day = clock.today() - timedelta(days=days - 1)
    since, _end = clock.day_bounds(first_day)
    kinds = [KindFigures(*row) for row in _rows(BY_KIND, since=since)]
    nothing = KindFigures("", 0, 0, 0, 0, 0, None, None, None, None, 0)
    return Figures(
        days=days,
        since=first_day,
        total=next((each for each in kinds if not each.kind), nothing),
        kinds=[each for each in kinds if each.kind],
        reviewers=[ReviewerFigures(*row) for row in _rows(BY_REVIEWER, since=since)],
    )


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

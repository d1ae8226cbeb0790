"""Cursors for the few statements that run all the time: planned once per connection, not once per call.

Django binds values on the client, so PostgreSQL plans every statement anew; for a search that is a third of
its cost. Statements that run here are prepared at their first use on a connection and keep their plan.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


class PreparingCursor(psycopg.Cursor[Any]):
    """A cursor that binds on the server and prepares whatever it executes."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "PreparingCursor":
        super().execute(query, params, prepare=True, **options)
        return self

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # Django's log of queries reads it here; psycopg forgets it for a statement that is prepared already.
        self._query = super()._convert_query(query, params)
        return self._query


def preparing_connection() -> psycopg.Connection[Any]:
    """Return Django's own connection, open, with preparing switched on.

    Django switches it off on every connection, and then psycopg quietly ignores `prepare=True`. Statements of
    query sets stay unprepared: their cursor binds on the client.
    """
    connection.ensure_connection()
    own: psycopg.Connection[Any] = connection.connection
    if own.prepare_threshold is None:
        own.prepare_threshold = 0
    return own


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """Yield a cursor on Django's own connection, in its transaction, counted and logged like any other."""
    raw = PreparingCursor(preparing_connection())
    wrap: Any = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(raw) as cursor:
        yield cursor


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement of ours that returns rows, prepared."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

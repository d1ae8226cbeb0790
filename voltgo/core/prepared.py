"""Cursors for the few statements that run all the time: planned once per connection, not once per call.

Django binds values on the client, so PostgreSQL plans every statement anew; for a search that is a third of
its cost. Statements that run here are prepared at their first use on a connection and keep their plan.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection
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
    connection.close_if_health_check_failed()
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
    """Run a statement of ours that returns rows, prepared.

    If it is a request's first question and only reads, it serves as the check that the kept connection is
    sound, which would cost Django a `SELECT 1`: where it is not, the question is asked again on a new one.
    """
    if not _proves_health(statement):
        return _rows_of(statement, values)
    connection.health_check_done = True
    try:
        return _rows_of(statement, values)
    except (OperationalError, InterfaceError):
        if connection.is_usable():
            raise
        connection.close()
        return _rows_of(statement, values)


def _proves_health(statement: str) -> bool:
    is_due = connection.connection is not None and connection.health_check_enabled
    return (
        is_due
        and not connection.health_check_done
        and not connection.in_atomic_block
        and statement.lstrip().startswith("SELECT")
    )


def _rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

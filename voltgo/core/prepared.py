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


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """Yield a cursor on Django's own connection, in its transaction, counted and logged like any other."""
    connection.ensure_connection()
    raw = PreparingCursor(connection.connection)
    wrap: Any = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(raw) as cursor:
        yield cursor


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement of ours that returns rows, prepared."""
    with prepared_cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

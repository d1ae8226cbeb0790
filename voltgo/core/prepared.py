"""Cursors for the few statements that run all the time: planned once per connection, not once per call.

Django binds values on the client, so PostgreSQL plans every statement anew; for a search that is a third of
its cost. Statements that run here are prepared at their first use on a connection and keep their plan.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
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
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs lag behind
    try:
        return _rows_of(statement, values)
    except (OperationalError, InterfaceError):
        if connection.is_usable():
            raise
        connection.close()
        return _rows_of(statement, values)


def _proves_health(statement: str) -> bool:
    own: Any = connection
    return (
        own.connection is not None
        and own.health_check_enabled
        and not own.health_check_done
        and not own.in_atomic_block
        and statement.lstrip().startswith("SELECT")
    )


def _rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return run_numbered(numbered(statement), [values[name] for name in names_in(statement)])


NAMED = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=256)
def names_in(statement: str) -> tuple[str, ...]:
    """Return the names of a statement's values, each once, in the order in which `numbered` counts them."""
    return tuple(dict.fromkeys(NAMED.findall(statement)))


@lru_cache(maxsize=256)
def numbered(statement: str) -> str:
    """Return the statement with PostgreSQL's own placeholders: $1, $2 and so on."""
    names = names_in(statement)
    return NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", statement).replace("%%", "%")


def run_numbered(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement whose placeholders are $1, $2, …: nobody need look for them anew each time.

    Where queries are logged, the log wants to write the values in; then psycopg's own placeholders serve.
    """
    if connection.queries_logged:
        with prepared_cursor() as cursor:
            cursor.execute(
                _as_named(statement), {f"v{number}": value for number, value in enumerate(values, 1)}
            )
            return cursor.fetchall() if cursor.description else []
    own = preparing_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.RawCursor(own) as cursor:
        cursor.execute(statement, values, prepare=True)
        return cursor.fetchall() if cursor.description else []


@lru_cache(maxsize=256)
def _as_named(statement: str) -> str:
    return re.sub(r"\$(\d+)", r"%(v\1)s", statement.replace("%", "%%"))

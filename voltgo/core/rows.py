"""Writing new rows of several tables in one statement: one round trip, one plan, all of them or none.

`save()` costs a round trip a row. Where a request writes six rows that belong together, this writes them as
one statement of several inserts, with the values that `save()` would have written. Foreign keys are judged at
the end of the transaction, so the order of the rows does not matter.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count as count_from
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from voltgo.core.prepared import prepared_cursor, preparing_connection


def next_key(model: type[models.Model]) -> str:
    """Return the SQL that draws a key for a new row, for rows whose key others must know beforehand."""
    return f"nextval('{model._meta.db_table}_{model._meta.pk.column}_seq')"


def insert_together(rows: Sequence[models.Model]) -> None:
    """Insert new rows as one prepared statement. A row without a key gets one, which is not read back.

    Sends no model signals. Raises what the tables' constraints raise.
    """
    groups: dict[tuple[type[models.Model], bool], list[models.Model]] = {}
    for row in rows:
        groups.setdefault((type(row), row.pk is not None), []).append(row)
    shape = tuple((model, has_key, len(members)) for (model, has_key), members in groups.items())
    values = [
        value
        for (model, has_key), members in groups.items()
        for row in members
        for value in _values_of(row, _fields_of(model, has_key))
    ]
    _execute(_statement(shape), values)
    for row in rows:
        row._state.adding = False  # noqa: SLF001 (as `save()` does)
        row._state.db = connection.alias  # noqa: SLF001


def _execute(statement: str, values: list[Any]) -> None:
    """Run a statement whose placeholders are $1, $2, …: psycopg need not look for them anew each time.

    Where queries are logged, the log wants to write the values in; then psycopg's own placeholders serve.
    """
    if connection.queries_logged:
        with prepared_cursor() as cursor:
            cursor.execute(_as_placeholders(statement, len(values)), values)
        return
    with connection.wrap_database_errors, psycopg.RawCursor(preparing_connection()) as raw:
        raw.execute(statement, values, prepare=True)


@lru_cache(maxsize=64)
def _as_placeholders(statement: str, count: int) -> str:
    return re.sub(r"\$\d+", "%s", statement) if count else statement


def _values_of(row: models.Model, fields: Iterable[Any]) -> list[Any]:
    """Return a row's values as `save()` would send them; sets what is filled in at saving."""
    # The connection itself: `connection` is a proxy that looks it up at each of some two hundred accesses.
    own = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(field.pre_save(row, add=True), own) for field in fields]


@lru_cache(maxsize=64)
def _fields_of(model: type[models.Model], has_key: bool) -> tuple[Any, ...]:  # noqa: FBT001 (a cache key)
    fields = model._meta.local_concrete_fields
    return tuple(field for field in fields if has_key or not field.primary_key)


@lru_cache(maxsize=64)
def _statement(shape: tuple[tuple[type[models.Model], bool, int], ...]) -> str:
    numbers = count_from(1)
    inserts = [_insert(model, has_key, count, numbers) for model, has_key, count in shape]
    parts = [f"part_{number} AS ({insert})" for number, insert in enumerate(inserts[:-1])]
    return f"WITH {', '.join(parts)} {inserts[-1]}" if parts else inserts[-1]


def _insert(model: type[models.Model], has_key: bool, rows: int, numbers: Iterator[int]) -> str:  # noqa: FBT001
    fields = _fields_of(model, has_key)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = [f"({', '.join(f'${next(numbers)}' for _ in fields)})" for _ in range(rows)]
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {", ".join(places)}'  # noqa: S608 (names of ours)

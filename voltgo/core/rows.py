"""Writing new rows of several tables in one statement: one round trip, one plan, all of them or none.

`save()` costs a round trip a row. Where a request writes six rows that belong together, this writes them as
one statement of several inserts, with the values that `save()` would have written. Foreign keys are judged at
the end of the transaction, so the order of the rows does not matter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count as count_from
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from voltgo.core.prepared import names_in, numbered, run_numbered


def next_key(model: type[models.Model]) -> str:
    """Return the SQL that draws a key for a new row, for rows whose key others must know beforehand."""
    return f"nextval('{model._meta.db_table}_{model._meta.pk.column}_seq')"


def insert_together(rows: Sequence[models.Model]) -> None:
    """Insert new rows as one prepared statement. A row without a key gets one, which is not read back.

    Sends no model signals. Raises what the tables' constraints raise.
    """
    run_numbered(_statement(_shape_of(rows)), _values_of_all(rows))
    _mark_written(rows)


def insert_after(
    first: str, values: Mapping[str, Any], rows: Sequence[models.Model]
) -> tuple[Any, ...] | None:
    """Run a statement that returns one row or none, and insert new rows with it, if it returned one.

    One prepared statement, as `insert_together` sends it; returns the row that `first` returned. `first`
    takes its values by name.
    """
    statement = _statement_after(first, _shape_of(rows))
    found = run_numbered(statement, [*(values[name] for name in names_in(first)), *_values_of_all(rows)])
    if not found:
        return None
    _mark_written(rows)
    return found[0]


Shape = tuple[tuple[type[models.Model], bool, int], ...]


def _shape_of(rows: Sequence[models.Model]) -> Shape:
    return tuple((model, has_key, len(members)) for (model, has_key), members in _groups_of(rows).items())


def _groups_of(rows: Sequence[models.Model]) -> dict[tuple[type[models.Model], bool], list[models.Model]]:
    groups: dict[tuple[type[models.Model], bool], list[models.Model]] = {}
    for row in rows:
        groups.setdefault((type(row), row.pk is not None), []).append(row)
    return groups


def _values_of_all(rows: Sequence[models.Model]) -> list[Any]:
    return [
        value
        for (model, has_key), members in _groups_of(rows).items()
        for row in members
        for value in _values_of(row, _fields_of(model, has_key))
    ]


def _mark_written(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding = False  # noqa: SLF001 (as `save()` does)
        row._state.db = connection.alias  # noqa: SLF001


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
def _statement(shape: Shape) -> str:
    numbers = count_from(1)
    inserts = [_insert(model, has_key, count, numbers) for model, has_key, count in shape]
    parts = [f"part_{number} AS ({insert})" for number, insert in enumerate(inserts[:-1])]
    return f"WITH {', '.join(parts)} {inserts[-1]}" if parts else inserts[-1]


@lru_cache(maxsize=64)
def _statement_after(first: str, shape: Shape) -> str:
    """Write each row by an insert of its own, which selects from the first statement's row.

    Not several rows at once: only a plain list of parameters takes its types from the table's columns.
    """
    numbers = count_from(len(names_in(first)) + 1)
    parts = [f"first AS ({numbered(first)})"]
    inserts = [
        _insert_after(model, has_key, numbers) for model, has_key, count in shape for _ in range(count)
    ]
    parts += [f"part_{number} AS ({insert})" for number, insert in enumerate(inserts)]
    return f"WITH {', '.join(parts)} SELECT * FROM first"  # noqa: S608 (names of ours)


def _insert(model: type[models.Model], has_key: bool, rows: int, numbers: Iterator[int]) -> str:  # noqa: FBT001
    fields = _fields_of(model, has_key)
    places = [f"({_places(fields, numbers)})" for _ in range(rows)]
    return f"{_into(model, fields)} VALUES {', '.join(places)}"


def _insert_after(model: type[models.Model], has_key: bool, numbers: Iterator[int]) -> str:  # noqa: FBT001
    fields = _fields_of(model, has_key)
    return f"{_into(model, fields)} SELECT {_places(fields, numbers)} FROM first"  # noqa: S608 (names of ours)


def _into(model: type[models.Model], fields: tuple[Any, ...]) -> str:
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns})'


def _places(fields: tuple[Any, ...], numbers: Iterator[int]) -> str:
    return ", ".join(f"${next(numbers)}" for _ in fields)

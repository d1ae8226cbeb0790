"""Writing many rows at once: COPY, with the columns that a caller leaves out filled from the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED

from voltgo.core import clock


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Take `count` primary keys from the model's sequence, so that rows can refer to each other before COPY."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, model._meta.pk.column, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows by COPY and return how many; `columns` are attribute names such as `renter_id`.

    Columns that are not named take the model's default, once for all rows; a generated key, and what the
    database fills in itself, stay out. Constraints and triggers hold as for any other insert.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    unknown = set(columns) - fields.keys()
    if unknown:
        raise LookupError(f"{model.__name__} has no {sorted(unknown)}")
    rest = [field for name, field in fields.items() if name not in columns and not _fills_itself(field)]
    constants = tuple(_default(field) for field in rest)
    used = [fields[name] for name in columns] + rest
    quoted = ", ".join(connection.ops.quote_name(str(field.column)) for field in used)
    table = connection.ops.quote_name(model._meta.db_table)
    written = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*row, *constants))
            written += 1
    return written


def _fills_itself(field: models.Field[Any, Any]) -> bool:
    """Say whether the database gives the column its value: a generated key or a default of its own."""
    return isinstance(field, models.AutoField) or field.db_default is not NOT_PROVIDED


def _default(field: models.Field[Any, Any]) -> Any:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return clock.now()
    if field.unique and field.has_default() and callable(field.default):
        raise LookupError(f"{field} needs a value of its own in every row")
    value = field.get_default()
    return json.dumps(value) if isinstance(field, models.JSONField) else value


def analyze(*models_: type[models.Model]) -> None:
    """Let the planner know what was copied; it would plan for empty tables otherwise."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models_)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def as_json(value: Any) -> str:
    """Return a JSON text as COPY takes it for a jsonb column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

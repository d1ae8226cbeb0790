"""Row locks in one place.

Order everywhere: booking, rental, contract, payment, vehicle, ledger accounts;
inside one table by primary key.
"""

from typing import TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def lock(rows: models.QuerySet[Row]) -> list[Row]:
    """Lock rows in primary-key order until the transaction ends and return them fresh."""
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))


def lock_row(row: Row) -> Row:
    """Lock one row until the transaction ends and return it fresh.

    FOR NO KEY UPDATE: rows that merely refer to this one do not wait for it.
    """
    # Not type(row): the user of a request is wrapped in a lazy object.
    manager = row.__class__._base_manager
    return manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)


def try_session_lock(space: int, number: int) -> bool:
    """Take an advisory lock that lives until released or until the connection dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, number])
        return bool(cursor.fetchone()[0])


def release_session_lock(space: int, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, number])

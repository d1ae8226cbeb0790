"""Row locks in one place.

Order everywhere: renter, booking, rental, contract, payment, the station whose bay is taken, vehicle, ledger
accounts; inside one table by primary key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection, models
from psycopg.errors import DeadlockDetected, LockNotAvailable

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


@contextmanager
def waiting_at_most(milliseconds: int) -> Iterator[None]:
    """Give up waiting for locks after a time, inside a savepoint of the caller's; see `is_lost_wait`.

    Below PostgreSQL's `deadlock_timeout` (one second) whoever uses this gives way before anybody is shot.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])
        yield
        # Not in a finally: after an error the rollback to the savepoint restores it.
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])


def is_lost_wait(error: OperationalError) -> bool:
    """Say whether a statement failed because a lock was not to be had: roll back and try again, or give up."""
    return isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected))


def try_session_lock(space: int, number: int) -> bool:
    """Take an advisory lock that lives until released or until the connection dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, number])
        return bool(cursor.fetchone()[0])


def release_session_lock(space: int, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, number])

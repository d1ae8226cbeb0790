"""Runs one function in many threads that start at the same moment, each with its own connection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def race(count: int, attempt: Callable[[int], Result]) -> list[Result | Exception]:
    """Call `attempt(0..count-1)` at once; return each result, or the exception that it raised."""
    barrier = Barrier(count)

    def run(number: int) -> Result | Exception:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return attempt(number)
        except Exception as error:  # noqa: BLE001 (the loser of a race is a result)
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))

"""Is what VoltGo stands on reachable? Short questions with short timeouts, for probes and the doctor."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.db import connection

CONNECT_SECONDS = 2
ANSWER_SECONDS = 2


def database() -> str:
    """Ask PostgreSQL for its version over a fresh connection: an old one can hang for minutes.

    Raises:
        psycopg.Error: it is not reachable or does not answer in time.
    """
    options = connection.get_connection_params()
    for name in ("context", "cursor_factory", "connect_timeout", "options"):
        options.pop(name, None)
    with psycopg.connect(
        **options,
        connect_timeout=CONNECT_SECONDS,
        options=f"-c statement_timeout={ANSWER_SECONDS * 1000}",
        autocommit=True,
    ) as fresh:
        row = fresh.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else ""


def cache() -> str:
    """Ask Redis for its version.

    Raises:
        redis.RedisError: it is not reachable or does not answer in time.
    """
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
    ) as client:
        return str(client.info("server")["redis_version"])


NEEDED: dict[str, Callable[[], str]] = {"database": database, "redis": cache}


def failures() -> dict[str, str]:
    """Return what is down, by name, with the kind of error (its text may hold an address or a password)."""
    down: dict[str, str] = {}
    for name, ask in NEEDED.items():
        try:
            ask()
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the answer is "not ready")
            down[name] = type(error).__name__
    return down


def drain_flag() -> Path:
    """While this file exists the process asks for no new visitors: `touch` it before a shutdown."""
    return Path(settings.VAR_DIR) / "draining"


def is_draining() -> bool:
    return drain_flag().exists()

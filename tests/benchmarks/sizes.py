"""One database per size of fleet and history."""

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from tests.benchmarks.fleet import Size, build

PREFIX = "voltgo_search"
# The supply guard is on everywhere, so that what it costs is measured too.
RULES = """
INSERT INTO stations_supplyrule (station_id, kind, safe_threshold, walk_in_reserve)
SELECT s.id, k.kind, 3, 1 FROM stations_station s, (VALUES ('car'), ('scooter')) k (kind)
ON CONFLICT DO NOTHING
"""


def name_of(size: Size) -> str:
    return f"{PREFIX}_{size.vehicles}_{size.past}"


def use(size: Size, *, empty: str) -> None:
    """Connect to the database of a size; build it, from a copy of an empty one, if it is not there yet."""
    name = name_of(size)
    connection.close()
    if not _exists(name):
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{empty}" STRATEGY FILE_COPY')
        _connect(name)
        try:
            build(size)
        except BaseException:
            drop(size)
            raise
        with connection.cursor() as cursor:
            cursor.execute(RULES)
            cursor.execute("ANALYZE stations_supplyrule")
    _connect(name)


def drop(size: Size) -> None:
    connection.close()
    _on_server(f'DROP DATABASE IF EXISTS "{name_of(size)}" WITH (FORCE)')


def _connect(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _exists(name: str) -> bool:
    with psycopg.connect(_address(), autocommit=True) as server:
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return found is not None


def _on_server(statement: str) -> None:
    with psycopg.connect(_address(), autocommit=True) as server:
        server.execute(statement)


def _address() -> str:
    known = connection.settings_dict
    values = {name.lower(): str(known[name]) for name in ("HOST", "PORT", "USER", "PASSWORD") if known[name]}
    return make_conninfo(**values, dbname="postgres")

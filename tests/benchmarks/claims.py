"""What the exclusion constraint costs: the same inserts under each form of it, side by side in one run.

    DATABASE_URL=... python -m tests.benchmarks.claims

Prints microseconds per insert and the ratio to a table without the constraint. Needs only an empty
PostgreSQL database; its tables are temporary.
"""

import os
import statistics
import time

import psycopg

ROWS = 20_000
VEHICLES = 400
ROUNDS = 3

BOX = """
CREATE FUNCTION pg_temp.claim_box(vehicle bigint, period tstzrange) RETURNS box
    LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT box(
        point(vehicle::float8, extract(epoch FROM lower(period) - timestamptz '2000-01-01 00:00+00')::float8),
        point(vehicle::float8, extract(epoch FROM upper(period) - timestamptz '2000-01-01 00:00+00')::float8 - 0.001))
$$
"""
FORMS = {
    "no constraint": "",
    "int8range + tstzrange": "EXCLUDE USING gist (int8range(vehicle_id, vehicle_id, '[]') WITH &&, period WITH &&)",
    "box": "EXCLUDE USING gist (pg_temp.claim_box(vehicle_id, period) WITH &&)",
}
# Hour-long claims, one after the other on each vehicle: none is refused.
INSERT = """
INSERT INTO claim (vehicle_id, period)
SELECT n %% %(vehicles)s, tstzrange(start, start + interval '1 hour', '[)')
  FROM (SELECT n, timestamptz '2026-01-01 00:00+07' + (n / %(vehicles)s) * interval '1 hour' AS start
          FROM generate_series(0, %(rows)s - 1) AS n ORDER BY random()) AS claims
"""


def measure(connection: psycopg.Connection, constraint: str) -> float:
    """Return microseconds per inserted row."""
    connection.execute("DROP TABLE IF EXISTS claim")
    extra = f", {constraint}" if constraint else ""
    connection.execute(
        f"CREATE TEMP TABLE claim (id bigserial PRIMARY KEY, vehicle_id bigint, period tstzrange{extra})"
    )
    started = time.perf_counter()
    connection.execute(INSERT, {"vehicles": VEHICLES, "rows": ROWS})
    return (time.perf_counter() - started) / ROWS * 1e6


def main() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(BOX)
        found: dict[str, list[float]] = {name: [] for name in FORMS}
        for _ in range(ROUNDS):
            for name, constraint in FORMS.items():
                found[name].append(measure(connection, constraint))
    base = statistics.median(found["no constraint"])
    for name, times in found.items():
        median = statistics.median(times)
        print(f"{name:24} {median:7.1f} µs a row  x{median / base:.1f}")


if __name__ == "__main__":
    main()

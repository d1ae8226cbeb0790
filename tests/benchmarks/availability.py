"""Availability search against the bare SQL that won, side by side in one run.

    python -m tests.benchmarks.availability [--keep] [--rounds 400]

Builds a database of its own on the server of DATABASE_URL (`voltgo_benchmark`: 200 stations in ten
cities, 4,000 vehicles, 1,000,000 past allocations, about 11,000 live ones; two minutes), then asks the
same random questions in turn:

- bare: stations in a circle, free vehicles per model, nothing else: the fastest form that was found;
- selector: `stations_in_reach`, which adds condition, papers, turnaround and stale holds, and returns objects;
- page: `search`, which adds opening hours, closures, models, tariffs, VAT and each model's whole price.

Prints the medians, their ratios and the number of queries. It fails when the selector takes more than
1.25 times the bare SQL, when the page takes more than 3 queries, or when a plan reads the history.
`--keep` leaves the database for the next run. Trust the ratios, not the milliseconds.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
django.setup()

from django.db import connection  # noqa: E402 (after the setup)
from django.test.utils import CaptureQueriesContext  # noqa: E402

from rentals.bookings.selectors import availability  # noqa: E402
from rentals.bookings.selectors.availability import Place, stations_in_reach  # noqa: E402
from rentals.bookings.selectors.search import Criteria, search  # noqa: E402
from voltgo.core import clock  # noqa: E402
from voltgo.core.clock import Period  # noqa: E402

DATABASE = "voltgo_benchmark"
RATIO_ALLOWED = 1.25
QUERIES_ALLOWED = 3
STATIONS, VEHICLES, PAST_PER_VEHICLE = 200, 4_000, 250
CITIES = 10
RADIUS_KM = 5.0

BUILD = """
INSERT INTO stations_city (slug, name, name_en, latitude, longitude)
SELECT 'city-' || c, 'City ' || c, 'City ' || c, 9 + c, 105 + (c %% 3)
FROM generate_series(1, %(cities)s) c;

-- Twenty stations a city within some seven kilometres of its centre.
INSERT INTO stations_station (code, slug, city_id, name, address, latitude, longitude, phone, bays, is_active)
SELECT 'S-' || s, 'station-' || s, c.id, 'Station ' || s, 'Street ' || s,
       c.latitude + (random() - 0.5) * 0.1, c.longitude + (random() - 0.5) * 0.1, '', 30, true
FROM generate_series(1, %(stations)s) s
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS position FROM stations_city) c
  ON c.position = 1 + s %% %(cities)s;
INSERT INTO stations_openinghours (station_id, weekday, opens_minute, closes_minute)
SELECT s.id, d, 0, 1440 FROM stations_station s, generate_series(0, 6) d ORDER BY s.id, d;

INSERT INTO stations_vehiclemodel (slug, maker, name, kind, category, seats, battery_kwh, range_km, power_kw,
       max_speed_kmh, minimum_battery_percent, description, description_en, drawing)
SELECT 'model-' || m, 'Maker', 'Model ' || m, CASE WHEN m <= 2 THEN 'scooter' ELSE 'car' END,
       CASE WHEN m <= 2 THEN 'motorbike' ELSE 'car' END, 2 + m, 10 * m, 100 + 50 * m, 5, 90, 50, '', '', ''
FROM generate_series(1, 4) m;
INSERT INTO rentals_tariff (model_id, valid_from, hour_amount, day_amount, week_amount, month_amount, weekend_bp,
       deposit_amount, included_km_per_day, extra_km_amount, late_grace_minutes, late_first_hour_amount,
       late_next_hour_amount, return_battery_percent, energy_fee_amount)
SELECT id, '2020-01-01', 30000, 200000, 1200000, 4000000, 12000, 2000000, 200, 3000, 29, 100000, 200000, 20, 50000
FROM stations_vehiclemodel;
INSERT INTO rentals_taxrate (valid_from, vat_bp, source) VALUES ('2020-01-01', 800, 'benchmark');

INSERT INTO stations_vehicle (code, plate, model_id, station_id, lifecycle, condition, battery_percent, odometer_km,
       facts_at, insurance_expires_on)
SELECT 'X-' || v, 'P-' || v, m.id, s.id, CASE WHEN v %% 25 = 0 THEN 'suspended' ELSE 'in_service' END,
       CASE WHEN v %% 20 = 0 THEN 'maintenance' ELSE 'ready' END, 40 + v %% 61, 0, now(), '2100-01-01'
FROM generate_series(1, %(vehicles)s) v
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS position FROM stations_station) s
  ON s.position = 1 + v %% %(stations)s
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS position FROM stations_vehiclemodel) m
  ON m.position = 1 + (v / 7) %% 4;

-- Two to four future or running claims a vehicle, about a day apart; 1 in 40 is a hold that ran out.
INSERT INTO stations_vehicleallocation (vehicle_id, station_id, period, kind, state, hold_expires_at, claimant, created_at)
SELECT v.id, v.station_id, tstzrange(t.start, t.start + make_interval(hours => 2 + (v.id + n)::int %% 9), '[)'), 'booking',
       CASE WHEN (v.id + n) %% 40 = 0 THEN 'held' ELSE 'confirmed' END,
       CASE WHEN (v.id + n) %% 40 = 0 THEN now() - interval '1 hour' END, 'booking:F-' || v.id || '-' || n, now()
FROM stations_vehicle v
CROSS JOIN LATERAL generate_series(1, 2 + (v.id %% 9 < 7)::int + (v.id %% 9 = 0)::int) n
CROSS JOIN LATERAL (
    SELECT date_trunc('hour', now()) + make_interval(hours => (n - 1)::int * 26 + (v.id %% 13)::int - 4) AS start) t;

-- The history: 250 rentals a vehicle, one after another back from yesterday.
INSERT INTO stations_vehicleallocation (vehicle_id, station_id, period, kind, state, claimant, created_at)
SELECT v.id, v.station_id,
       tstzrange(t.start, t.start + make_interval(hours => 2 + (v.id + n)::int %% 7), '[)'),
       'booking', 'released', 'booking:P-' || v.id || '-' || n, t.start
FROM generate_series(1, %(past)s) n
CROSS JOIN stations_vehicle v
CROSS JOIN LATERAL (
    SELECT date_trunc('hour', now()) - make_interval(hours => n::int * 11 + 24 + (v.id %% 5)::int) AS start) t;
"""

# v6p of the measurements on our tables: the same circle, the same index, and nothing that the portal adds.
DISTANCE = availability.DISTANCE_KM
BARE = f"""
    SELECT s.id, s.name, {DISTANCE} AS distance_km, m.model_id, m.free
    FROM stations_station s
    CROSS JOIN LATERAL (
        SELECT v.model_id, count(*) FILTER (WHERE v.id <> ALL (ARRAY(
                   SELECT a.vehicle_id FROM stations_vehicleallocation a
                   WHERE a.station_id = s.id AND a.state IN ('held', 'confirmed', 'on_rental', 'blocked')
                     AND upper(a.period) > %(starts_at)s AND lower(a.period) < %(ends_at)s))) AS free
        FROM stations_vehicle v
        WHERE v.station_id = s.id AND v.lifecycle = 'in_service'
        GROUP BY v.model_id) m
    WHERE s.latitude BETWEEN %(south)s AND %(north)s AND s.longitude BETWEEN %(west)s AND %(east)s
      AND {DISTANCE} <= %(radius_km)s
    ORDER BY distance_km
"""


def build() -> None:
    """Fill the empty database and let the planner know it."""
    print(
        f"building {STATIONS} stations, {VEHICLES} vehicles, {VEHICLES * PAST_PER_VEHICLE:,} past allocations ..."
    )
    started = time.perf_counter()
    values = {"cities": CITIES, "stations": STATIONS, "vehicles": VEHICLES, "past": PAST_PER_VEHICLE}
    with connection.cursor() as cursor:
        for statement in BUILD.split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            "SELECT state IN ('held', 'confirmed'), count(*) FROM stations_vehicleallocation GROUP BY 1 ORDER BY 1"
        )
        (_, past), (_, live) = cursor.fetchall()
    print(f"built in {time.perf_counter() - started:.0f} s: {past:,} past, {live:,} live")


Question = tuple[Place, Period, datetime]


def questions(count: int, *, soon: bool, seed: int = 7) -> list[Question]:
    """Return random three-hour windows around random city centres."""
    rng = random.Random(seed)
    with connection.cursor() as cursor:
        cursor.execute("SELECT latitude, longitude FROM stations_city")
        centres = cursor.fetchall()
    moment = clock.now().replace(minute=0, second=0, microsecond=0)
    asked = []
    for _number in range(count):
        latitude, longitude = rng.choice(centres)
        start = moment + (
            timedelta(minutes=30 * rng.randint(0, 2)) if soon else timedelta(hours=rng.randint(3, 72))
        )
        asked.append(
            (Place(latitude, longitude, RADIUS_KM), Period(start, start + timedelta(hours=3)), moment)
        )
    return asked


def ask_bare(question: Question) -> int:
    place, period, moment = question
    values: dict[str, Any] = {
        **availability.claim_values(period, moment),
        **availability.box_of(place),
        "latitude": place.latitude,
        "longitude": place.longitude,
        "radius_km": place.radius_km,
    }
    with connection.cursor() as cursor:
        cursor.execute(BARE, values)
        return len(cursor.fetchall())


def ask_selector(question: Question) -> int:
    place, period, moment = question
    return sum(len(found.free) for found in stations_in_reach(place, period, moment=moment))


def ask_page(question: Question) -> int:
    place, period, _moment = question
    return len(search(Criteria(place, period)).open)


CONTESTANTS: dict[str, Callable[[Question], int]] = {
    "bare": ask_bare,
    "selector": ask_selector,
    "page": ask_page,
}


@dataclass(frozen=True)
class Outcome:
    """Median milliseconds of each contestant, and the median of selector to bare, question by question."""

    medians: dict[str, float]
    ratio: float


def race(asked: list[Question]) -> Outcome:
    """Ask each contestant every question, in turns and in changing order.

    The ratio is taken question by question: both answers come within milliseconds of each other, so
    that other work on the machine weighs on both.
    """
    names = list(CONTESTANTS)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number, question in enumerate(asked):
        for turn in range(len(names)):
            name = names[(number + turn) % len(names)]
            started = time.perf_counter()
            CONTESTANTS[name](question)
            times[name].append((time.perf_counter() - started) * 1000)
    ratios = [ours / bare for ours, bare in zip(times["selector"], times["bare"], strict=True)]
    medians = {name: statistics.median(series) for name, series in times.items()}
    return Outcome(medians, statistics.median(ratios))


def queries_of(question: Question) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask_page(question)
    return len(captured)


def reads_history(question: Question) -> bool:
    """Say whether the plan goes over the allocations by anything but the index of live claims."""
    place, period, moment = question
    with CaptureQueriesContext(connection) as captured:
        stations_in_reach(place, period, moment=moment)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + captured[0]["sql"].replace("%", "%%"))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return "Seq Scan on stations_vehicleallocation" in plan or "allocation_live_station" not in plan


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--keep", action="store_true", help="leave the database for the next run")
    options.add_argument("--rounds", type=int, default=400)
    chosen = options.parse_args()

    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=chosen.keep)
    failures = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM stations_vehicle)")
            is_built = cursor.fetchone()[0]
        if not is_built:
            build()
        for name, soon in (("later", False), ("soon", True)):
            asked = questions(chosen.rounds, soon=soon)
            race(asked[:20])
            outcome = race(asked)
            medians, ratio = outcome.medians, outcome.ratio
            print(
                f"pickup {name:5}  bare {medians['bare']:.2f} ms  selector {medians['selector']:.2f} ms"
                f"  ratio {ratio:.2f}  whole page data {medians['page']:.2f} ms, {queries_of(asked[0])} queries"
            )
            if ratio > RATIO_ALLOWED:
                failures.append(f"pickup {name}: {ratio:.2f} times the bare SQL, allowed {RATIO_ALLOWED}")
            if queries_of(asked[0]) > QUERIES_ALLOWED:
                failures.append(f"pickup {name}: more than {QUERIES_ALLOWED} queries")
            if any(reads_history(question) for question in asked[:20]):
                failures.append(f"pickup {name}: a plan reads the history")
    finally:
        if not chosen.keep:
            connection.creation.destroy_test_db(DATABASE, verbosity=0)
    print("\n".join(failures) or "within the targets")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

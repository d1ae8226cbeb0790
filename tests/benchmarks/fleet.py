"""A fleet for the benchmarks, built inside the database: as many vehicles and as much history as asked for.

Two identical runs build the same kind of fleet: about 20 stations a city, 20 vehicles a station (50 where the
fleet is large), a day's worth of claims ahead of each vehicle, and a history of short rentals behind it.
"""

import time
from dataclasses import dataclass

from django.db import connection

LARGE_FLEET = 20_000
STATIONS_A_CITY = 20


@dataclass(frozen=True, slots=True)
class Size:
    """How large a fleet is, and how many past allocations lie behind it."""

    vehicles: int
    past: int

    @property
    def stations(self) -> int:
        return max(self.vehicles // (50 if self.vehicles >= LARGE_FLEET else 20), 1)

    @property
    def cities(self) -> int:
        return max(self.stations // STATIONS_A_CITY, 1)

    @property
    def past_per_vehicle(self) -> int:
        return self.past // self.vehicles

    def __str__(self) -> str:
        return f"{self.stations:,} stations, {self.vehicles:,} vehicles, {self.past:,} past allocations"


NETWORK = """
INSERT INTO stations_city (slug, name, name_en, latitude, longitude)
SELECT 'city-' || c, 'City ' || c, 'City ' || c, 9 + (c %% 60), 100 + (c / 60)
FROM generate_series(1, %(cities)s) c;

-- The stations of a city lie within some seven kilometres of its centre.
INSERT INTO stations_station (code, slug, city_id, name, address, latitude, longitude, phone, bays, charger_kw,
       is_active)
SELECT 'S-' || s, 'station-' || s, c.id, 'Station ' || s, 'Street ' || s,
       c.latitude + (random() - 0.5) * 0.1, c.longitude + (random() - 0.5) * 0.1, '', 80, 7.4, true
FROM generate_series(1, %(stations)s) s
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS position FROM stations_city) c
  ON c.position = 1 + s %% %(cities)s;
INSERT INTO stations_openinghours (station_id, weekday, opens_minute, closes_minute)
SELECT s.id, d, 0, 1440 FROM stations_station s, generate_series(0, 6) d ORDER BY s.id, d;
"""

PRICES = """
INSERT INTO stations_vehiclemodel (slug, maker, name, kind, category, seats, battery_kwh, range_km, power_kw,
       max_speed_kmh, minimum_battery_percent, description, description_en, drawing)
SELECT 'model-' || m, 'Maker', 'Model ' || m, CASE WHEN m <= 2 THEN 'scooter' ELSE 'car' END,
       CASE WHEN m <= 2 THEN 'motorbike' ELSE 'car' END, 2 + m, 10 * m, 100 + 50 * m, 5, 90, 50, '', '', ''
FROM generate_series(1, 4) m;
INSERT INTO rentals_tariff (model_id, valid_from, hour_amount, day_amount, week_amount, month_amount, weekend_bp,
       peak_bp, holiday_bp, deposit_amount, young_driver_day_amount, young_driver_age, included_km_per_day,
       extra_km_amount, late_grace_minutes, late_first_hour_amount, late_next_hour_amount,
       return_battery_percent, energy_fee_amount, cleaning_fee_amount)
SELECT id, '2020-01-01', 30000, 200000, 1200000, 4000000, 12000, 10000, 10000, 2000000, 0, 23, 200, 3000, 29,
       100000, 200000, 20, 50000, 0
FROM stations_vehiclemodel;
DELETE FROM payments_taxrule;
INSERT INTO payments_taxrule (activity, valid_from, vat_bp, source, status)
SELECT activity, '2020-01-01', 800, 'benchmark', 'confirmed'
FROM unnest(ARRAY['vehicle_rental', 'fee', 'cancellation']) activity;
"""

VEHICLES = """
INSERT INTO stations_vehicle (code, plate, model_id, station_id, lifecycle, condition, battery_percent, odometer_km,
       facts_at, insurance_expires_on)
SELECT 'X-' || v, 'P-' || v, m.id, s.id, CASE WHEN v %% 25 = 0 THEN 'suspended' ELSE 'in_service' END,
       CASE WHEN v %% 20 = 0 THEN 'maintenance' ELSE 'ready' END, 40 + v %% 61, 0, now(), '2100-01-01'
FROM generate_series(1, %(vehicles)s) v
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS position FROM stations_station) s
  ON s.position = 1 + v %% %(stations)s
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS position FROM stations_vehiclemodel) m
  ON m.position = 1 + (v / 7) %% 4;
"""

CLAIMS = """
-- Two to four future or running claims a vehicle, about a day apart; 1 in 40 is a hold that ran out.
INSERT INTO stations_vehicleallocation (vehicle_id, station_id, period, kind, state, hold_expires_at, claimant, created_at)
SELECT v.id, v.station_id, tstzrange(t.start, t.start + make_interval(hours => 2 + (v.id + n)::int %% 9), '[)'), 'booking',
       CASE WHEN (v.id + n) %% 40 = 0 THEN 'held' ELSE 'confirmed' END,
       CASE WHEN (v.id + n) %% 40 = 0 THEN now() - interval '1 hour' END, 'booking:F-' || v.id || '-' || n, now()
FROM stations_vehicle v
CROSS JOIN LATERAL generate_series(1, 2 + (v.id %% 9 < 7)::int + (v.id %% 9 = 0)::int) n
CROSS JOIN LATERAL (
    SELECT date_trunc('hour', now()) + make_interval(hours => (n - 1)::int * 26 + (v.id %% 13)::int - 4) AS start) t;

-- The history: rentals one after another back from yesterday.
INSERT INTO stations_vehicleallocation (vehicle_id, station_id, period, kind, state, claimant, created_at)
SELECT v.id, v.station_id,
       tstzrange(t.start, t.start + make_interval(hours => 2 + (v.id + n)::int %% 7), '[)'),
       'booking', 'released', 'booking:P-' || v.id || '-' || n, t.start
FROM generate_series(1, %(past)s) n
CROSS JOIN stations_vehicle v
CROSS JOIN LATERAL (
    SELECT date_trunc('hour', now()) - make_interval(hours => n::int * 11 + 24 + (v.id %% 5)::int) AS start) t;
"""


def build(size: Size) -> None:
    """Fill an empty database with a fleet and its history, and let the planner know it."""
    values = {
        "cities": size.cities,
        "stations": size.stations,
        "vehicles": size.vehicles,
        "past": size.past_per_vehicle,
    }
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for part in (NETWORK, PRICES, VEHICLES):
            _run(cursor, part, values)
        # The rows are right by construction: a look-up per row would take half of the building time.
        cursor.execute("SET session_replication_role = replica")
        _run(cursor, CLAIMS, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    print(f"built {size} in {time.perf_counter() - started:.0f} s")


def _run(cursor, part: str, values: dict[str, int]) -> None:
    for statement in part.split(";\n"):
        if statement.strip():
            cursor.execute(statement, values)

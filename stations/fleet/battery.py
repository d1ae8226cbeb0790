"""What charge a vehicle will have at a pickup: pure arithmetic on what lies between now and then.

An estimate that errs on the careful side, to choose by and never to promise: the counter reads the real
figure, and no vehicle leaves below its minimum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stations.fleet.enums import VehicleKind

FULL = 100
# Of what a charger gives, so much arrives in the battery.
EFFICIENCY = 0.9
# However strong the charger, no battery of ours fills in less.
FASTEST_FULL_HOURS = 3.0
# Plugging in takes its time, and the last renter's vehicle waits for its turn.
UNPLUGGED = timedelta(minutes=15)
# What renters use on average of an hour, long rentals with their nights included; and what terms ask at return.
KM_PER_HOUR = {VehicleKind.CAR: 12.0, VehicleKind.SCOOTER: 5.0}
RETURNED_WITH = 20


@dataclass(frozen=True, slots=True)
class Battery:
    """The figures of a model's battery, as numbers to reckon with."""

    kind: str
    capacity_kwh: float
    range_km: int

    def percent_per_hour(self, charger_kw: float) -> float:
        """Return what one hour at a charger adds."""
        return FULL * min(charger_kw * EFFICIENCY / self.capacity_kwh, 1 / FASTEST_FULL_HOURS)

    def use_per_hour(self) -> float:
        """Return what one hour with a renter takes, in percent."""
        return FULL * KM_PER_HOUR[VehicleKind(self.kind)] / self.range_km


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch in which a vehicle is not at a charger: with a renter, or taken out of use."""

    starts_at: datetime
    ends_at: datetime
    is_driven: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge in percent and what it is good for, by the maker's figure."""

    percent: int
    range_km: int


def expected_battery(
    *,
    percent: int,
    battery: Battery,
    charger_kw: float,
    now: datetime,
    pickup: datetime,
    away: Iterable[Away] = (),
) -> Charge:
    """Return the charge to expect at a pickup.

    The vehicle charges while it stands at the station, is used at the usual rate while a renter has it (and
    comes back with what the terms ask at least, if it had that), and keeps its charge where it is out of use.
    `away` may be in any order; what is over before now, or begins at the pickup or later, counts for nothing.
    """
    charge = float(percent)
    adds, takes = battery.percent_per_hour(charger_kw), battery.use_per_hour()
    stands_from = now
    for stretch in sorted(away, key=lambda stretch: stretch.starts_at):
        if stretch.ends_at <= stands_from or stretch.starts_at >= pickup:
            continue
        # Who charges already keeps charging; only a vehicle that comes back must be plugged in first.
        charge = _charged(charge, adds, stands_from, stretch.starts_at, is_plugged=stands_from == now)
        if stretch.is_driven:
            driven = _hours(max(stretch.starts_at, now), min(stretch.ends_at, pickup))
            charge = max(charge - takes * driven, min(charge, RETURNED_WITH))
        stands_from = stretch.ends_at
    charge = _charged(charge, adds, stands_from, pickup, is_plugged=stands_from == now)
    # What floating point loses in the ninth place is no percent.
    whole = int(charge + 1e-9)
    return Charge(whole, battery.range_km * whole // FULL)


def charged_since(
    *, percent: int, battery: Battery, charger_kw: float, plugged_at: datetime, now: datetime
) -> int:
    """Return the charge to expect now of a vehicle that was plugged in with `percent`."""
    charge = _charged(float(percent), battery.percent_per_hour(charger_kw), plugged_at, now, is_plugged=True)
    return int(charge + 1e-9)


def charged_at(
    *, percent: int, wanted: int, battery: Battery, charger_kw: float, now: datetime, is_plugged: bool
) -> datetime:
    """Return when a vehicle that stands at the station will have the wanted charge; now, if it has it.

    Who is not plugged in yet must be plugged in first.
    """
    lacks = max(min(wanted, FULL) - percent, 0)
    if not lacks:
        return now
    begins = now if is_plugged else now + UNPLUGGED
    return begins + timedelta(hours=lacks / battery.percent_per_hour(charger_kw))


def _charged(charge: float, adds: float, start: datetime, end: datetime, *, is_plugged: bool) -> float:
    begins = start if is_plugged else start + UNPLUGGED
    return min(charge + adds * max(_hours(begins, end), 0.0), max(float(FULL), charge))


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600

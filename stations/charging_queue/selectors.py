"""Reads of the charging queue: what a station's vehicles lack, and until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stations.charging_queue.models import ChargingStint
from stations.fleet.battery import Battery, charged_at, charged_since
from stations.fleet.models import Vehicle
from stations.network.models import Station


@dataclass(frozen=True, slots=True)
class Charging:
    """How it stands with one vehicle's battery: what to expect now, and when it will have what a renter needs."""

    percent: int
    wanted: int
    # Now, if it has it already.
    enough_at: datetime
    stint: ChargingStint | None = None

    @property
    def has_enough(self) -> bool:
        return self.percent >= self.wanted


def open_stints(station: Station) -> dict[int, ChargingStint]:
    """Return {vehicle id: its open stint} of a station."""
    rows = ChargingStint.objects.filter(station=station, unplugged_at=None).select_related("bay")
    return {row.vehicle_id: row for row in rows}


def charging_of(
    vehicle: Vehicle, stint: ChargingStint | None, *, charger_kw: float, now: datetime
) -> Charging:
    """Return how it stands with a vehicle, with its model, that stands at its station."""
    battery = Battery(vehicle.model.kind, float(vehicle.model.battery_kwh), vehicle.model.range_km)
    percent = vehicle.battery_percent
    if stint is not None:
        # From the newer of the two figures: what the battery showed at the plug, or a reading since.
        is_newer = vehicle.facts_at >= stint.plugged_at
        percent = charged_since(
            percent=percent if is_newer else stint.plugged_percent,
            battery=battery,
            charger_kw=charger_kw,
            plugged_at=vehicle.facts_at if is_newer else stint.plugged_at,
            now=now,
        )
    wanted = vehicle.model.minimum_battery_percent
    enough_at = charged_at(
        percent=percent,
        wanted=wanted,
        battery=battery,
        charger_kw=charger_kw,
        now=now,
        is_plugged=stint is not None,
    )
    return Charging(percent, wanted, enough_at, stint)


def chargings_at(station: Station, vehicles: Iterable[Vehicle], now: datetime) -> Sequence[Charging]:
    """Return how it stands with each of a station's vehicles, in their order. One query."""
    stints = open_stints(station)
    charger_kw = float(station.charger_kw)
    return [
        charging_of(vehicle, stints.get(vehicle.pk), charger_kw=charger_kw, now=now) for vehicle in vehicles
    ]

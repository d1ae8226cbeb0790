"""Gathers the areas' models for Django."""

from stations.bays.models import Bay, BayReservation
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition
from stations.fleet.models import PreparationRecord, Vehicle, VehicleModel
from stations.network.models import City, OpeningHours, StaffPost, Station, StationClosure
from stations.supply.models import SupplyOverride, SupplyRule, SupplyStatus
from stations.tablets.models import StaffPin, Tablet
from stations.timeline.models import VehicleAllocation

__all__ = [
    "Bay",
    "BayReservation",
    "ChecklistItem",
    "ChecklistTemplate",
    "City",
    "OpeningHours",
    "PhotoPosition",
    "PreparationRecord",
    "StaffPin",
    "StaffPost",
    "Station",
    "StationClosure",
    "SupplyOverride",
    "SupplyRule",
    "SupplyStatus",
    "Tablet",
    "Vehicle",
    "VehicleAllocation",
    "VehicleModel",
]

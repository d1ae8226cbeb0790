"""Gathers the areas' models for Django."""

from stations.fleet.models import PreparationRecord, Vehicle, VehicleModel
from stations.network.models import City, OpeningHours, StaffPost, Station, StationClosure
from stations.timeline.models import VehicleAllocation

__all__ = [
    "City",
    "OpeningHours",
    "PreparationRecord",
    "StaffPost",
    "Station",
    "StationClosure",
    "Vehicle",
    "VehicleAllocation",
    "VehicleModel",
]

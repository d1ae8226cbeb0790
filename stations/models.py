"""Gathers the areas' models for Django."""

from stations.bays.models import Bay, BayReservation
from stations.charging_queue.models import ChargingStint
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition
from stations.fleet.models import PreparationRecord, Vehicle, VehicleModel
from stations.maintenance.models import MaintenanceTicket, MobileTeam, TeamMember, TicketPhoto
from stations.network.models import City, OpeningHours, StaffPost, Station, StationClosure
from stations.supply.models import SupplyOverride, SupplyRule, SupplyStatus
from stations.tablets.models import StaffPin, Tablet
from stations.timeline.models import VehicleAllocation
from stations.transfers.models import TransferPhoto, VehicleTransfer

__all__ = [
    "Bay",
    "BayReservation",
    "ChargingStint",
    "ChecklistItem",
    "ChecklistTemplate",
    "City",
    "MaintenanceTicket",
    "MobileTeam",
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
    "TeamMember",
    "TicketPhoto",
    "TransferPhoto",
    "Vehicle",
    "VehicleAllocation",
    "VehicleModel",
    "VehicleTransfer",
]

"""Gathers the areas' models for Django."""

from rentals.bookings.models import Booking
from rentals.contracts.models import Contract, ContractSignature
from rentals.handovers.models import (
    DamageMark,
    Inspection,
    InspectionPhoto,
    Rental,
    Settlement,
    SettlementLine,
)
from rentals.pricing.models import Quote, Tariff, TaxRate

__all__ = [
    "Booking",
    "Contract",
    "ContractSignature",
    "DamageMark",
    "Inspection",
    "InspectionPhoto",
    "Quote",
    "Rental",
    "Settlement",
    "SettlementLine",
    "Tariff",
    "TaxRate",
]

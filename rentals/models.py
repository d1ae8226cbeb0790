"""Gathers the areas' models for Django."""

from rentals.bookings.models import Booking
from rentals.calendars.models import CalendarFeed
from rentals.changes.models import BookingChange
from rentals.contracts.models import (
    Contract,
    ContractAddendum,
    ContractArticle,
    ContractEvent,
    ContractSignature,
    ContractTemplate,
)
from rentals.drivers.models import AdditionalDriver
from rentals.fines.models import FineEvidence, TrafficFine
from rentals.handovers.models import (
    DamageMark,
    Inspection,
    InspectionPhoto,
    Rental,
    Settlement,
    SettlementLine,
)
from rentals.incidents.models import Incident
from rentals.policies.models import BookingPolicy
from rentals.pricing.calendar_models import Holiday, PeakHours
from rentals.pricing.models import Quote, Tariff
from rentals.pricing.offer_models import AddOn, OneWayFee, Promotion, PromotionUse
from rentals.sync.models import (
    PaperForm,
    SyncAttachment,
    SyncCommand,
    SyncConflict,
    SyncEpoch,
    SyncFile,
    SyncFileChunk,
)
from rentals.waitlist.models import Favourite, WaitlistEntry

__all__ = [
    "AddOn",
    "AdditionalDriver",
    "Booking",
    "BookingChange",
    "BookingPolicy",
    "CalendarFeed",
    "Contract",
    "ContractAddendum",
    "ContractArticle",
    "ContractEvent",
    "ContractSignature",
    "ContractTemplate",
    "DamageMark",
    "Favourite",
    "FineEvidence",
    "Holiday",
    "Incident",
    "Inspection",
    "InspectionPhoto",
    "OneWayFee",
    "PaperForm",
    "PeakHours",
    "Promotion",
    "PromotionUse",
    "Quote",
    "Rental",
    "Settlement",
    "SettlementLine",
    "SyncAttachment",
    "SyncCommand",
    "SyncConflict",
    "SyncEpoch",
    "SyncFile",
    "SyncFileChunk",
    "Tariff",
    "TrafficFine",
    "WaitlistEntry",
]

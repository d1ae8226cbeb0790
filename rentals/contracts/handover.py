"""The handover record as the signed contract prints it. Handovers stand right of contracts: they lend their reader."""

from collections.abc import Callable
from typing import TypedDict

from rentals.bookings.models import Booking


class Words(TypedDict):
    """The same words in both languages."""

    vi: str
    en: str


class PhotoEntry(Words):
    """One photograph: the words of its position, and its hash."""

    sha256: str


class DamageEntry(TypedDict):
    """One mark that was there before the renter drove off."""

    part: Words
    kind: Words
    note: str


class HandoverRecord(TypedDict):
    """What both parties found at pickup. Times are ISO 8601 in UTC."""

    odometer_km: int
    battery_percent: int
    inspected_by: str
    completed_at: str
    note: str
    checked: list[Words]
    photos: list[PhotoEntry]
    damages: list[DamageEntry]


Reader = Callable[[Booking], HandoverRecord | None]

_reader: Reader | None = None


def register(reader: Reader) -> None:
    """Set who reads the completed pickup inspection of a booking."""
    global _reader
    _reader = reader


def record_of(booking: Booking) -> HandoverRecord | None:
    """Return what was found at pickup, or None while the inspection is not completed. A plain dict, as stored."""
    return _reader(booking) if _reader else None

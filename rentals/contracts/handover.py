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


# --- What addenda print of a rental's end; handovers fill these in -------------------------------------


class PhotoPair(Words):
    """One position as it was photographed at pickup and at return: the hashes of both pictures."""

    before: str
    after: str


class FoundDamage(DamageEntry):
    """One mark found at return: its picture's hash and what is asked for it."""

    sha256: str
    amount: int


class AnsweredDamage(FoundDamage):
    """One mark with what the renter said to its claim; None where nothing is asked."""

    answer: Words | None


class ReturnRecord(TypedDict):
    """What was found at return, and who was there. Times are ISO 8601 in UTC."""

    station: str
    presented_at: str
    completed_at: str
    inspected_by: str
    renter: str
    pickup_odometer_km: int
    odometer_km: int
    pickup_battery_percent: int
    battery_percent: int
    is_dirty: bool
    note: str
    checked: list[Words]
    not_in_order: list[Words]
    photos: list[PhotoPair]
    damages: list[AnsweredDamage]


class Answer(Words):
    """What the renter said to the settlement, in fixed words; with the hash of the lines it was said to."""

    code: str
    at: str
    content_sha256: str
    strokes_sha256: str
    objection: str
    resolution: str


class DamageClaim(FoundDamage):
    """One mark with the pictures of its place at pickup, and what became of the claim."""

    before: list[PhotoEntry]
    answer: Words
    answer_code: str

"""What was found at pickup, as plain words for the signed contract."""

from collections.abc import Callable
from datetime import UTC
from functools import partial

from django.utils import translation
from django.utils.functional import Promise

from rentals.bookings.models import Booking
from rentals.contracts.handover import DamageEntry, HandoverRecord, PhotoEntry, Words
from rentals.handovers import checklists
from rentals.handovers.enums import DamageKind, InspectionKind
from rentals.handovers.models import Inspection
from stations.fleet.parts import part_label


def pickup_record(booking: Booking) -> HandoverRecord | None:
    """Return the completed pickup inspection of a booking, or None while there is none."""
    inspection = (
        Inspection.objects.filter(
            rental__booking=booking, kind=InspectionKind.PICKUP, completed_at__isnull=False
        )
        .select_related("by", "rental__vehicle__model")
        .first()
    )
    if inspection is None or inspection.completed_at is None:
        return None
    items = checklists.items_of(inspection.kind, inspection.rental.vehicle.model.kind)
    return HandoverRecord(
        odometer_km=inspection.odometer_km or 0,
        battery_percent=inspection.battery_percent or 0,
        inspected_by=inspection.by.full_name,
        completed_at=inspection.completed_at.astimezone(UTC).isoformat(),
        note=inspection.note,
        checked=[_words(item.words) for item in items if item.code in inspection.checked],
        photos=_photos(inspection),
        damages=_damages(inspection),
    )


def _photos(inspection: Inspection) -> list[PhotoEntry]:
    hashes = dict(inspection.photos.values_list("position", "sha256"))
    items = checklists.photos_of(inspection.rental.vehicle.model.kind)
    return [
        PhotoEntry(**_words(item.words), sha256=hashes[item.code]) for item in items if item.code in hashes
    ]


def _damages(inspection: Inspection) -> list[DamageEntry]:
    return [
        DamageEntry(
            part=_both(partial(part_label, mark.part)),
            kind=_words(DamageKind(mark.kind).label),
            note=mark.note,
        )
        for mark in inspection.damages.order_by("pk")
    ]


def _words(words: str | Promise) -> Words:
    return _both(lambda: str(words))


def _both(words: Callable[[], str]) -> Words:
    with translation.override("vi"):
        vi = words()
    with translation.override("en"):
        return Words(vi=vi, en=words())

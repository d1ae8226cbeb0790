"""The joint inspection: readings, checklist, photos and damage, saved step by step as a draft."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from rentals.handovers import checklists
from rentals.handovers.as_found import refuse_unless_found
from rentals.handovers.enums import DamageKind, InspectionKind, RentalState
from rentals.handovers.errors import (
    ChargeNeedsPhoto,
    ChargeNotNow,
    ChargeOutOfRange,
    InspectionIncomplete,
    NoteMissing,
    OdometerImplausible,
    StepClosed,
    UnknownCode,
)
from rentals.handovers.models import DamageMark, Inspection, InspectionPhoto, Rental
from rentals.handovers.paths import inspection_photo_path
from rentals.handovers.services.rows import inspection_of, lock_rental
from stations.fleet.errors import OdometerWentBack
from stations.fleet.parts import parts_of
from stations.fleet.services import check_battery
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.images import Upload, clean_photo
from voltgo.core.money import Dong

# No vehicle of ours drives further in a day; beyond it a digit was typed twice.
FURTHEST_A_DAY_KM = 1_500
HIGHEST_CHARGE: Dong = 2_000_000_000
PER_MILLE = 1_000
# The inspection can be changed while the rental stands in this state.
OPEN_DURING = {InspectionKind.PICKUP: RentalState.PREPARING, InspectionKind.RETURN: RentalState.ACTIVE}


@transaction.atomic
def save_inspection(
    *,
    inspection: Inspection,
    by: Actor,
    odometer_km: int | None = None,
    battery_percent: int | None = None,
    checked: Iterable[str] | None = None,
    is_dirty: bool | None = None,
    note: str | None = None,
    as_found: bool = False,
) -> Inspection:
    """Save what one step has found; None leaves the rest of the draft as it is. Locks the rental.

    With `as_found` an odometer that cannot be is kept and leaves an audit event: the vehicle has left with two
    signatures under this figure, on a tablet without network, and nobody can be asked to type it again.

    Raises:
        OdometerWentBack, OdometerImplausible: against the last reading (at return: the pickup's).
        BatteryOutOfRange: no percentage.
        UnknownCode: a code that the inspection's list does not have.
        StepClosed: the inspection is completed, or the rental has moved on.
    """
    current = _open(inspection)
    changes: dict[str, Any] = {}
    if odometer_km is not None:
        _check_odometer(current, odometer_km, by=by, as_found=as_found)
        changes["odometer_km"] = odometer_km
    if battery_percent is not None:
        check_battery(battery_percent)
        changes["battery_percent"] = battery_percent
    if checked is not None:
        changes["checked"] = _known(current, checked)
    if is_dirty is not None:
        changes["is_dirty"] = is_dirty
    if note is not None:
        changes["note"] = note.strip()[:500]
    return _write(inspection, changes)


def add_photo(*, inspection: Inspection, position: str, upload: Upload, by: Actor) -> InspectionPhoto:
    """Keep a photo of one position; a second one replaces the first. Locks the rental.

    Decodes and stores the picture before the transaction, so that no lock waits for the storage.

    Raises:
        PhotoRefused: the upload is no usable picture; its subclass says why.
        UnknownCode: the inspection's list has no such position.
        StepClosed: the inspection is completed, or the rental has moved on.
    """
    if checklists.list_of(inspection).photo(position) is None:
        raise UnknownCode
    photo = clean_photo(upload)
    name = default_storage.save(inspection_photo_path(None, ""), photo.as_file())
    try:
        with transaction.atomic():
            _open(inspection)
            _drop_photo(inspection, position)
            return InspectionPhoto.objects.create(
                inspection=inspection,
                position=position,
                file=name,
                sha256=photo.sha256,
                taken_sha256=photo.uploaded_sha256,
            )
    except Exception:
        default_storage.delete(name)
        raise


def add_damage(
    *,
    inspection: Inspection,
    part: str,
    kind: str,
    by: Actor,
    note: str = "",
    x: int | None = None,
    y: int | None = None,
    upload: Upload | None = None,
    charge_amount: Dong = 0,
) -> DamageMark:
    """Mark damage. At return a mark may carry a charge, with a photo as evidence. Locks the rental.

    `x` and `y` are thousandths of the drawing. The picture is stored before the transaction.

    Raises:
        UnknownCode: no such part, kind, or place on the drawing.
        ChargeNotNow, ChargeNeedsPhoto, ChargeOutOfRange: a charge at pickup, without photo, or absurd.
        PhotoRefused: the upload is no usable picture.
        StepClosed: the inspection is completed, or the rental has moved on.
    """
    _check_mark(inspection, part, kind, x, y)
    _check_charge(inspection, charge_amount, has_photo=upload is not None)
    name = sha256 = ""
    if upload is not None:
        photo = clean_photo(upload)
        name, sha256 = default_storage.save(inspection_photo_path(None, ""), photo.as_file()), photo.sha256
    try:
        with transaction.atomic():
            _open(inspection)
            return DamageMark.objects.create(
                inspection=inspection,
                part=part,
                kind=kind,
                note=note.strip()[:200],
                x=x,
                y=y,
                photo=name,
                photo_sha256=sha256,
                charge_amount=charge_amount,
            )
    except Exception:
        if name:
            default_storage.delete(name)
        raise


@transaction.atomic
def remove_damage(*, mark: DamageMark, by: Actor) -> None:
    """Take back a mark made by mistake, while the inspection is a draft. Locks the rental.

    Raises:
        StepClosed: the inspection is completed, or the rental has moved on.
    """
    _open(mark.inspection)
    record(
        "damage.removed",
        f"rental:{mark.inspection.rental.booking.code}",
        by=by,
        part=mark.part,
        kind=mark.kind,
        charge_amount=mark.charge_amount,
    )
    if mark.photo:
        transaction.on_commit(partial(default_storage.delete, str(mark.photo)))
    mark.delete()


@transaction.atomic
def complete_return_inspection(
    *, inspection: Inspection, by: Actor, despite: Collection[str] = ()
) -> Inspection:
    """Close the inspection of a return; from here on its findings are what is charged. Locks the rental.

    Safe to call twice.

    Raises:
        InspectionIncomplete: photos or readings lack; details name the steps.
        NoteMissing: something was not in order and nobody said what.
    """
    rental = lock_rental(inspection.rental)
    current = inspection_of(rental, inspection.kind)
    if current.completed_at is not None:
        return current
    missing = missing_steps(current)
    found: dict[str, Any] = {"despite": despite, "code": rental.booking.code, "by": by}
    if missing:
        refuse_unless_found(InspectionIncomplete(missing=missing), **found)
    if lacks_note(current):
        refuse_unless_found(NoteMissing(), **found)
    return _write(current, {"completed_at": clock.now()})


def missing_steps(inspection: Inspection) -> list[str]:
    """Return the steps that still lack something mandatory: checklist (pickup only), photos, readings."""
    asked = checklists.list_of(inspection)
    missing = []
    if inspection.kind == InspectionKind.PICKUP and asked.unchecked(inspection.checked):
        missing.append("checklist")
    taken = {photo.position for photo in inspection.photos.all()}
    if asked.untaken(taken):
        missing.append("photos")
    if inspection.odometer_km is None or inspection.battery_percent is None:
        missing.append("readings")
    return missing


def lacks_note(inspection: Inspection) -> bool:
    """Say whether something mandatory came back not in order without a word on it."""
    return bool(checklists.list_of(inspection).unchecked(inspection.checked)) and not inspection.note


def last_odometer(inspection: Inspection) -> int:
    """Return the reading that this one may not fall below."""
    if inspection.kind == InspectionKind.RETURN:
        pickup = inspection.rental.inspections.get(kind=InspectionKind.PICKUP)
        return max(pickup.odometer_km or 0, inspection.rental.vehicle.odometer_km)
    return inspection.rental.vehicle.odometer_km


def throw_away(inspection: Inspection) -> None:
    """Delete a draft with its photos and marks; the caller holds the rental's lock and leaves an audit event."""
    names = [str(photo.file) for photo in inspection.photos.all()]
    names += [str(mark.photo) for mark in inspection.damages.all() if mark.photo]
    inspection.photos.all().delete()
    inspection.damages.all().delete()
    inspection.delete()
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name))


def _open(inspection: Inspection) -> Inspection:
    """Lock the rental and return the inspection fresh, if it may still be changed."""
    rental = lock_rental(inspection.rental)
    current = inspection_of(rental, inspection.kind)
    if current.completed_at is not None or rental.state != OPEN_DURING[InspectionKind(current.kind)]:
        raise StepClosed
    return current


def _drop_photo(inspection: Inspection, position: str) -> None:
    before = InspectionPhoto.objects.filter(inspection=inspection, position=position).first()
    if before is not None:
        transaction.on_commit(partial(default_storage.delete, str(before.file)))
        before.delete()


def _check_odometer(inspection: Inspection, odometer_km: int, *, by: Actor, as_found: bool) -> None:
    fault = odometer_fault(inspection, odometer_km)
    if fault is None:
        return
    if not as_found:
        raise fault
    record(
        "inspection.as_found",
        f"rental:{inspection.rental.booking.code}",
        by=by,
        odometer_km=odometer_km,
        last_km=last_odometer(inspection),
    )


def odometer_fault(inspection: Inspection, odometer_km: int) -> OdometerWentBack | OdometerImplausible | None:
    """Return what is wrong with a reading against the last one; None if nothing is."""
    last_km = last_odometer(inspection)
    if odometer_km < last_km:
        return OdometerWentBack(last_km=last_km)
    since = _last_reading_at(inspection.rental, inspection.kind)
    days = max(0, (clock.now() - since).days) + 1
    if odometer_km - last_km > FURTHEST_A_DAY_KM * days:
        return OdometerImplausible(last_km=last_km)
    return None


def _last_reading_at(rental: Rental, kind: str) -> datetime:
    if kind == InspectionKind.RETURN and rental.started_at is not None:
        return rental.started_at
    return rental.vehicle.facts_at


def _known(inspection: Inspection, checked: Iterable[str]) -> list[str]:
    """Return the codes in the list's order."""
    wanted = set(checked)
    codes = [item.code for item in checklists.items_of(inspection)]
    if wanted - set(codes):
        raise UnknownCode
    return [code for code in codes if code in wanted]


def _check_mark(inspection: Inspection, part: str, kind: str, x: int | None, y: int | None) -> None:
    is_known = part in parts_of(inspection.rental.vehicle.model.kind) and kind in DamageKind.values
    is_placed = all(value is None or 0 <= value <= PER_MILLE for value in (x, y))
    if not (is_known and is_placed):
        raise UnknownCode


def _check_charge(inspection: Inspection, charge_amount: Dong, *, has_photo: bool) -> None:
    if not 0 <= charge_amount <= HIGHEST_CHARGE:
        raise ChargeOutOfRange
    if charge_amount and inspection.kind == InspectionKind.PICKUP:
        raise ChargeNotNow
    if charge_amount and not has_photo:
        raise ChargeNeedsPhoto


def _write(inspection: Inspection, changes: dict[str, Any]) -> Inspection:
    Inspection.objects.filter(pk=inspection.pk).update(**changes)
    for name, value in changes.items():
        setattr(inspection, name, value)
    return inspection

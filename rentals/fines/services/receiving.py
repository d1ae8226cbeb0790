"""Fines come in, get their evidence, and find their rental."""

from dataclasses import asdict, dataclass

from django.db import transaction

from rentals.fines.enums import FINE, FineState
from rentals.fines.errors import NoSuchRental, ReasonMissing
from rentals.fines.importing import parse_fines
from rentals.fines.models import FineEvidence, TrafficFine
from rentals.fines.selectors import rental_of, vehicle_of
from rentals.handovers.models import Rental
from voltgo.core import images, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list: new fines, those known before, and how many of the new found their rental."""

    new: int
    known: int
    matched: int


@transaction.atomic
def import_fines(*, content: bytes, by: Actor) -> Imported:
    """Take in a list of fines, all or none; a fine known by authority and number is left as it is.

    Raises:
        FileUnreadable: which line is wrong.
    """
    new = known = matched = 0
    for row in parse_fines(content):
        fine, is_new = TrafficFine.objects.get_or_create(
            authority=row.authority,
            number=row.number,
            defaults={k: v for k, v in asdict(row).items() if k not in {"authority", "number"}},
        )
        if not is_new:
            known += 1
            continue
        new += 1
        states.begin(FINE, fine, by=by)
        matched += match_fine(fine=fine, by=by)
    record("fines.imported", "fines", by=by, new=new, known=known, matched=matched)
    return Imported(new, known, matched)


@transaction.atomic
def match_fine(*, fine: TrafficFine, by: Actor) -> bool:
    """Look for the one vehicle with this plate and the one rental that had it then; return whether found.

    Nothing is guessed: no rental, or two, leave the fine to a person. Locks the fine.
    """
    locked = locks.lock_row(fine)
    if locked.state != FineState.RECEIVED:
        return False
    vehicle = vehicle_of(locked.plate)
    rental = rental_of(vehicle, locked) if vehicle else None
    if vehicle is not None and locked.vehicle_id != vehicle.pk:
        TrafficFine.objects.filter(pk=locked.pk).update(vehicle=vehicle)
    if rental is None:
        return False
    _give_to(locked, rental, by, reason="")
    return True


@transaction.atomic
def assign_rental(*, fine: TrafficFine, rental: Rental, by: Actor, reason: str) -> TrafficFine:
    """Say by hand whose a fine is, where the list was not clear. Locks the fine.

    Raises:
        ReasonMissing: nobody said how this is known.
        NoSuchRental: the rental did not have a vehicle with this plate at that time.
    """
    if not reason.strip():
        raise ReasonMissing
    locked = locks.lock_row(fine)
    ended = rental.presented_at or rental.returned_at
    started = rental.started_at
    if started is None or locked.violated_at < started or (ended and locked.violated_at >= ended):
        raise NoSuchRental
    known = vehicle_of(locked.plate)
    if known is not None and known.pk != rental.vehicle_id:
        raise NoSuchRental
    _give_to(locked, rental, by, reason=reason.strip()[:300])
    return locked


def _give_to(fine: TrafficFine, rental: Rental, by: Actor, *, reason: str) -> None:
    states.move(
        FINE,
        fine,
        to=FineState.MATCHED,
        by=by,
        reason=reason or "plate and time",
        rental=rental,
        vehicle=rental.vehicle,
        payer=rental.renter,
    )


@transaction.atomic
def release_rental(*, fine: TrafficFine, by: Actor, reason: str) -> TrafficFine:
    """Take a fine back from a rental that it does not belong to. Locks the fine.

    Raises:
        ReasonMissing: nobody said why.
        IllegalTransition: the renter has answered already.
    """
    if not reason.strip():
        raise ReasonMissing
    return states.move(
        FINE,
        fine,
        to=FineState.RECEIVED,
        by=by,
        reason=reason.strip()[:300],
        rental=None,
        payer=None,
        notified_at=None,
        answer_until=None,
    )


def add_evidence(*, fine: TrafficFine, upload: images.Upload, by: Actor) -> FineEvidence:
    """Keep a picture of a fine; the same picture twice is one. Its content is cleaned before it is kept.

    Raises:
        PhotoRefused: it is no picture that we take.
    """
    photo = images.clean_photo(upload)
    known = FineEvidence.objects.filter(fine=fine, sha256=photo.sha256).first()
    if known is not None:
        return known
    row = FineEvidence.objects.create(fine=fine, file=photo.as_file(), sha256=photo.sha256)
    record("fine.evidence_added", fine.reference, by=by, sha256=photo.sha256)
    return row

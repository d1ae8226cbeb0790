"""Return: from the vehicle at the counter to the settlement."""

import logging
from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.users.models import User
from rentals.bookings.services import one_way
from rentals.handovers.checklists import version_for
from rentals.handovers.enums import RENTAL, InspectionKind, RentalState
from rentals.handovers.errors import NotOut, PresentedAtOutOfRange, ReasonMissing, StepClosed, WrongStation
from rentals.handovers.models import Inspection, Rental, Settlement
from rentals.handovers.rules import OBJECTION_TIME
from rentals.handovers.services.inspections import complete_return_inspection, throw_away
from rentals.handovers.services.rows import inspection_of, lock_rental
from rentals.handovers.services.sending import send_settlement
from rentals.handovers.services.settlement import outcome_of, write_settlement
from rentals.handovers.signals import rental_returned
from stations.checklists.models import ChecklistTemplate
from stations.fleet import services as fleet
from stations.fleet.enums import Condition
from stations.fleet.errors import OdometerWentBack, VehicleIsPromised
from stations.network.models import Station
from stations.timeline import services as timeline
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

logger = logging.getLogger(__name__)


@transaction.atomic
def open_return(
    *,
    rental: Rental,
    station: Station,
    user: User,
    by: Actor,
    presented_at: datetime | None = None,
    checklist: ChecklistTemplate | None = None,
) -> Inspection:
    """Begin a return: from this moment the renter's clock stands still. Locks the rental.

    The vehicle stays with the renter on paper until `finish_return`. Safe to call twice: the first
    moment counts, and the draft inspection goes on. `checklist` is the version that a tablet asked by while it
    was offline; else today's is taken.

    Raises:
        WrongStation: it is to be returned elsewhere.
        NotOut: the vehicle is not with the renter.
        PresentedAtOutOfRange: before the keys were given, or in the future.
    """
    kind = InspectionKind.RETURN
    current = lock_rental(rental)
    if current.return_station_id != station.pk:
        words = _("Xe hẹn trả tại %(station)s. Khách có thể đổi trạm trả trong trang chuyến, mục Gia hạn.")
        raise WrongStation(words % {"station": current.return_station.name})
    if current.state != RentalState.ACTIVE:
        raise NotOut
    if current.presented_at is None:
        moment = presented_at or clock.now()
        _check_presented(current, moment)
        Rental.objects.filter(pk=current.pk).update(presented_at=moment)
        record("rental.presented", f"rental:{current.booking.code}", by=by, at=moment.isoformat())
        rental.presented_at = moment
    begun = {"by": user, "checklist": checklist or partial(version_for, kind, current.vehicle.model)}
    inspection, _created = Inspection.objects.get_or_create(rental=current, kind=kind, defaults=begun)
    return inspection


@transaction.atomic
def note_presented_at(*, rental: Rental, presented_at: datetime, reason: str, by: Actor) -> Rental:
    """Correct the moment at which the renter stood at the counter: there was a queue. Locks the rental.

    Raises:
        PresentedAtOutOfRange: before the keys were given, or in the future.
        ReasonMissing: nobody said why.
        NotOut: the return was not begun, or is finished.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    current = lock_rental(rental)
    if current.state != RentalState.ACTIVE or current.presented_at is None:
        raise NotOut
    _check_presented(current, presented_at)
    Rental.objects.filter(pk=current.pk).update(presented_at=presented_at)
    record(
        "rental.presented_corrected",
        f"rental:{current.booking.code}",
        by=by,
        reason=reason[:300],
        before=current.presented_at.isoformat(),
        after=presented_at.isoformat(),
    )
    rental.presented_at = presented_at
    return rental


@transaction.atomic
def cancel_return(*, rental: Rental, reason: str, by: Actor) -> Rental:
    """Take back a return that was begun by mistake: the renter drives on. Locks the rental.

    What the draft inspection holds is thrown away; the audit event says that there was one.

    Raises:
        ReasonMissing: nobody said why.
        NotOut: the return was not begun, or is finished.
        StepClosed: its inspection is completed.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    current = lock_rental(rental)
    if current.state != RentalState.ACTIVE or current.presented_at is None:
        raise NotOut
    inspection = inspection_of(current, InspectionKind.RETURN)
    if inspection.completed_at is not None:
        raise StepClosed
    record(
        "rental.return_cancelled",
        f"rental:{current.booking.code}",
        by=by,
        reason=reason[:300],
        presented_at=current.presented_at.isoformat(),
    )
    throw_away(inspection)
    Rental.objects.filter(pk=current.pk).update(presented_at=None)
    rental.presented_at = None
    return rental


@transaction.atomic
def finish_return(*, rental: Rental, by: Actor, despite: Collection[str] = ()) -> Settlement:
    """Take the vehicle back and write the settlement. Locks the booking, the rental, then the vehicle.

    Completes the return inspection if that is still to do. The vehicle goes to preparation with its new
    readings, its time is free from now on, and the renter is told what it came to. The deposit moves
    only when the settlement is accepted or its time to object is over, which begins when the renter can know of it.
    Safe to call twice. `despite` as in rentals/handovers/as_found.py.

    Raises:
        InspectionIncomplete, NoteMissing: the inspection still lacks something.
        NotOut: the return was not begun.
    """
    current = lock_rental(rental)
    before = Settlement.objects.filter(rental=current).first()
    if before is not None:
        return before
    if current.state != RentalState.ACTIVE or current.presented_at is None:
        raise NotOut
    inspection = inspection_of(current, InspectionKind.RETURN)
    inspection = complete_return_inspection(inspection=inspection, by=by, despite=despite)
    now = clock.now()
    states.move(RENTAL, current, to=RentalState.RETURNED, by=by, returned_at=now)
    settlement = write_settlement(
        rental=current, outcome=outcome_of(current), objection_until=clock.wall() + OBJECTION_TIME
    )
    states.move(RENTAL, current, to=RentalState.SETTLING, by=by)
    timeline.release(current.booking.allocation, at=now)
    _take_back(current, inspection, by, may_go_back=OdometerWentBack.code in despite)
    _settle_in(current, by)
    rental_returned.send(sender=Rental, rental=current)
    send_settlement(settlement)
    rental.state, rental.returned_at = current.state, now
    return settlement


def _settle_in(rental: Rental, by: Actor) -> None:
    """Make the station where a vehicle came back its home; a promise elsewhere must not hold up the return."""
    one_way.let_go(rental.booking)
    if rental.return_station_id == rental.vehicle.station_id:
        return
    try:
        with transaction.atomic():
            fleet.arrive_elsewhere(
                vehicle=rental.vehicle, at=rental.return_station, reason=rental.booking.code, by=by
            )
    except VehicleIsPromised:
        logger.error(
            "ALERT vehicle %s came back to %s and is promised at another station",
            rental.vehicle.code,
            rental.return_station.code,
        )


def _take_back(rental: Rental, inspection: Inspection, by: Actor, *, may_go_back: bool) -> None:
    vehicle = locks.lock_row(rental.vehicle)
    fleet.take_readings_as_found(
        vehicle=vehicle,
        odometer_km=inspection.odometer_km,
        battery_percent=inspection.battery_percent,
        by=by,
        may_go_back=may_go_back,
    )
    fleet.change_condition(vehicle=vehicle, to=Condition.PREPARATION, by=by, reason=rental.booking.code)


def _check_presented(rental: Rental, moment: datetime) -> None:
    if rental.started_at is None or not rental.started_at <= moment <= clock.now():
        raise PresentedAtOutOfRange

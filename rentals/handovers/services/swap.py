"""Another vehicle of the same model at the counter, before the keys are given."""

from django.db import transaction

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.bookings.services import one_way
from rentals.handovers.checklists import version_for
from rentals.handovers.enums import RENTAL, InspectionKind, RentalState
from rentals.handovers.errors import ReasonMissing, StepClosed, VehicleNotEqual
from rentals.handovers.models import Inspection, Rental
from rentals.handovers.services.inspections import throw_away
from rentals.handovers.services.rows import inspection_of, lock_rental
from stations.fleet.models import Vehicle, VehicleQuerySet
from stations.timeline import services as timeline
from stations.timeline.errors import VehicleUnavailable
from voltgo.core import clock, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


def equal_vehicles(rental: Rental) -> VehicleQuerySet:
    """Return the vehicles that could go out instead: same model, at this station, ready, free to the end."""
    booking = rental.booking
    return (
        Vehicle.objects.at(rental.pickup_station)
        .filter(model=booking.model_id)
        .rentable(booking.period)
        .free(timeline.with_turnaround(booking.period))
        .exclude(pk=rental.vehicle_id)
        .select_related("model")
        .order_by("-battery_percent", "plate")
    )


@transaction.atomic
def swap_vehicle(*, rental: Rental, vehicle: Vehicle, reason: str, user: User, by: Actor) -> Rental:
    """Hand out another vehicle of the same model: the one promised is not fit to go.

    The new claim is made before the old one is let go. The price stays, the inspection begins anew
    (papers stay checked), and when it is completed the contract is drawn up anew; one that both have signed is
    amended instead. Locks the booking, the rental, then the vehicle.

    Raises:
        ReasonMissing: nobody said why.
        StepClosed: the handover is over.
        VehicleNotEqual: another model, not ready, or just claimed by somebody else.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    current = lock_rental(rental)
    if current.state not in {RentalState.PREPARING, RentalState.READY_TO_SIGN}:
        raise StepClosed
    if not equal_vehicles(current).filter(pk=vehicle.pk).exists():
        raise VehicleNotEqual
    before = current.vehicle
    _claim_instead(current.booking, vehicle)
    throw_away(inspection_of(current, InspectionKind.PICKUP))
    version = version_for(InspectionKind.PICKUP, vehicle.model)
    Inspection.objects.create(rental=current, kind=InspectionKind.PICKUP, by=user, checklist=version)
    Rental.objects.filter(pk=current.pk).update(vehicle=vehicle)
    if current.state == RentalState.READY_TO_SIGN:
        states.move(RENTAL, current, to=RentalState.PREPARING, by=by, reason="vehicle swapped")
    record(
        "rental.vehicle_swapped",
        f"rental:{current.booking.code}",
        by=by,
        reason=reason[:300],
        before=before.code,
        after=vehicle.code,
    )
    rental.vehicle, rental.state = vehicle, current.state
    return rental


def _claim_instead(booking: Booking, vehicle: Vehicle) -> None:
    old = booking.allocation
    try:
        new = timeline.hold_vehicle(
            vehicle=vehicle,
            period=timeline.with_turnaround(booking.period),
            claimant=booking.reference,
            hold_expires_at=None,
        )
    except VehicleUnavailable as error:
        raise VehicleNotEqual from error
    Booking.objects.filter(pk=booking.pk).update(allocation=new)
    booking.allocation = new
    timeline.release(old, at=clock.now())
    one_way.follow_vehicle(booking)

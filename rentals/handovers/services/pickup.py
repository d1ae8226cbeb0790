"""Pickup: from the booking at the counter to the keys in the renter's hand."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction

from accounts.kyc.eligibility import Eligibility, NotEligible
from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import confirm_face
from accounts.users.models import User
from payments.intents.selectors import money_of
from rentals.bookings.enums import BOOKING, BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, check_eligibility
from rentals.contracts import services as contracts
from rentals.contracts.enums import ContractState
from rentals.contracts.errors import ContractAlreadySigned
from rentals.drivers.selectors import accounts_of_drivers
from rentals.drivers.services import check_at_pickup, is_face_compared
from rentals.handovers.as_found import refuse_unless_found
from rentals.handovers.checklists import version_for
from rentals.handovers.deposits import standing_with
from rentals.handovers.enums import OPEN_RENTAL_STATES, RENTAL, InspectionKind, RentalState
from rentals.handovers.errors import (
    AlreadyHandedOver,
    BookingNotConfirmed,
    FaceNotCompared,
    InspectionIncomplete,
    NotPaid,
    NotSigned,
    PapersNotChecked,
    ReasonMissing,
    RenterHasOpenRental,
    StepClosed,
    TooEarly,
    TooLate,
    VehicleNotReady,
    VehicleStillOut,
    WrongStation,
)
from rentals.handovers.models import Inspection, Rental
from rentals.handovers.rules import EARLIEST
from rentals.handovers.services import papers
from rentals.handovers.services.inspections import missing_steps
from rentals.handovers.services.rows import inspection_of, lock_rental
from stations.checklists.models import ChecklistTemplate
from stations.fleet import services as fleet
from stations.fleet.enums import Condition
from stations.fleet.errors import BatteryTooLow, OdometerWentBack
from stations.network.models import Station
from stations.timeline import services as timeline
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.models import AuditEvent
from voltgo.core.audit.services import record

AT_THE_COUNTER = (RentalState.PREPARING, RentalState.READY_TO_SIGN)


@transaction.atomic
def open_handover(
    *,
    booking: Booking,
    station: Station,
    user: User,
    by: Actor,
    checklist: ChecklistTemplate | None = None,
    despite: Collection[str] = (),
) -> Rental:
    """Begin a handover: the renter stands at the counter. Locks the booking.

    The booking becomes `arrived`; a rental with a draft inspection is made, and eligibility as it is
    today is written on it (record_papers refuses to go on if it is not given). Two tablets that begin
    one handover get one rental; so does a second call later, while the handover is under way.
    `checklist` is the version that a tablet asked by while it was offline; else today's is taken.
    `despite` as in rentals/handovers/as_found.py.

    Raises:
        WrongStation: it is not to be picked up here.
        AlreadyHandedOver: the vehicle is out or was out.
        BookingNotConfirmed: it is not paid, or has ended.
        TooEarly, TooLate: outside of 30 minutes before the start to the end.
        RenterHasOpenRental, VehicleStillOut: another rental must come back first.
    """
    current = locks.lock_row(booking)
    if current.pickup_station_id != station.pk:
        raise WrongStation
    rental = Rental.objects.filter(booking=current).first()
    if rental is not None:
        return _under_way(rental)
    _check_bookable(current, despite=despite, by=by)
    # The vehicle's own model: an upgrade may ask for another licence class.
    model = current.allocation.vehicle.model
    eligibility = check_eligibility(renter=current.renter, model=model, period=current.period)
    states.move(BOOKING, current, to=BookingState.ARRIVED, by=by)
    rental = _create(current, eligibility)
    states.begin(RENTAL, rental, by=by)
    version = checklist or version_for(InspectionKind.PICKUP, model)
    Inspection.objects.create(rental=rental, kind=InspectionKind.PICKUP, by=user, checklist=version)
    booking.state = current.state
    return rental


def assess_again(*, rental: Rental) -> Eligibility:
    """Assess the renter as of now and keep the result on the rental, in a transaction of its own.

    The result is kept also when it is a refusal: it is the reason why no keys were given.
    """
    booking = rental.booking
    eligibility = check_eligibility(renter=rental.renter, model=rental.vehicle.model, period=booking.period)
    Rental.objects.filter(pk=rental.pk).update(eligibility=eligibility.as_json())
    rental.eligibility = eligibility.as_json()
    return eligibility


def record_papers(
    *,
    rental: Rental,
    user: User,
    by: Actor,
    seen_drivers: Collection[str] = (),
    shown_selfies: Collection[int] | None = None,
    despite: Collection[str] = (),
) -> Rental:
    """Record that this person compared the original papers and the face with the profile.

    A selfie that no machine has compared is approved by it, if it is among `shown_selfies`: one that was sent
    after the page was loaded has been compared by nobody. `seen_drivers` holds the codes of additional drivers
    whose papers and faces were compared too; whoever is not among them, or may not drive today, is no driver of
    this trip. Locks the renter and the drivers, then the rental. Safe to call twice; the first comparison counts.
    `despite` as in rentals/handovers/as_found.py.

    Raises:
        NotEligible: as of now; `details["reasons"]` says why. The result is stored all the same.
        FaceNotCompared: there is no selfie, it is another one than was shown, or a reviewer has to look first.
        StepClosed: the handover has moved on or was aborted.
    """
    _require_eligible(rental, despite=despite, by=by)
    return _record_papers(
        rental=rental,
        user=user,
        by=by,
        seen_drivers=seen_drivers,
        shown_selfies=shown_selfies,
        despite=despite,
    )


@transaction.atomic
def _record_papers(
    *,
    rental: Rental,
    user: User,
    by: Actor,
    seen_drivers: Collection[str],
    shown_selfies: Collection[int] | None,
    despite: Collection[str],
) -> Rental:
    people = locks.lock(accounts_of_drivers(rental.booking) | User.objects.filter(pk=rental.renter_id))
    renter = rental.renter
    current = lock_rental(rental)
    if current.papers_checked_at is not None:
        return current
    if current.state not in AT_THE_COUNTER:
        raise StepClosed
    try:
        with transaction.atomic():
            if shown_selfies is not None:
                _refuse_unseen(people, shown_selfies)
            _confirm_face(renter, user, by)
    except FaceNotCompared as error:
        refuse_unless_found(error, despite=despite, code=current.booking.code, by=by)
    check_at_pickup(booking=current.booking, seen=seen_drivers, user=user, by=by)
    now = clock.now()
    Rental.objects.filter(pk=rental.pk).update(papers_checked_by=user, papers_checked_at=now)
    record("rental.papers_checked", f"rental:{current.booking.code}", by=by)
    rental.papers_checked_by, rental.papers_checked_at = user, now
    return rental


@transaction.atomic
def complete_pickup_inspection(*, rental: Rental, by: Actor, despite: Collection[str] = ()) -> Rental:
    """Close the pickup inspection and have the contract made from what it found. Locks the rental.

    The contract's PDF follows after commit. Safe to call twice. `despite` as in rentals/handovers/as_found.py.

    Raises:
        PapersNotChecked: nobody has compared the original papers.
        InspectionIncomplete: checklist, photos or readings lack; details name the steps.
        BatteryTooLow: below the model's minimum.
        VehicleNotReady: the vehicle has not passed its ready gate.
        StepClosed: the handover has moved on or was aborted.
    """
    current = lock_rental(rental)
    if current.state == RentalState.READY_TO_SIGN:
        return current
    if current.state != RentalState.PREPARING:
        raise StepClosed
    if current.papers_checked_at is None:
        raise PapersNotChecked
    inspection = inspection_of(current, InspectionKind.PICKUP)
    missing = missing_steps(inspection)
    if missing:
        error = InspectionIncomplete(missing=missing)
        refuse_unless_found(error, despite=despite, code=current.booking.code, by=by)
    _check_vehicle(current, inspection.battery_percent or 0, despite=despite, by=by)
    Inspection.objects.filter(pk=inspection.pk).update(completed_at=clock.now())
    states.move(RENTAL, current, to=RentalState.READY_TO_SIGN, by=by)
    _renew_papers(current, by)
    rental.state = current.state
    return current


def _renew_papers(rental: Rental, by: Actor) -> None:
    """Let the contract say what was found; one that both have signed is amended by the vehicle that goes out."""
    try:
        contracts.refresh_contract(booking=rental.booking, by=by)
    except ContractAlreadySigned:
        swapped = AuditEvent.objects.filter(
            action="rental.vehicle_swapped", subject=f"rental:{rental.booking.code}"
        ).last()
        papers.draw_up_swap(rental, reason=swapped.reason if swapped else "", by=by)


@transaction.atomic
def reopen_pickup_inspection(*, rental: Rental, by: Actor) -> Rental:
    """Open a completed pickup inspection again, as long as the contract is not signed by both.

    The contract that was made from it is voided when the inspection is completed with other data.
    Locks the rental.

    Raises:
        StepClosed: the contract is signed, or the handover has moved on.
    """
    current = lock_rental(rental)
    if current.state == RentalState.PREPARING:
        return current
    contract = contracts.current_contract(current.booking)
    is_signed = contract is not None and contract.state == ContractState.SIGNED
    if current.state != RentalState.READY_TO_SIGN or is_signed:
        raise StepClosed
    states.move(RENTAL, current, to=RentalState.PREPARING, by=by)
    Inspection.objects.filter(rental=current, kind=InspectionKind.PICKUP).update(completed_at=None)
    rental.state = current.state
    return current


def hand_over_keys(*, rental: Rental, by: Actor, despite: Collection[str] = ()) -> Rental:
    """Give the keys: the rental is active from now. Locks the booking, the rental, then the vehicle.

    Safe to call twice: on an active rental it changes nothing. `despite` as in rentals/handovers/as_found.py.

    Raises:
        NotEligible: as of now; the result is stored all the same.
        FaceNotCompared: nobody has compared the renter's face with their papers.
        NotSigned: one of the two signatures under the contract lacks.
        NotPaid: rent or deposit is not there in full.
        VehicleNotReady: the vehicle was taken out of service meanwhile.
        StepClosed: the inspection is not completed, or the handover was aborted.
    """
    if rental.state != RentalState.ACTIVE:
        _require_eligible(rental, despite=despite, by=by)
    return _hand_over_keys(rental=rental, by=by, despite=despite)


@transaction.atomic
def _hand_over_keys(*, rental: Rental, by: Actor, despite: Collection[str]) -> Rental:
    current = lock_rental(rental)
    if current.state == RentalState.ACTIVE:
        return current
    if current.state != RentalState.READY_TO_SIGN:
        raise StepClosed
    booking = current.booking
    found: dict[str, Any] = {"despite": despite, "code": booking.code, "by": by}
    if not is_face_compared(current.renter):
        refuse_unless_found(FaceNotCompared(), **found)
    contract = contracts.current_contract(booking)
    if contract is None or contract.state != ContractState.SIGNED:
        refuse_unless_found(NotSigned(), **found)
    missing = missing_money(booking)
    if missing:
        refuse_unless_found(NotPaid(due=missing), **found)
    inspection = inspection_of(current, InspectionKind.PICKUP)
    _check_vehicle(current, inspection.battery_percent or 0, despite=despite, by=by)
    timeline.start(booking.allocation)
    vehicle = locks.lock_row(current.vehicle)
    fleet.take_readings_as_found(
        vehicle=vehicle,
        odometer_km=inspection.odometer_km,
        battery_percent=inspection.battery_percent,
        by=by,
        may_go_back=OdometerWentBack.code in despite,
    )
    if vehicle.condition != Condition.READY:
        # Only with `despite`: it went out past the ready gate.
        fleet.ready_as_found(vehicle=vehicle, reason=booking.code, by=by)
    fleet.change_condition(vehicle=vehicle, to=Condition.ON_RENTAL, by=by, reason=booking.code)
    states.move(RENTAL, current, to=RentalState.ACTIVE, by=by, started_at=clock.now())
    states.move(BOOKING, booking, to=BookingState.FULFILLED, by=by)
    rental.state, rental.started_at = current.state, current.started_at
    return current


@transaction.atomic
def abort_handover(*, rental: Rental, reason: CancelReason, note: str, by: Actor) -> Rental:
    """End a handover without giving the keys; whose fault it is decides the refund. Locks the booking.

    The booking is cancelled and refunded by its policy, the vehicle stays at the station. An unfit
    vehicle goes back to preparation, so that the next renter does not get it unseen. Safe to call twice.

    Raises:
        ReasonMissing: nothing was said about what happened.
        StepClosed: the keys have been given.
    """
    note = note.strip()
    if not note:
        raise ReasonMissing
    current = lock_rental(rental)
    if current.state == RentalState.ABORTED:
        return current
    if current.state not in AT_THE_COUNTER:
        raise StepClosed
    states.move(RENTAL, current, to=RentalState.ABORTED, by=by, reason=f"{reason}: {note}"[:300])
    cancel_booking(booking=current.booking, reason=reason, by=by)
    vehicle = locks.lock_row(current.vehicle)
    if reason == CancelReason.VEHICLE_UNFIT and vehicle.condition == Condition.READY:
        fleet.back_to_preparation(vehicle=vehicle, reason=note, by=by)
    rental.state = current.state
    return current


def _refuse_unseen(people: Collection[User], shown: Collection[int]) -> None:
    """Let nobody's tick confirm a selfie that came after the page was loaded."""
    open_selfies = IdentityDocument.objects.filter(
        user__in=people, kind=DocumentKind.SELFIE, state=DocumentState.AUTO_PASSED
    )
    if open_selfies.exclude(pk__in=shown).exists():
        raise FaceNotCompared


def _confirm_face(renter: User, user: User, by: Actor) -> None:
    """Approve a selfie that was left to the counter; one that was compared stays as it is."""
    selfie = renter.documents.filter(kind=DocumentKind.SELFIE, state=DocumentState.AUTO_PASSED).last()
    if selfie is not None:
        confirm_face(document=selfie, user=user, by=by)
    elif not is_face_compared(renter):
        raise FaceNotCompared


def missing_money(booking: Booking) -> int:
    """Return what of rent and deposit has not come and is not held on a card, in dong.

    A deposit that a supervisor has waived is not missing.
    """
    money = money_of(booking.reference)
    rent = max(0, booking.quote.total_amount - money.prepaid)
    return rent + standing_with(booking, money.deposit).missing


def _under_way(rental: Rental) -> Rental:
    if rental.state in AT_THE_COUNTER:
        return rental
    if rental.state == RentalState.ABORTED:
        raise BookingNotConfirmed(state=BookingState.CANCELLED)
    raise AlreadyHandedOver


def _check_bookable(booking: Booking, *, despite: Collection[str], by: Actor) -> None:
    if booking.state != BookingState.CONFIRMED:
        raise BookingNotConfirmed(state=booking.shown_state)
    now = clock.now()
    opens_at = booking.starts_at - EARLIEST
    if now < opens_at:
        refuse_unless_found(TooEarly(opens_at=opens_at), despite=despite, code=booking.code, by=by)
    if now >= booking.ends_at:
        refuse_unless_found(TooLate(), despite=despite, code=booking.code, by=by)
    others = Rental.objects.filter(state__in=OPEN_RENTAL_STATES).select_related("booking")
    same_renter = others.filter(renter=booking.renter_id).first()
    if same_renter is not None:
        raise RenterHasOpenRental(booking=same_renter.booking.code)
    same_vehicle = others.filter(vehicle=booking.allocation.vehicle_id).first()
    if same_vehicle is not None:
        raise VehicleStillOut(booking=same_vehicle.booking.code)


def _create(booking: Booking, eligibility: Eligibility) -> Rental:
    """Insert the rental; the partial unique indexes judge a race between two bookings."""
    try:
        with transaction.atomic():
            return Rental.objects.create(
                booking=booking,
                renter=booking.renter,
                vehicle=booking.allocation.vehicle,
                pickup_station=booking.pickup_station,
                return_station=booking.return_station,
                due_at=booking.ends_at,
                eligibility=eligibility.as_json(),
            )
    except IntegrityError as error:
        if "rental_one_open_per_renter" in str(error):
            raise RenterHasOpenRental from error
        if "rental_one_open_per_vehicle" in str(error):
            raise VehicleStillOut from error
        raise


def _check_vehicle(rental: Rental, battery_percent: int, *, despite: Collection[str], by: Actor) -> None:
    vehicle, code = rental.vehicle, rental.booking.code
    if vehicle.condition != Condition.READY:
        error = VehicleNotReady(condition=vehicle.condition)
        refuse_unless_found(error, despite=despite, code=code, by=by)
    if battery_percent < vehicle.model.minimum_battery_percent:
        low = BatteryTooLow(minimum=vehicle.model.minimum_battery_percent)
        refuse_unless_found(low, despite=despite, code=code, by=by)


def _require_eligible(rental: Rental, *, despite: Collection[str], by: Actor) -> None:
    eligibility = assess_again(rental=rental)
    if not eligibility.is_eligible:
        error = NotEligible(reasons=eligibility.reasons)
        refuse_unless_found(error, despite=despite, code=rental.booking.code, by=by)

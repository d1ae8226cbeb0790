"""Taking a vehicle out of service with everybody who is promised it looked after, and putting it back."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from rentals.bookings.enums import OPEN_STATES
from rentals.bookings.models import Booking
from rentals.bookings.services.repack import plan_without
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.incidents.enums import OPEN_INCIDENT_STATES, Ending, IncidentKind
from rentals.incidents.errors import (
    AlreadyOutOfService,
    NotMissing,
    NotOutOfService,
    OutOfServiceInThePast,
    ReasonMissing,
)
from rentals.incidents.models import Incident
from rentals.incidents.replacing import Fate, Taken, fate_of
from rentals.incidents.rules import DECIDE_WITHIN, NOW, OPEN_END
from rentals.incidents.services.cases import add_note, open_incident, settle
from rentals.incidents.services.replacing import move_to_equals, one_at_a_time, replace_vehicle
from stations.fleet import services as fleet
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from stations.timeline.enums import AllocationKind
from stations.timeline.outages import block_gaps, claims_within, end_blocks
from stations.timeline.reshaping import period_of
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit.services import record
from voltgo.core.clock import Period

logger = logging.getLogger(__name__)

CAN_BE_PARKED = (Condition.READY, Condition.PREPARATION)


@dataclass(frozen=True, slots=True)
class OutOfServicePlan:
    """What taking a vehicle out of service for a period would mean, or has meant, for whom."""

    vehicle: Vehicle
    period: Period
    fates: tuple[Fate, ...]
    # It is out with somebody now; that rental goes on, and only what follows is affected.
    rental: Rental | None = None
    # Bookings of other vehicles that change place to make room; their renters need not know.
    also_moved: int = 0


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A vehicle that was taken out of service: the incident that says why, and what became of whom."""

    incident: Incident
    fates: tuple[Fate, ...]


def from_now(until: datetime | None = None) -> Period:
    """Return the period from now on; without an end it lasts longer than anybody can book ahead."""
    start = clock.now().replace(microsecond=0)
    if until is not None and until <= start:
        raise OutOfServiceInThePast
    return Period(start, until.replace(microsecond=0) if until else start + OPEN_END)


def preview_out_of_service(*, vehicle: Vehicle, period: Period | None = None) -> OutOfServicePlan:
    """Say for each affected booking what would become of it; writes nothing and locks nothing.

    Without a period: from now on, without an end. In order of time, as applying it does it, and with what an
    earlier booking of the plan would take counted as taken.
    """
    period = period or from_now()
    plan = plan_without(vehicle=vehicle, period=period, moves_chosen=True)
    equals = {move.booking.pk: move.after for move in plan.moved_off}
    taken = [Taken(move.after.pk, period_of(move.booking.allocation)) for move in plan.moves]
    fates = []
    for booking in _affected(vehicle, period):
        if booking.pk in equals:
            fate = Fate(booking, Ending.MOVED, equals[booking.pk])
        else:
            fate = fate_of(booking, within=DECIDE_WITHIN, taken=taken)
            taken += [fate.taken] if fate.taken else []
        fates.append(fate)
    also_moved = len(plan.moves) - len(plan.moved_off)
    return OutOfServicePlan(vehicle, period, tuple(fates), _rental_of(vehicle), also_moved)


def take_out_of_service(
    *,
    vehicle: Vehicle,
    period: Period | None = None,
    reason: str,
    by: Actor,
    kind: IncidentKind = IncidentKind.BREAKDOWN,
) -> TakenOut:
    """Take a vehicle out of service and look after everybody who is promised it.

    First, in one transaction: the incident, the vehicle's condition, and a block on all of its time that is
    still free, so that nobody books into the gap. Then the bookings in a few transactions, by the plan that
    `preview_out_of_service` shows if it is still possible, planned anew if not; the time that a booking
    leaves is blocked with it. What a crash leaves undone the ladder does (`look_after_all`).

    Raises:
        ReasonMissing: nobody said why.
        OutOfServiceInThePast: the period is over.
        AlreadyOutOfService: another incident keeps it out of service for part of this time.
    """
    incident = begin_out_of_service(
        vehicle=vehicle, period=period or from_now(), reason=reason, by=by, kind=kind
    )
    return TakenOut(incident, tuple(look_after(incident=incident, by=by)))


@transaction.atomic
def begin_out_of_service(
    *,
    vehicle: Vehicle,
    period: Period,
    reason: str,
    by: Actor,
    kind: IncidentKind = IncidentKind.BREAKDOWN,
) -> Incident:
    """Do the first of what `take_out_of_service` does, in the caller's transaction: nobody books into the gap.

    Whoever calls this sees to it that `look_after` follows in transactions of its own. Locks the vehicle.

    Raises:
        ReasonMissing, OutOfServiceInThePast, AlreadyOutOfService: as `take_out_of_service`.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    if period.ends_at <= clock.now():
        raise OutOfServiceInThePast
    current = locks.lock_row(vehicle)
    if _keeping_out(current).filter(out_from__lt=period.ends_at, out_until__gt=period.starts_at).exists():
        raise AlreadyOutOfService
    incident = open_incident(kind=kind, vehicle=current, rental=_rental_of(current), note=reason, by=by)
    Incident.objects.filter(pk=incident.pk).update(out_from=period.starts_at, out_until=period.ends_at)
    incident.out_from, incident.out_until = period.starts_at, period.ends_at
    record(
        "vehicle.out_of_service",
        f"vehicle:{current.code}",
        by=by,
        reason=reason[:300],
        incident=incident.code,
        starts_at=period.starts_at.isoformat(),
        ends_at=period.ends_at.isoformat(),
    )
    _park(current, incident, by)
    block_gaps(vehicle=current, period=period, claimant=incident.reference)
    vehicle.condition = current.condition
    return incident


def _park(vehicle: Vehicle, incident: Incident, by: Actor) -> None:
    """Send a vehicle that stands at its station to maintenance, once its time out of service has begun."""
    has_begun = incident.out_from is not None and incident.out_from <= clock.now() + NOW
    if has_begun and vehicle.condition in CAN_BE_PARKED:
        reason = incident.note.partition("\n")[0] or incident.code
        fleet.send_to_maintenance(vehicle=vehicle, reason=reason, by=by)


def look_after(*, incident: Incident, by: Actor) -> list[Fate]:
    """Block what has become free of an incident's time, and look after the bookings that are still in it.

    Safe to call again and again: a booking that was looked after is no longer on the vehicle. What waits for
    an operator is named in the incident's note, once.
    """
    assert incident.out_from is not None and incident.out_until is not None  # noqa: PT018 (both or neither)
    now = clock.now().replace(microsecond=0)
    if incident.out_until <= now:
        return []
    period = Period(max(incident.out_from, now), incident.out_until)
    vehicle = incident.vehicle
    block = partial(block_gaps, vehicle=vehicle, period=period, claimant=incident.reference)
    block()
    reason = incident.note.partition("\n")[0]
    fates = move_to_equals(out=vehicle, period=period, reason=reason, by=by, then=block)
    for booking in _affected(vehicle, period):
        fate = one_at_a_time(
            booking,
            lambda booking: replace_vehicle(
                booking=booking, out=vehicle, within=DECIDE_WITHIN, reason=reason, by=by, then=block
            ),
        )
        if fate is None:
            continue
        fates.append(fate)
        if fate.ending == Ending.UNDECIDED:
            _ask_operator(incident, booking)
    return sorted(fates, key=lambda fate: (fate.booking.starts_at, fate.booking.pk))


def affected_bookings(incident: Incident) -> list[Booking]:
    """Return the bookings that an incident still keeps waiting: for an operator, or for the counter."""
    now = clock.now().replace(microsecond=0)
    if incident.out_from is None or incident.out_until is None or incident.out_until <= now:
        return []
    return _affected(incident.vehicle, Period(max(incident.out_from, now), incident.out_until))


def _ask_operator(incident: Incident, booking: Booking) -> None:
    words = _("%(code)s, nhận lúc %(time)s: chưa có xe thay, cần vận hành quyết định.") % {
        "code": booking.code,
        "time": f"{clock.local(booking.starts_at):%H:%M %d/%m}",
    }
    add_note(incident=incident, note=words, by=SYSTEM)


def look_after_all() -> int:
    """Go on with every vehicle that is out of service, as the system; return how many bookings were settled."""
    open_ones = Incident.objects.filter(
        state__in=OPEN_INCIDENT_STATES, out_until__gt=clock.now()
    ).select_related("vehicle__model", "vehicle__station")
    settled = 0
    for incident in open_ones.order_by("pk"):
        try:
            settled += _go_on_with(incident)
        except Exception:
            # One that fails must not keep the others waiting; it is tried again in a minute.
            logger.exception("incident %s could not be looked after", incident.code)
    return settled


def _go_on_with(incident: Incident) -> int:
    if incident.vehicle.condition in CAN_BE_PARKED:
        _park(incident.vehicle, incident, SYSTEM)
    return sum(fate.is_settled for fate in look_after(incident=incident, by=SYSTEM))


@transaction.atomic
def put_back_in_service(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """End what keeps a vehicle out of service now; it goes to preparation, and its time is free again.

    Resolves the incidents behind it. Whoever waits for a vehicle hears of the freed time from the timeline.
    Locks the vehicle, then the incidents.

    Raises:
        ReasonMissing: nobody said what was done.
        NotOutOfService: nothing keeps it out of service.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    current = locks.lock_row(vehicle)
    now = clock.now()
    behind = list(_keeping_out(current).filter(out_from__lte=now).order_by("pk"))
    is_parked = current.condition == Condition.MAINTENANCE
    if not behind and not is_parked:
        raise NotOutOfService
    for incident in behind:
        _give_time_back(incident, now)
        settle(incident=incident, resolution=reason, by=by)
    end_blocks(vehicle=current, claimant=f"{AllocationKind.MAINTENANCE}:{current.code}", at=now, running=True)
    if is_parked:
        fleet.back_from_maintenance(vehicle=current, reason=reason[:300], by=by)
    record("vehicle.back_in_service", f"vehicle:{current.code}", by=by, reason=reason[:300])
    vehicle.condition = current.condition
    return vehicle


@transaction.atomic
def resolve_incident(*, incident: Incident, resolution: str, by: Actor) -> Incident:
    """Resolve an incident; if it keeps a vehicle out of service, that ends with it.

    Locks the vehicle, then the incident.

    Raises:
        ReasonMissing: nobody said what was done.
    """
    vehicle = locks.lock_row(incident.vehicle)
    settle(incident=incident, resolution=resolution, by=by)
    if incident.out_until is None:
        return incident
    now = clock.now()
    _give_time_back(incident, now)
    stays_out = _keeping_out(vehicle).filter(out_from__lte=now).exists()
    if vehicle.condition == Condition.MAINTENANCE and not stays_out:
        fleet.back_from_maintenance(vehicle=vehicle, reason=resolution.strip()[:300], by=by)
    return incident


def _give_time_back(incident: Incident, now: datetime) -> None:
    """End an incident's blocks; what it took until now stays written."""
    end_blocks(vehicle=incident.vehicle, claimant=incident.reference, at=now)
    out_from, out_until = incident.out_from, incident.out_until
    if out_from is None or out_until is None:
        return
    if out_until > now:
        out_from, out_until = (out_from, now) if out_from < now else (None, None)
        Incident.objects.filter(pk=incident.pk).update(out_from=out_from, out_until=out_until)
    incident.out_from, incident.out_until = out_from, out_until


@transaction.atomic
def declare_missing(*, incident: Incident, reason: str, by: Actor) -> Incident:
    """Write a vehicle off as missing for now: an operator's step, never the system's. Locks the vehicle.

    It comes back by its return, or by a person who finds it.

    Raises:
        ReasonMissing: nobody said what was tried.
        NotMissing: it is not out with a renter.
        NotAllowed: not for this actor.
    """
    if not reason.strip():
        raise ReasonMissing
    vehicle = locks.lock_row(incident.vehicle)
    if vehicle.condition != Condition.ON_RENTAL:
        raise NotMissing
    fleet.change_condition(vehicle=vehicle, to=Condition.MISSING, by=by, reason=reason.strip()[:300])
    add_note(incident=incident, note=reason, by=by)
    return incident


def _keeping_out(vehicle: Vehicle) -> QuerySet[Incident]:
    """Return the open incidents that keep a vehicle out of service, now or later."""
    return Incident.objects.filter(
        Q(out_until__gt=clock.now()), vehicle=vehicle, state__in=OPEN_INCIDENT_STATES
    )


def _affected(vehicle: Vehicle, period: Period) -> list[Booking]:
    """Return the bookings whose claim on the vehicle touches a period, in order of time."""
    claims = [claim.pk for claim in claims_within(vehicle, period) if claim.kind == AllocationKind.BOOKING]
    rows = Booking.objects.filter(allocation__in=claims, state__in=OPEN_STATES)
    related = ("renter", "model", "quote", "allocation__vehicle__model", "pickup_station__city")
    return [row for row in rows.select_related(*related).order_by("starts_at", "pk") if not row.is_hold_over]


def _rental_of(vehicle: Vehicle) -> Rental | None:
    return Rental.objects.filter(vehicle=vehicle, state=RentalState.ACTIVE).select_related("booking").first()

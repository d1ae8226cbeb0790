"""Reminders before a pickup, and the rungs of the overdue ladder: derived on read, each told exactly once."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from accounts.notifications.services import notify
from accounts.users.models import User
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.handovers.rules import fee_clock, minutes_late
from rentals.handovers.services.rows import lock_rental
from rentals.incidents.enums import IncidentKind
from rentals.incidents.rules import (
    DUE,
    ESCALATED,
    FIRST_RUNG,
    MISSING,
    OVERDUE,
    PICKUP_REMINDER,
    REMINDER,
    Rung,
    rung_at,
)
from rentals.incidents.services.cases import open_incident
from stations.network.models import StaffPost
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM

logger = logging.getLogger(__name__)

INCIDENT_OF = {ESCALATED: IncidentKind.OVERDUE, MISSING: IncidentKind.MISSING}


# --- Before pickup ------------------------------------------------------------------------------------


def pickup_key(booking: Booking) -> str:
    """Return what makes a pickup reminder unique: a booking that is moved to another time is reminded anew."""
    return f"{MessageKind.PICKUP_REMINDER}:{booking.code}:{int(booking.starts_at.timestamp())}"


def remind_of_pickups() -> int:
    """Remind everybody whose pickup is near, once; return how many.

    Who booked when it was near already has just read it all, and is not reminded.
    """
    now = clock.now()
    near = Booking.objects.filter(
        state=BookingState.CONFIRMED,
        starts_at__gt=now,
        starts_at__lte=now + PICKUP_REMINDER,
        confirmed_at__lt=F("starts_at") - PICKUP_REMINDER,
    ).order_by("pk")
    untold = _untold({pickup_key(booking): booking for booking in near})
    return sum(_one_by_one(_remind_of_pickup, booking) for booking in untold)


@transaction.atomic
def _remind_of_pickup(booking: Booking) -> bool:
    current = locks.lock_row(booking)
    now = clock.now()
    is_near = now < current.starts_at <= now + PICKUP_REMINDER
    if current.state != BookingState.CONFIRMED or not is_near or _is_told(pickup_key(current)):
        return False
    notify(
        user=current.renter,
        kind=MessageKind.PICKUP_REMINDER,
        key=pickup_key(current),
        reference=current.reference,
        context={
            "code": current.code,
            "vehicle_model": str(current.allocation.vehicle.model),
            "starts_at": current.starts_at,
            "pickup_name": current.pickup_station.name,
            "pickup_address": current.pickup_station.address,
        },
    )
    return True


# --- Before and after the return is due ---------------------------------------------------------------


def rung_key(rental: Rental, rung: Rung) -> str:
    """Return what makes a rung unique: an extension moves the due time, and the ladder begins anew."""
    return f"{rung.kind}:{rental.booking.code}:{rung.code}:{int(rental.due_at.timestamp())}"


def climb() -> int:
    """Tell every renter the highest rung that their rental has reached, once; return how many were told.

    However late it runs: rungs that were passed meanwhile are not told any more.
    """
    now = clock.now()
    out = (
        Rental.objects.filter(
            state=RentalState.ACTIVE, presented_at__isnull=True, due_at__lte=now - FIRST_RUNG
        )
        .select_related("booking")
        .order_by("pk")
    )
    wanted = {}
    for rental in out:
        rung = rung_at(rental.due_at, now)
        if rung is not None:
            wanted[rung_key(rental, rung)] = rental
    return sum(_one_by_one(_tell_rung, rental) for rental in _untold(wanted))


@transaction.atomic
def _tell_rung(rental: Rental) -> bool:
    """Tell one rental's rung as it is now. Locks the booking and the rental: against a return at this moment."""
    current = lock_rental(rental)
    now = clock.now()
    rung = rung_at(current.due_at, now)
    if current.state != RentalState.ACTIVE or current.presented_at is not None or rung is None:
        return False
    key = rung_key(current, rung)
    if _is_told(key):
        return False
    notify(
        user=current.renter,
        kind=rung.kind,
        key=key,
        reference=current.booking.reference,
        context=_rung_context(current, rung, now),
    )
    kind = INCIDENT_OF.get(rung)
    if kind is not None:
        _open(current, kind, now)
    return True


def _open(rental: Rental, kind: IncidentKind, now: datetime) -> None:
    """Open the incident of a rung and write to everybody who works where the vehicle is awaited."""
    hours = minutes_late(rental.due_at, now) // 60
    incident = open_incident(
        kind=kind,
        vehicle=rental.vehicle,
        station=rental.return_station,
        rental=rental,
        by=SYSTEM,
    )
    station = rental.return_station
    posts = StaffPost.objects.filter(station=station, ended_at=None, user__is_active=True)
    for user in User.objects.filter(pk__in=posts.values("user")).order_by("pk"):
        with translation.override(user.language):
            kind_label = str(kind.label)
        notify(
            user=user,
            kind=MessageKind.INCIDENT_OPENED,
            key=f"incident:{incident.code}:{int(rental.due_at.timestamp())}:{user.pk}",
            reference=incident.reference,
            context={
                "incident": incident.code,
                "kind_label": kind_label,
                "plate": rental.vehicle.plate,
                "vehicle_model": str(rental.vehicle.model),
                "station_name": station.name,
                "renter_name": rental.renter.full_name,
                "renter_phone": rental.renter.phone,
                "hours_late": hours,
            },
        )


def _rung_context(rental: Rental, rung: Rung, now: datetime) -> dict[str, Any]:
    station = rental.return_station
    context: dict[str, Any] = {
        "code": rental.booking.code,
        "vehicle_model": str(rental.vehicle.model),
        "due_at": rental.due_at,
        "return_name": station.name,
    }
    if rung in {REMINDER, DUE}:
        return context | {"return_address": station.address}
    late = minutes_late(rental.due_at, now)
    measure = {"minutes_late": late} if rung == OVERDUE else {"hours_late": late // 60}
    return context | measure | {"fee": fee_clock(rental.booking.quote.terms, rental.due_at, now)}


# --- Both ---------------------------------------------------------------------------------------------


def _untold(wanted: Mapping[str, Any]) -> list[Any]:
    """Drop what was told before, in one query: a quiet minute costs two."""
    told = set(Delivery.objects.filter(key__in=list(wanted)).values_list("key", flat=True))
    return [row for key, row in wanted.items() if key not in told]


def _is_told(key: str) -> bool:
    return Delivery.objects.filter(key=key).exists()


def _one_by_one(tell: Any, row: Any) -> bool:
    """Tell one; a fault there must not keep the others waiting. It is tried again on the next run."""
    try:
        return bool(tell(row))
    except Exception:
        logger.exception("%s %s was not told", type(row).__name__, row.pk)
        return False

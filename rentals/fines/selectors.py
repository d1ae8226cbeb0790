"""Finding whose a fine is, and a renter's fines."""

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Replace, Upper

from accounts.models import User
from rentals.bookings.models import Booking
from rentals.fines.enums import UNDECIDED_STATES, FineState
from rentals.fines.importing import plain_plate
from rentals.fines.models import TrafficFine
from rentals.handovers.models import Rental
from stations.fleet.models import Vehicle


def vehicle_of(plate: str) -> Vehicle | None:
    """Return the vehicle with a plate, however it is written; None unless exactly one has it."""
    bare = Upper(F("plate"))
    for sign in (" ", "-", "."):
        bare = Replace(bare, Value(sign), Value(""))  # type: ignore[assignment]
    found = list(Vehicle.objects.annotate(bare=bare).filter(bare=plain_plate(plate))[:2])
    return found[0] if len(found) == 1 else None


def rental_of(vehicle: Vehicle, fine: TrafficFine) -> Rental | None:
    """Return the rental that had the vehicle at the moment of the fine: keys given, not yet brought back.

    The moment of the return itself belongs to the renter no more. None unless exactly one did.
    """
    at = fine.violated_at
    out = Rental.objects.filter(vehicle=vehicle, started_at__lte=at).filter(
        Q(presented_at__gt=at)
        | Q(presented_at=None, returned_at=None, state="active")
        | Q(presented_at=None, returned_at__gt=at)
    )
    found = list(out.select_related("booking", "renter")[:2])
    return found[0] if len(found) == 1 else None


def fines_of(user: User) -> QuerySet[TrafficFine]:
    """Return the fines that a renter was told of, newest first."""
    told = TrafficFine.objects.filter(payer=user).exclude(state__in=[FineState.RECEIVED, FineState.MATCHED])
    return told.select_related("rental__booking", "vehicle__model").order_by("-violated_at", "-pk")


def fines_of_booking(booking: Booking) -> QuerySet[TrafficFine]:
    return fines_of(booking.renter).filter(rental__booking=booking)


def keeps_deposit(reference: str) -> bool:
    """Say whether a fine of this booking is undecided, so that what is kept of its deposit must wait."""
    prefix, _, code = reference.partition(":")
    undecided = TrafficFine.objects.filter(rental__booking__code=code, state__in=UNDECIDED_STATES)
    return prefix == "booking" and undecided.exists()

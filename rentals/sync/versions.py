"""What a tablet decides by, as one short name: when it differs at synchronisation, something has changed meanwhile."""

import hashlib
import json
from datetime import UTC, datetime

from django.core import signing

from rentals.bookings.models import Booking
from rentals.contracts.selectors import current_contract
from rentals.handovers.services.pickup import missing_money
from voltgo.core.money import Dong

LENGTH = 12
TICKET_SALT = "voltgo.sync.ticket"


def version_of(
    *,
    state: str,
    vehicle: str,
    starts_at: datetime,
    ends_at: datetime,
    contract_sha256: str,
    missing: Dong,
) -> str:
    """Return the version of a booking from what it is made of."""
    parts = [state, vehicle, _utc(starts_at), _utc(ends_at), contract_sha256, missing]
    text = json.dumps(parts, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def booking_version(booking: Booking) -> str:
    """Return the present version of a booking: state, vehicle, period, contract, and what money it lacks."""
    contract = current_contract(booking)
    return version_of(
        state=booking.state,
        vehicle=booking.allocation.vehicle.code,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        contract_sha256=contract.sha256 if contract else "",
        missing=missing_money(booking),
    )


def ticket_for(subject: str, *, version: str, station: str, snapshot: str) -> str:
    """Return the proof that this server has offered a subject in this version to this station."""
    return signing.dumps({"s": subject, "v": version, "st": station, "sn": snapshot}, salt=TICKET_SALT)

"""Handovers and returns as tests need them, brought about by the services themselves."""

import base64
import io
import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any

from PIL import Image, ImageDraw

from accounts.access.actors import renter_actor, staff_actor
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.contracts import services as contracts
from rentals.contracts.enums import Signer
from rentals.contracts.models import Contract
from rentals.handovers import checklists, services
from rentals.handovers.enums import InspectionKind
from rentals.handovers.models import Inspection, Rental, Settlement
from rentals.pricing.services import Option, make_quote
from stations.fleet.models import Vehicle
from tests.factories.accounts import photo_bytes
from tests.factories.money import pay
from tests.factories.rentals import a_period
from voltgo.core import outbox
from voltgo.core.actors import Actor
from voltgo.core.clock import Period

PICKUP_KM = 12_000
PICKUP_BATTERY = 90
# Decoding a dozen full photographs would be most of a test's time.
SMALL = (320, 240)
STROKES = json.dumps(
    [[[10, 60, 0], [40, 20, 30], [80, 70, 60], [120, 25, 90], [170, 65, 120], [220, 40, 150]]]
)

_numbers = count(1)


@lru_cache(maxsize=1)
def signature_image() -> str:
    """Return a drawn signature as the pad sends it."""
    picture = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(picture).line(
        [(60, 120), (160, 50), (260, 140), (400, 60), (520, 110)], fill="#10211b", width=6
    )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def paid_booking(
    *, renter: User, vehicle: Vehicle, period: Period | None = None, options: Sequence[Option] = ()
) -> Booking:
    """Hold and pay a booking of this vehicle; the contract is drafted."""
    period = period or a_period()
    quote = make_quote(
        model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle, options=options
    )
    booking = hold_booking(
        renter=renter, quote=quote, idempotency_key=f"test-{next(_numbers)}", by=renter_actor(renter)
    )
    pay(booking)
    booking.refresh_from_db()
    return booking


def opened(*, booking: Booking, attendant: User, **_fields: Any) -> Rental:
    """Begin the handover of a booking."""
    by = staff_actor(attendant)
    return services.open_handover(booking=booking, station=booking.pickup_station, user=attendant, by=by)


def pickup_of(rental: Rental) -> Inspection:
    return Inspection.objects.get(rental=rental, kind=InspectionKind.PICKUP)


def return_of(rental: Rental) -> Inspection:
    return Inspection.objects.get(rental=rental, kind=InspectionKind.RETURN)


def take_photos(inspection: Inspection, by: Actor) -> None:
    """Photograph every position."""
    for item in checklists.photos_of(inspection):
        services.add_photo(inspection=inspection, position=item.code, upload=photo_bytes(*SMALL), by=by)


def inspect(
    rental: Rental, attendant: User, *, odometer_km: int = PICKUP_KM, battery_percent: int = PICKUP_BATTERY
) -> Inspection:
    """Fill the pickup inspection: papers, checklist, photos, readings."""
    by = staff_actor(attendant)
    inspection = pickup_of(rental)
    services.record_papers(rental=rental, user=attendant, by=by)
    items = checklists.items_of(inspection)
    services.save_inspection(
        inspection=inspection,
        checked=[item.code for item in items],
        odometer_km=odometer_km,
        battery_percent=battery_percent,
        by=by,
    )
    take_photos(inspection, by)
    return inspection


def ready_to_sign(*, booking: Booking, attendant: User, **readings: int) -> Rental:
    """Bring a handover to the contract."""
    rental = opened(booking=booking, attendant=attendant)
    inspect(rental, attendant, **readings)
    services.complete_pickup_inspection(rental=rental, by=staff_actor(attendant))
    return rental


def rendered_contract(booking: Booking) -> Contract:
    """Make the document of a booking's contract, as a worker does."""
    contract = contracts.current_contract(booking)
    assert contract is not None
    return contracts.ensure_rendered(contract)


def sign_both(rental: Rental, attendant: User) -> None:
    """Render the contract and sign it for both sides."""
    contract = contracts.current_contract(rental.booking)
    assert contract is not None
    contract = contracts.ensure_rendered(contract)
    for signer, user in ((Signer.RENTER, rental.renter), (Signer.STAFF, attendant)):
        contracts.sign(
            contract=contract,
            signer=signer,
            user=user,
            image=signature_image(),
            strokes=STROKES,
            ip_address="127.0.0.1",
            device="test",
            by=staff_actor(attendant),
        )


def handed_over(*, booking: Booking, attendant: User, **readings: int) -> Rental:
    """Bring a booking all the way to the keys."""
    rental = ready_to_sign(booking=booking, attendant=attendant, **readings)
    sign_both(rental, attendant)
    services.hand_over_keys(rental=rental, by=staff_actor(attendant))
    rental.refresh_from_db()
    return rental


def presented(
    rental: Rental,
    attendant: User,
    *,
    odometer_km: int = PICKUP_KM + 100,
    battery_percent: int = 60,
    at: datetime | None = None,
) -> Inspection:
    """Begin a return and fill its inspection."""
    by = staff_actor(attendant)
    inspection = services.open_return(
        rental=rental, station=rental.return_station, user=attendant, by=by, presented_at=at
    )
    items = checklists.items_of(inspection)
    services.save_inspection(
        inspection=inspection,
        checked=[item.code for item in items],
        odometer_km=odometer_km,
        battery_percent=battery_percent,
        by=by,
    )
    take_photos(inspection, by)
    return inspection


def returned(rental: Rental, attendant: User, **found: Any) -> Settlement:
    """Bring a rental to its settlement."""
    presented(rental, attendant, **found)
    settlement = services.finish_return(rental=rental, by=staff_actor(attendant))
    rental.refresh_from_db()
    return settlement


def accepted_on_the_glass(rental: Rental, attendant: User) -> Settlement:
    """Have the renter sign the settlement, and do what was promised."""
    settlement = services.accept_settlement(
        rental=rental, by=staff_actor(attendant), image=signature_image(), strokes=STROKES
    )
    rental.refresh_from_db()
    outbox.run_all()
    return settlement

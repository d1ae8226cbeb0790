"""What a tablet did one after the other on one vehicle or one drawer, whichever of it has its pictures first."""

from datetime import timedelta

import pytest

from rentals.bookings.services import hold_booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.pricing.services import make_quote
from stations.checklists.enums import Purpose
from stations.fleet.enums import Condition
from tests.factories.accounts import make_renter
from tests.factories.cash import notes_for
from tests.factories.handovers import handed_over, paid_booking, rendered_contract
from tests.factories.rentals import a_period
from tests.factories.tablets import list_for
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")
FLOAT = 1_000_000


@pytest.fixture
def rental(booking, attendant):
    return handed_over(booking=booking, attendant=attendant)


@pytest.fixture
def unpaid(renter, vehicle, by):
    """Held at the counter: 08:30 to 18:30 today."""
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle)
    return hold_booking(renter=renter, quote=quote, idempotency_key="c", by=by, hold_minutes=60)


@pytest.fixture
def due(unpaid):
    return unpaid.quote.total_amount + unpaid.quote.deposit_amount


def made_ready(mobile, vehicle):
    looked_at = list_for(Purpose.PREPARATION, vehicle)
    checklist = {
        "template": f"{looked_at.code}:{looked_at.version}",
        "checked": [item.code for item in looked_at.items],
    }
    return mobile.of_vehicle("vehicle_ready", vehicle, battery_percent=95, checklist=checklist, note="")


@pytest.mark.usefixtures("rental")
def test_a_vehicle_is_made_ready_only_after_the_return_whose_pictures_are_on_their_way(
    mobile, booking, vehicle, traveller
):
    traveller.shift(timedelta(hours=9))
    returned, ready = mobile.returned(booking, vehicle=vehicle), made_ready(mobile, vehicle)

    first = mobile.send(returned, ready)
    assert [(one.state, one.code) for one in first] == [
        ("waiting", "waiting_files"), ("waiting", "waiting_predecessor"),
    ]  # fmt: skip
    mobile.upload(returned)

    assert [one.state for one in mobile.send(returned, ready)] == ["applied", "applied"]
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.READY


@pytest.mark.usefixtures("rental")
def test_the_next_renter_gets_the_vehicle_in_the_order_of_the_day(mobile, booking, vehicle, traveller):
    """Brought back early, made ready, and gone again: the last of it has all its pictures first."""
    following = paid_booking(
        renter=make_renter(),
        vehicle=vehicle,
        period=a_period(starts_at=booking.ends_at + timedelta(hours=2), hours=4),
    )
    rendered_contract(following)
    traveller.shift(timedelta(hours=10))
    returned, ready = mobile.returned(booking, vehicle=vehicle), made_ready(mobile, vehicle)
    traveller.shift(timedelta(hours=2))
    gone = mobile.pickup(following, odometer_km=vehicle.odometer_km + 200)

    mobile.send(returned, ready, gone)
    mobile.upload(gone)
    mobile.upload(returned)

    assert [(one.state, one.code) for one in mobile.send(returned, ready, gone)] == [("applied", "")] * 3
    assert Rental.objects.get(booking=following).state == RentalState.ACTIVE


def test_the_drawer_is_closed_after_what_a_handover_has_put_into_it(mobile, unpaid, due):
    opened = mobile.of_drawer("cash_open", counts=notes_for(FLOAT), reason="Tiền lẻ đầu ca")
    mobile.send(opened)
    reference = opened["id"]
    gone = mobile.pickup(unpaid, cash={"amount": due, "tendered": due, "session_ref": reference})
    closed = mobile.of_drawer(
        "cash_close", counts=notes_for(FLOAT + due), note="Hết ca", session_ref=reference
    )

    first = mobile.send(gone, closed)

    assert [(one.state, one.code) for one in first] == [
        ("waiting", "waiting_files"), ("waiting", "waiting_predecessor"),
    ]  # fmt: skip

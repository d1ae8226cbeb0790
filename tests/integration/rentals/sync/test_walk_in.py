from datetime import timedelta

import pytest

from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.cash.models import CashMovement
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.cashdesk.place import drawer_of
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.sync.models import SyncFile
from stations.fleet.enums import Condition
from stations.timeline.models import VehicleAllocation
from tests.factories.accounts import photo_bytes
from tests.factories.cash import notes_for
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period
from tests.factories.stations import make_vehicle
from tests.factories.tablets import record_sha256
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")
PAPERS = ("licence-front", "licence-back", "identity-front", "identity-back", "selfie")
EMAIL = "khach@example.vn"


def walk_in(mobile, vehicle, *, total, deposit=5_000_000, renter=None, cash=True, session="", **changes):
    at = clock.now()
    pickup, files = mobile.pickup_payload(vehicle, at=at)
    pickup |= {"contract": {"text_sha256": "a" * 64, "template": "x"}}
    pickup["record_sha256"] = record_sha256(pickup, files)
    payload = {
        "renter": {
            "name": "Lê Thị Hoa", "phone": "0912345678", "email": EMAIL, "language": "vi", "born_on": "1990-01-01",
            "licence": {"class": "B", "number": "790123456789", "expires_on": "2031-01-01"},
        } | (renter or {}),
        "vehicle": vehicle.code,
        "ticket": mobile.ticket(f"vehicle:{vehicle.code}"),
        "starts_at": mobile.device_at(at),
        "ends_at": mobile.device_at(at + timedelta(hours=4)),
        "price": {"total": total, "deposit": deposit, "table": "t"},
        "pickup": pickup,
        "cash": {"amount": total + deposit, "tendered": total + deposit, "session_ref": session} if cash else None,
    }  # fmt: skip
    files |= {f"paper:{name}": photo_bytes(1000, 630) + name.encode() for name in PAPERS}
    command = mobile.command("walk_in", "walk-in:x", payload | changes, files=files)
    return command | {"subject": f"walk-in:{command['id']}"}


@pytest.fixture
def session(mobile):
    opened = mobile.of_drawer("cash_open", counts=notes_for(1_000_000), reason="Tiền lẻ đầu ca")
    (result,) = mobile.send(opened)
    assert (result.state, result.code) == ("applied", "")
    return opened["id"]


@pytest.fixture
def price(vehicle, station, mobile):
    from rentals.pricing.services import make_quote
    from voltgo.core.clock import Period

    start = clock.now()
    quote = make_quote(
        model=vehicle.model,
        station=station,
        vehicle=vehicle,
        period=Period(start, start + timedelta(hours=4)),
    )
    return quote.total_amount, quote.deposit_amount


def test_somebody_walks_in_pays_and_leaves_without_network(mobile, vehicle, session, price, traveller):
    command = walk_in(mobile, vehicle, total=price[0], deposit=price[1], session=session)
    left_at = clock.now()
    traveller.shift(timedelta(hours=1))

    (result,) = mobile.deliver(command)

    assert (result.state, result.code) == ("applied", "")
    assert set(result.flags) == {"papers_to_review", "text_differs"}
    rental = Rental.objects.get()
    assert (rental.state, rental.started_at) == (RentalState.ACTIVE, left_at)
    assert rental.booking.quote.total_amount == price[0]
    assert result.result["booking"] == rental.booking.code
    payment = CashMovement.objects.get(kind="payment")
    assert (payment.amount, payment.at) == (sum(price), left_at)
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.ON_RENTAL
    assert rental.renter.email == EMAIL


def test_papers_become_documents_and_leave_the_log(mobile, vehicle, session, price):
    command = walk_in(mobile, vehicle, total=price[0], deposit=price[1], session=session)
    mobile.deliver(command)

    renter = User.objects.get(email=EMAIL)
    assert IdentityDocument.objects.filter(user=renter).count() == 3
    papers = [row["sha256"] for row in command["files"] if row["role"].startswith("paper:")]
    assert not SyncFile.objects.filter(pk__in=papers).exists()


def test_the_price_that_was_shown_stands(mobile, vehicle, session, price):
    command = walk_in(mobile, vehicle, total=price[0] - 50_000, deposit=price[1], session=session)

    (result,) = mobile.deliver(command)

    assert (result.state, set(result.flags)) == (
        "applied",
        {"papers_to_review", "price_differs", "text_differs"},
    )
    assert Rental.objects.get().booking.quote.total_amount == price[0] - 50_000
    assert MoneyCase.objects.get(key=f"walk-in-price:{command['id']}").amount == 50_000


def test_the_vehicle_is_out_at_once_although_pictures_lack(mobile, vehicle, price):
    command = walk_in(mobile, vehicle, total=price[0], deposit=price[1])

    (result,) = mobile.send(command)

    assert (result.state, result.code) == ("waiting", "waiting_files")
    block = VehicleAllocation.objects.get(vehicle=vehicle)
    assert (block.claimant, block.state) == (f"sync:{command['id'].replace('-', '')}", "blocked")


def test_who_was_promised_the_vehicle_gets_another(mobile, vehicle, session, price, station, renter):
    make_vehicle(model=vehicle.model, station=station)
    start = clock.now() + timedelta(hours=2)
    promised = paid_booking(renter=renter, vehicle=vehicle, period=a_period(starts_at=start, hours=5))

    (result,) = mobile.deliver(walk_in(mobile, vehicle, total=price[0], deposit=price[1], session=session))

    assert (result.state, "renter_moved" in result.flags) == ("applied", True)
    promised.refresh_from_db()
    assert promised.state == BookingState.CONFIRMED
    assert promised.allocation.vehicle != vehicle


def test_a_known_number_with_another_name_is_told_and_not_merged(mobile, vehicle, session, price, renter):
    known = {"phone": renter.phone, "email": ""}

    (result,) = mobile.deliver(
        walk_in(mobile, vehicle, total=price[0], deposit=price[1], session=session, renter=known)
    )

    assert "renter_named_otherwise" in result.flags
    assert Rental.objects.get().renter == renter
    renter.refresh_from_db()
    assert renter.full_name == "Nguyễn Minh Anh"


def test_number_and_address_of_two_people(mobile, vehicle, session, price, renter, stranger):
    two = {"phone": renter.phone, "email": stranger.email}

    (result,) = mobile.deliver(
        walk_in(mobile, vehicle, total=price[0], deposit=price[1], session=session, renter=two)
    )

    assert (result.state, result.code) == ("conflict", "renter_unclear")
    assert not Booking.objects.exists()
    assert not CashMovement.objects.filter(kind="payment").exists()


def test_the_cash_waits_for_the_command_that_opens_the_drawer(mobile, vehicle, price):
    opened = mobile.of_drawer("cash_open", counts=notes_for(1_000_000), reason="Tiền lẻ đầu ca")
    command = walk_in(mobile, vehicle, total=price[0], deposit=price[1], session=opened["id"])

    (result,) = mobile.deliver(command)
    assert (result.state, result.code) == ("waiting", "waiting_session")

    mobile.send(opened)
    (result,) = mobile.send(command)
    assert (result.state, result.code) == ("applied", "")
    assert CashMovement.objects.get(kind="payment").session.drawer == drawer_of(mobile.station)

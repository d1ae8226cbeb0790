"""What must not be lost, nor come into wrong hands, when a command fits nothing that the server has."""

from datetime import timedelta

import pytest

from accounts.access.actors import staff_actor
from accounts.kyc.models import IdentityDocument
from payments.cases.models import MoneyCase
from payments.cash.models import CashMovement
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental, Settlement
from rentals.sync.enums import Resolution
from rentals.sync.errors import StillRefused
from rentals.sync.models import SyncConflict, SyncFile
from rentals.sync.services import resolve, try_waiting
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import handed_over, rendered_contract
from tests.factories.stations import make_station
from tests.factories.tablets import photo_of
from tests.integration.rentals.sync.test_walk_in import price, session, walk_in  # noqa: F401

pytestmark = pytest.mark.usefixtures("quick_paper")


@pytest.fixture
def decide(supervisor):
    def _decide(resolution=Resolution.APPLIED):
        resolve(
            conflict=SyncConflict.objects.get(resolved_at=None), resolution=resolution, note="Đã gọi khách",
            user=supervisor, by=staff_actor(supervisor, supervisor=True),
        )  # fmt: skip

    return _decide


@pytest.fixture
def shown(booking):
    return rendered_contract(booking)


# --- Walk-ins -----------------------------------------------------------------------------------


@pytest.fixture
def walked(mobile, vehicle, session, price):  # noqa: F811
    def _walked(*, deposit=price[1], **renter):
        return walk_in(mobile, vehicle, total=price[0], deposit=deposit, session=session, renter=renter)

    return _walked


def test_somebody_without_an_address_is_a_persons_matter_at_once(mobile, walked):
    (result,) = mobile.deliver(walked(email=""))

    assert (result.state, result.code) == ("conflict", "renter_unclear")


def test_papers_of_somebody_of_another_name_never_come_into_an_account(mobile, walked, renter):
    before = IdentityDocument.objects.filter(user=renter).count()
    command = walked(phone=renter.phone, email="")

    (result,) = mobile.deliver(command)

    assert "renter_named_otherwise" in result.flags
    assert IdentityDocument.objects.filter(user=renter).count() == before
    papers = [row["sha256"] for row in command["files"] if row["role"].startswith("paper:")]
    assert SyncFile.objects.filter(pk__in=papers, stored_at__isnull=False).count() == len(papers)


def test_a_name_without_its_accents_is_the_same_name(mobile, walked, renter):
    renter.full_name = "Đỗ Thị Hòa"
    renter.save()

    (result,) = mobile.deliver(walked(phone=renter.phone, email="", name="do thi  HOA"))

    assert "renter_named_otherwise" not in result.flags


def test_a_lower_deposit_than_the_tariff_asks_for_is_finances_matter(mobile, walked, price):  # noqa: F811
    command = walked(deposit=0)

    (result,) = mobile.deliver(command)

    assert (result.state, "price_differs" in result.flags) == ("applied", True)
    assert MoneyCase.objects.get(key=f"walk-in-price:{command['id']}").amount == price[1]


# --- Moved to another station ---------------------------------------------------------------------


def test_a_vehicle_that_was_this_stations_when_it_left_is_no_forgery(mobile, walked, vehicle):
    command = walked()
    vehicle.station = make_station(name="Trạm khác")
    vehicle.save()

    (result,) = mobile.deliver(command)

    assert (result.state, result.code) == ("conflict", "moved_elsewhere")
    assert VehicleAllocation.objects.filter(vehicle=vehicle, state="blocked").exists()


def test_a_booking_that_was_this_stations_is_no_forgery(mobile, booking, shown):
    command = mobile.pickup(booking)
    elsewhere = make_station(name="Trạm khác")
    type(booking).objects.filter(pk=booking.pk).update(pickup_station=elsewhere, return_station=elsewhere)

    (result,) = mobile.deliver(command)

    assert (result.state, result.code) == ("conflict", "moved_elsewhere")


# --- Nothing is a dead end ------------------------------------------------------------------------


def test_a_return_is_written_down_although_its_signature_is_none(
    mobile, booking, vehicle, attendant, traveller, decide
):
    handed_over(booking=booking, attendant=attendant)
    traveller.shift(timedelta(hours=9))
    released = booking.quote.deposit_amount
    command = mobile.returned(
        booking,
        vehicle=vehicle,
        shown={"lines": [], "extra": 0, "captured": 0, "released": released, "debt": 0},
    )
    command["payload"]["signature"]["strokes"] = []
    (result,) = mobile.deliver(command)
    assert (result.state, result.code) == ("conflict", "signature_unusable")

    decide()

    assert Settlement.objects.get().accepted_at is None
    assert Rental.objects.get().state == RentalState.SETTLING


@pytest.mark.usefixtures("shown")
def test_pictures_that_never_came_are_said_when_somebody_applies(mobile, booking, traveller, decide):
    mobile.send(mobile.pickup(booking))
    traveller.shift(timedelta(hours=25))
    try_waiting()

    with pytest.raises(StillRefused) as refused:
        decide()

    assert refused.value.details["code"] == "files_missing"


# --- Cash that fits nowhere -----------------------------------------------------------------------


@pytest.fixture
def surplus(mobile, booking, shown):
    """Paid online meanwhile, and once more in cash while the keys were given."""
    opened = mobile.of_drawer("cash_open", counts={"500000": 2}, reason="Tiền lẻ đầu ca")
    command = mobile.pickup(
        booking, cash={"amount": 500_000, "tendered": 500_000, "session_ref": opened["id"]}
    )
    results = mobile.deliver(opened, command)
    assert (results[1].state, results[1].code) == ("conflict", "cash_twice")
    return command


def test_the_handover_stands_without_the_cash_that_nobody_asked_for(surplus, decide):
    decide()

    assert Rental.objects.get().state == RentalState.ACTIVE
    assert not CashMovement.objects.filter(kind="payment").exists()
    assert MoneyCase.objects.get(key=f"sync:{surplus['id']}").amount == 500_000


@pytest.mark.usefixtures("shown")
def test_cash_of_a_handover_that_is_evidence_only_lies_in_the_drawer_all_the_same(mobile, booking, decide):
    command = mobile.pickup(booking, cash={"amount": 500_000, "tendered": 500_000, "session_ref": ""})
    (result,) = mobile.deliver(command)
    assert (result.state, result.code) == ("conflict", "session_closed")

    decide(Resolution.EVIDENCE)

    assert MoneyCase.objects.get(key=f"sync:{command['id']}").amount == 500_000


# --- Hostile --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"contract": {"number": {"a": 1}}},
        {"contract": "x"},
        {"papers": {"seen": True, "face": True, "selfies": {"a": 10**400}, "drivers": []}},
        {"marks": [{"part": "x" * 20, "kind": "zz", "note": ""}]},
        {"began_at": "0001-01-01T00:00:00Z", "keys_at": "0001-01-01T00:00:00Z"},
        {"cash": {"amount": 10**12, "tendered": True}},
        {"checklist": {"template": "a:" + "9" * 70, "checked": [1]}},
    ],
)
@pytest.mark.usefixtures("shown")
def test_a_hostile_handover_is_kept_and_does_nothing(mobile, booking, changes):
    (result,) = mobile.deliver(mobile.pickup(booking, **changes))

    assert result.state in ("rejected", "conflict"), result
    assert not Rental.objects.exists()


# --- Before pictures come -------------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "is_blocked"), [("safety", True), ("minor", False)])
def test_nobody_is_promised_an_unsafe_vehicle_while_pictures_are_on_their_way(
    mobile, vehicle, severity, is_blocked
):
    fault = {"vehicle": vehicle.code, "severity": severity, "part": "brakes", "text": "Phanh không ăn"}
    command = mobile.command("fault", f"vehicle:{vehicle.code}", fault, files={"photo:0": photo_of(1)})

    (result,) = mobile.send(command)

    assert result.code == "waiting_files"
    assert VehicleAllocation.objects.filter(vehicle=vehicle, state="blocked").exists() == is_blocked
    mobile.upload(command)
    assert mobile.send(command)[0].state == "applied"
    assert not VehicleAllocation.objects.filter(
        vehicle=vehicle, claimant__startswith="sync:", state="blocked"
    ).exists()

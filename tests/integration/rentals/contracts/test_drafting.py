import pytest
from django.db import IntegrityError, transaction

from accounts.access.actors import renter_actor
from accounts.users.models import User
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking
from rentals.contracts.content import content_sha256
from rentals.contracts.enums import CONTRACT, ContractState
from rentals.contracts.errors import ContractAlreadySigned
from rentals.contracts.models import Contract
from rentals.contracts.services import draft_contract, ensure_rendered, refresh_contract
from rentals.pricing import wording
from stations.fleet.models import Vehicle
from stations.timeline import services as timeline
from tests.factories.handovers import paid_booking
from tests.factories.rentals import make_booking
from tests.factories.stations import make_vehicle
from voltgo.core import clock, outbox, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.models import OutboxMessage

pytestmark = pytest.mark.usefixtures("quick_paper")


def give_other_vehicle(booking: Booking, vehicle: Vehicle) -> Vehicle:
    """Let the booking have another vehicle of its model."""
    other = make_vehicle(model=vehicle.model, station=vehicle.station, plate="51K-999.99")
    timeline.release(booking.allocation, at=clock.now())
    booking.allocation = timeline.hold_vehicle(
        vehicle=other,
        period=timeline.with_turnaround(booking.period),
        claimant=booking.reference,
        hold_expires_at=None,
    )
    booking.save(update_fields=["allocation"])
    return other


def test_a_confirmed_booking_has_a_contract_that_waits_to_be_rendered(
    booking: Booking, contract: Contract
) -> None:
    assert contract.number == f"HD-{booking.code.removeprefix('VG-')}-1"
    assert (contract.version, contract.state, contract.sha256) == (1, ContractState.DRAFT, "")
    assert [(event.source, event.target) for event in states.events_of(CONTRACT, contract)] == [("", "draft")]
    promise = OutboxMessage.objects.get(topic="contracts.render")
    assert (promise.key, promise.payload) == (f"contract:{booking.code}:1", {"contract_id": contract.pk})


def test_the_price_is_frozen_with_its_words(contract: Contract, booking: Booking) -> None:
    data = contract.data
    assert (data["total"], data["net"], data["vat"], data["deposit"]) == (600_000, 555_556, 44_444, 3_000_000)
    assert [(line["code"], line["gross"], line["vat_bp"]) for line in data["lines"]] == [
        ("rent_hours", 600_000, 800)
    ]
    assert data["lines"][0]["vi"] == "Thuê 10 giờ × 60.000\u00a0₫"
    assert data["quote_sha256"] == booking.quote.sha256


def test_the_rules_are_frozen_as_numbers(contract: Contract) -> None:
    data = contract.data
    assert data["included_km"] == 125
    assert data["late_cap"] == 900_000
    assert data["terms"]["extra_km_amount"] == 5_000
    assert data["cancel"] == {"free_hours": 24, "half_hours": 12, "half_percent": 50, "fresh_hours": 1}


def test_personal_numbers_are_kept_masked(contract: Contract, renter: User) -> None:
    card = renter.documents.get(kind="citizen_card")

    kept = {"kind": "citizen_card", "document": card.pk, "number": card.masked_number}
    assert contract.data["renter"]["identity"] == kept
    assert card.number not in str(contract.data)


def test_a_booking_has_one_valid_contract_however_often_it_is_drafted(
    booking: Booking, contract: Contract
) -> None:
    assert draft_contract(booking=booking) == contract
    assert Contract.objects.count() == 1


def test_a_refresh_without_a_change_leaves_the_version_alone(
    booking: Booking, contract: Contract, by: Actor
) -> None:
    ensure_rendered(contract)

    assert refresh_contract(booking=booking, by=by) == contract
    assert Contract.objects.get().state == ContractState.RENDERED


def test_better_words_for_the_same_price_make_no_new_version(
    booking: Booking, contract: Contract, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wording.WORDS, "rent_hours", lambda _params: "Thuê theo giờ")

    assert refresh_contract(booking=booking, by=by) == contract
    assert contract.data["lines"][0]["vi"] == "Thuê 10 giờ × 60.000\u00a0₫"


def test_a_contract_that_cannot_be_drawn_up_does_not_undo_the_payment(
    renter: User, vehicle: Vehicle, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(wording.WORDS, "rent_hours", None)
        booking = paid_booking(renter=renter, vehicle=vehicle)

    assert booking.state == BookingState.CONFIRMED
    assert not Contract.objects.exists()
    assert refresh_contract(booking=booking, by=by).version == 1


def test_another_vehicle_voids_the_version_and_makes_the_next(
    booking: Booking, contract: Contract, vehicle: Vehicle, by: Actor
) -> None:
    ensure_rendered(contract)
    give_other_vehicle(booking, vehicle)

    new = refresh_contract(booking=booking, by=by)

    contract.refresh_from_db()
    assert contract.state == ContractState.VOIDED
    assert (new.version, new.number, new.state) == (2, contract.number[:-1] + "2", ContractState.DRAFT)
    assert (contract.data["vehicle"]["plate"], new.data["vehicle"]["plate"]) == ("51K-123.45", "51K-999.99")
    assert content_sha256(contract) != content_sha256(new)


def test_a_renters_own_change_is_carried_out_by_the_system(
    booking: Booking, contract: Contract, vehicle: Vehicle, renter: User
) -> None:
    give_other_vehicle(booking, vehicle)

    refresh_contract(booking=booking, by=renter_actor(renter))

    last = states.events_of(CONTRACT, contract).last()
    assert last is not None
    assert (last.target, last.actor_kind) == ("voided", "system")


def test_a_signed_contract_is_not_replaced(
    booking: Booking, signed: Contract, vehicle: Vehicle, by: Actor
) -> None:
    give_other_vehicle(booking, vehicle)

    with pytest.raises(ContractAlreadySigned):
        refresh_contract(booking=booking, by=by)
    assert Contract.objects.get().state == ContractState.SIGNED


def test_a_cancelled_booking_voids_its_contract(booking: Booking, contract: Contract, renter: User) -> None:
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    contract.refresh_from_db()
    assert contract.state == ContractState.VOIDED


def test_a_voided_version_is_not_rendered_any_more(
    booking: Booking, contract: Contract, renter: User
) -> None:
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    outbox.run_all()

    contract.refresh_from_db()
    assert (contract.state, contract.sha256) == (ContractState.VOIDED, "")


@pytest.mark.parametrize(
    "change",
    [{"data": {}}, {"sha256": "0" * 64}, {"number": "HD-OTHER-1"}],
    ids=lambda change: next(iter(change)),
)
def test_the_database_refuses_to_change_what_was_rendered(
    contract: Contract, change: dict[str, object]
) -> None:
    ensure_rendered(contract)

    with pytest.raises(IntegrityError), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(**change)


def test_the_database_refuses_to_change_a_signature(signed: Contract) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        signed.signatures.update(name="Ai đó")


def test_the_database_refuses_to_change_the_record_that_was_signed(signed: Contract) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Contract.objects.filter(pk=signed.pk).update(handover={})


def test_a_rendered_contract_cannot_be_deleted(contract: Contract) -> None:
    ensure_rendered(contract)

    with pytest.raises(IntegrityError), transaction.atomic():
        contract.delete()


def test_a_contract_without_papers_says_that_the_originals_were_shown(
    newcomer: User, vehicle: Vehicle
) -> None:
    booking = make_booking(renter=newcomer, vehicle=vehicle)

    contract = draft_contract(booking=booking, by=SYSTEM)

    assert contract.data["renter"]["identity"] is None
    assert contract.data["renter"]["name"] == "Võ Hoài An"

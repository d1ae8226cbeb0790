import json
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.access.actors import operator_actor, renter_actor, staff_actor
from accounts.users.models import User
from rentals.contracts import handover
from rentals.contracts.enums import CONTRACT, ContractState, Signer, SigningMethod
from rentals.contracts.errors import (
    ContractAlreadySigned,
    ContractChanged,
    ContractNotReady,
    NotTheSigner,
    SignatureTooShort,
    SignedByOther,
    TypedNameDiffers,
)
from rentals.contracts.models import Contract, ContractSignature
from rentals.contracts.services import draft_contract, ensure_rendered, refresh_contract, sign
from rentals.handovers.models import Rental
from rentals.handovers.services import complete_pickup_inspection, reopen_pickup_inspection, save_inspection
from stations.fleet.models import Vehicle
from tests.factories.handovers import STROKES, pickup_of, signature_image
from tests.factories.rentals import make_booking
from tests.factories.stations import make_post, make_station
from voltgo.core import clock, states
from voltgo.core.actors import Actor
from voltgo.core.images import SignatureMissing
from voltgo.core.models import OutboxMessage

OTHER_STROKES = json.dumps([[[0, 0, 0], [100, 0, 20], [0, 50, 40], [90, 60, 60], [10, 90, 80]]])


def put_down(contract: Contract, signer: Signer, user: User, by: Actor, **changes: Any) -> ContractSignature:
    values: dict[str, Any] = {
        "image": signature_image(),
        "strokes": STROKES,
        "ip_address": "113.161.0.12",
        "device": "iPad, quầy 1",
    }
    return sign(contract=contract, signer=signer, user=user, by=by, **values | changes)


def is_png(signature: ContractSignature) -> bool:
    with signature.image.open("rb") as file:
        return bool(file.read().startswith(b"\x89PNG"))


def signature_files() -> list[str]:
    if not default_storage.exists("signatures"):
        return []
    folders = default_storage.listdir("signatures")[0]
    return [name for folder in folders for name in default_storage.listdir(f"signatures/{folder}")[1]]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What both found at pickup, without going through the inspection."""
    record: dict[str, Any] = {"odometer_km": 12_000, "battery_percent": 90, "photos": []}
    monkeypatch.setattr(handover, "_reader", lambda _booking: dict(record))
    return record


@pytest.fixture
def on_glass(renter: User, vehicle: Vehicle, found: dict[str, Any]) -> Contract:
    """A contract that waits for its signatures; no signature looks into the file."""
    contract = draft_contract(booking=make_booking(renter=renter, vehicle=vehicle))
    Contract.objects.filter(pk=contract.pk).update(state=ContractState.RENDERED, sha256="5e" * 32)
    return Contract.objects.select_related("booking").get()


@pytest.fixture(autouse=True)
def _no_files_before() -> None:
    for folder in default_storage.listdir("signatures")[0] if default_storage.exists("signatures") else []:
        for name in default_storage.listdir(f"signatures/{folder}")[1]:
            default_storage.delete(f"signatures/{folder}/{name}")


def test_a_signature_keeps_who_when_where_and_on_which_bytes(
    on_glass: Contract, renter: User, by: Actor
) -> None:
    signature = put_down(on_glass, Signer.RENTER, renter, by, shown_sha256=on_glass.sha256)

    signature.refresh_from_db()
    assert (signature.user, signature.name, signature.method) == (
        renter,
        "Nguyễn Minh Anh",
        SigningMethod.DRAWN,
    )
    assert signature.signed_at == clock.now()
    assert (signature.ip_address, signature.device) == ("113.161.0.12", "iPad, quầy 1")
    assert signature.document_sha256 == on_glass.sha256
    assert len(signature.strokes_sha256) == 64
    assert is_png(signature)


def test_one_signature_does_not_make_a_contract(on_glass: Contract, renter: User, by: Actor) -> None:
    put_down(on_glass, Signer.RENTER, renter, by)

    on_glass.refresh_from_db()
    assert (on_glass.state, on_glass.signed_at) == (ContractState.RENDERED, None)


@pytest.mark.parametrize("order", [["renter", "staff"], ["staff", "renter"]], ids=" first, then ".join)
def test_the_second_signature_makes_it_signed_by_the_member_of_staff(
    on_glass: Contract, renter: User, attendant: User, order: list[str]
) -> None:
    people = {"renter": (renter, staff_actor(attendant)), "staff": (attendant, staff_actor(attendant))}
    for signer in order:
        user, by = people[signer]
        put_down(on_glass, Signer(signer), user, by)

    on_glass.refresh_from_db()
    assert (on_glass.state, on_glass.signed_at) == (ContractState.SIGNED, clock.now())
    last = states.events_of(CONTRACT, on_glass).last()
    assert last is not None
    assert (last.target, last.actor_ref) == ("signed", attendant.public_id)
    promise = OutboxMessage.objects.get(topic="contracts.render_signed")
    assert promise.key == f"contract-signed:{on_glass.number}"


def test_the_record_of_the_vehicle_is_frozen_with_the_first_signature(
    rental: Rental, rendered: Contract, renter: User, by: Actor
) -> None:
    put_down(rendered, Signer.RENTER, renter, by)

    rendered.refresh_from_db()
    assert (rendered.handover["odometer_km"], rendered.handover["battery_percent"]) == (12_000, 90)
    assert len(rendered.handover["photos"]) == 6
    assert rendered.handover["checked"][0]["vi"] == "Đã cùng khách xem quanh xe"


def test_the_same_strokes_twice_are_one_signature(on_glass: Contract, renter: User, by: Actor) -> None:
    first = put_down(on_glass, Signer.RENTER, renter, by)
    again = put_down(on_glass, Signer.RENTER, renter, by)

    assert again == first
    assert ContractSignature.objects.count() == len(signature_files()) == 1


def test_a_party_does_not_sign_twice(on_glass: Contract, renter: User, by: Actor) -> None:
    put_down(on_glass, Signer.RENTER, renter, by)

    with pytest.raises(SignedByOther):
        put_down(on_glass, Signer.RENTER, renter, by, strokes=OTHER_STROKES)
    assert ContractSignature.objects.count() == len(signature_files()) == 1


def test_nobody_signs_what_is_signed(on_glass: Contract, renter: User, attendant: User, by: Actor) -> None:
    put_down(on_glass, Signer.RENTER, renter, by)
    put_down(on_glass, Signer.STAFF, attendant, by)

    with pytest.raises(ContractAlreadySigned):
        put_down(on_glass, Signer.RENTER, renter, by, strokes=OTHER_STROKES)
    assert ContractSignature.objects.count() == 2


def test_nobody_signs_what_is_not_on_glass(
    rental: Rental, contract: Contract, renter: User, by: Actor
) -> None:
    with pytest.raises(ContractNotReady):
        put_down(contract, Signer.RENTER, renter, by)
    assert ContractSignature.objects.count() == len(signature_files()) == 0


def test_nobody_signs_before_the_vehicle_was_inspected(
    on_glass: Contract, renter: User, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "_reader", lambda _booking: None)

    with pytest.raises(ContractNotReady) as refusal:
        put_down(on_glass, Signer.RENTER, renter, by)
    assert refusal.value.details["missing"] == "handover"
    assert ContractSignature.objects.count() == len(signature_files()) == 0


def test_nobody_signs_another_document_than_they_saw(on_glass: Contract, renter: User, by: Actor) -> None:
    with pytest.raises(ContractChanged):
        put_down(on_glass, Signer.RENTER, renter, by, shown_sha256="0" * 64)
    assert ContractSignature.objects.count() == len(signature_files()) == 0


def test_an_inspection_done_again_after_one_signature_needs_a_new_version(
    rendered: Contract, rental: Rental, renter: User, attendant: User, by: Actor
) -> None:
    put_down(rendered, Signer.RENTER, renter, by)
    reopen_pickup_inspection(rental=rental, by=by)
    save_inspection(inspection=pickup_of(rental), odometer_km=12_007, by=by)
    complete_pickup_inspection(rental=rental, by=by)

    new = ensure_rendered(refresh_contract(booking=rental.booking, by=by))

    rendered.refresh_from_db()
    assert (rendered.state, new.version) == (ContractState.VOIDED, 2)
    with pytest.raises(ContractNotReady):
        put_down(rendered, Signer.STAFF, attendant, by)
    put_down(new, Signer.RENTER, renter, by)
    put_down(new, Signer.STAFF, attendant, by)
    new.refresh_from_db()
    assert (new.state, new.handover["odometer_km"]) == (ContractState.SIGNED, 12_007)


# --- Who may sign ------------------------------------------------------------------------------------


def test_a_stranger_cannot_sign_as_the_renter(on_glass: Contract, stranger: User, by: Actor) -> None:
    with pytest.raises(NotTheSigner):
        put_down(on_glass, Signer.RENTER, stranger, by)
    assert ContractSignature.objects.count() == len(signature_files()) == 0


def test_a_renter_cannot_have_a_stranger_sign_on_their_phone(
    on_glass: Contract, renter: User, stranger: User
) -> None:
    with pytest.raises(NotTheSigner):
        put_down(on_glass, Signer.RENTER, renter, renter_actor(stranger))


def test_staff_of_another_station_cannot_sign(on_glass: Contract, other_attendant: User) -> None:
    make_post(user=other_attendant, station=make_station())

    with pytest.raises(NotTheSigner):
        put_down(on_glass, Signer.STAFF, other_attendant, staff_actor(other_attendant))


def test_staff_sign_for_themselves_only(on_glass: Contract, attendant: User, other_attendant: User) -> None:
    with pytest.raises(NotTheSigner):
        put_down(on_glass, Signer.STAFF, attendant, staff_actor(other_attendant))


def test_an_operator_may_stand_in_at_any_station(on_glass: Contract, operator: User) -> None:
    assert put_down(on_glass, Signer.STAFF, operator, operator_actor(operator)).user == operator


def test_nobody_signs_for_both_sides(on_glass: Contract, renter: User, station: Any) -> None:
    make_post(user=renter, station=station)

    with pytest.raises(NotTheSigner):
        put_down(on_glass, Signer.STAFF, renter, staff_actor(renter))


# --- What counts as a signature -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strokes", "why"),
    [
        ("", "none at all"),
        ("[]", "an empty canvas"),
        ("[[[10, 10, 0]]]", "a dot"),
        ("[[[10, 10, 0], [12, 10, 5], [13, 11, 9], [12, 12, 12], [10, 12, 15]]]", "a slip of the finger"),
        ("[[[0, 0, 0], [500, 500, 10]]]", "two points far apart"),
        ("not json", "noise"),
        ('{"points": 3}', "another shape"),
        ("[[[1e999, 0, 0], [1, 1, 1]]]", "endless numbers"),
    ],
    ids=lambda value: value if " " in value and "[" not in value else "",
)
def test_strokes_that_are_no_signature_are_refused(
    on_glass: Contract, renter: User, by: Actor, strokes: str, why: str
) -> None:
    with pytest.raises(SignatureTooShort):
        put_down(on_glass, Signer.RENTER, renter, by, strokes=strokes)
    assert ContractSignature.objects.count() == len(signature_files()) == 0


def test_strokes_without_a_picture_are_refused(on_glass: Contract, renter: User, by: Actor) -> None:
    with pytest.raises(SignatureMissing):
        put_down(on_glass, Signer.RENTER, renter, by, image="")


def test_who_cannot_draw_may_type_their_name(on_glass: Contract, renter: User, by: Actor) -> None:
    signature = put_down(
        on_glass, Signer.RENTER, renter, by, image="", strokes="", typed_name="  nguyễn minh  anh "
    )

    assert signature.method == SigningMethod.TYPED
    assert is_png(signature)


def test_a_typed_name_must_be_the_signers_own(on_glass: Contract, renter: User, by: Actor) -> None:
    with pytest.raises(TypedNameDiffers):
        put_down(on_glass, Signer.RENTER, renter, by, image="", strokes="", typed_name="Nguyen Minh Anh")
    assert ContractSignature.objects.count() == len(signature_files()) == 0

"""Who reaches which picture, page and document: one table, with somebody at the counter and after they have left.

Every column but the first is signed in; keys of pictures are made for whoever asks, so that a refusal is about the
right to the paper and not about the key. 404 is said to who may not know that there is anything, 403 and 302 to
the sign-in page by the admin, which exists for everybody.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.kyc.image_links import image_url
from accounts.kyc.models import DocumentExtraction, FaceReference, IdentityDocument
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.enums import AddendumKind
from rentals.contracts.models import Contract, ContractAddendum
from rentals.contracts.services import current_contract, ensure_rendered
from stations.network.models import StaffPost
from tests.factories.accounts import make_document, make_renter, make_user
from tests.factories.handovers import handed_over, paid_booking, ready_to_sign
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from tests.personas import _member
from voltgo.core import clock
from voltgo.core.models import AuditEvent

MORNING = "2026-11-24T08:00:00+07:00"
LATER = "2026-11-24T08:05:00+07:00"

WHO = (
    "anonymous", "renter", "stranger", "vehicle_owner", "other_attendant", "attendant", "supervisor",
    "reviewing_supervisor", "reviewer", "operator", "finance",
)  # fmt: skip

# While the renter stands at the counter: the handover is open, the contract is rendered.
AT_THE_COUNTER = """
                        anonymous renter stranger owner other attendant supervisor rev.sup reviewer operator finance
card front                    302    200      404   404   404       404        404     404      200      200     404
card back                     302    200      404   404   404       404        404     404      200      200     404
licence front                 302    200      404   404   404       404        404     404      200      200     404
selfie                        302    200      404   404   404       404        404     404      200      200     404
passport that waits           302    200      404   404   404       404        404     404      200      200     404
card at handover              302    404      404   404   404       200        200     200      404      404     404
selfie at handover            302    404      404   404   404       200        200     200      404      404     404
card at counter               302    404      404   404   404       200        200     200      404      404     404
passport under review         302    404      404   404   404       404        200     200      404      404     404
papers at counter             302    404      404   404   404       200        200     200      404      404     404
review on tablet              302    404      404   404   404       404        200     200      404      404     404
queue on tablet               302    404      404   404   404       404        200     200      404      404     404
handover                      302    404      404   404   404       200        200     200      404      404     404
contract                      302    200      404   404   404       200        200     200      404      200     404
contract pdf                  302    200      404   404   404       200        200     200      404      200     404
unsigned pdf                  302    200      404   404   404       200        200     200      404      200     404
addendum pdf                  302    200      404   404   404       200        200     200      404      200     404
signing                       302    200      404   404   404       404        404     404      404      404     404
verification                  200    200      200   200   200       200        200     200      200      200     200
review in admin               302    302      302   302   302       302        302     302      200      200     403
paper in admin                302    302      302   302   302       302        302     302      200      200     403
picture in admin              302    302      302   302   302       302        302     302      403      200     403
reading in admin              302    302      302   302   302       302        302     302      200      200     403
face in admin                 302    302      302   302   302       302        302     302      403      200     403
contract in admin             302    302      302   302   302       302        302     302      403      200     200
"""

# After the keys were given: signed by both, and nobody's papers are the counter's business any more.
GONE = """
                        anonymous renter stranger owner other attendant supervisor rev.sup reviewer operator finance
card front                    302    200      404   404   404       404        404     404      200      200     404
selfie                        302    200      404   404   404       404        404     404      200      200     404
card at handover              302    404      404   404   404       404        404     404      404      404     404
selfie at handover            302    404      404   404   404       404        404     404      404      404     404
card at counter               302    404      404   404   404       404        404     404      404      404     404
passport under review         302    404      404   404   404       404        404     200      404      404     404
papers at counter             302    404      404   404   404       404        404     404      404      404     404
review on tablet              302    404      404   404   404       404        404     200      404      404     404
contract                      302    200      404   404   404       200        200     200      404      200     404
contract pdf                  302    200      404   404   404       200        200     200      404      200     404
addendum pdf                  302    200      404   404   404       200        200     200      404      200     404
verification                  200    200      200   200   200       200        200     200      200      200     200
signature in admin            302    302      302   302   302       302        302     302      403      200     200
"""


def cells(table: str) -> list[tuple[str, str, int]]:
    """Return (thing, who, expected status) for every cell."""
    rows = [line for line in table.strip("\n").splitlines()[1:] if line.strip()]
    return [
        (row[:24].strip(), who, int(status))
        for row in rows
        for who, status in zip(WHO, row[24:].split(), strict=True)
    ]


class World:
    """One booking of one renter at one station, and everybody who might look."""

    def __init__(self, people: dict[str, User], booking: Booking) -> None:
        self.people, self.booking = people, booking
        self.renter = people["renter"]
        contract = current_contract(booking)
        assert contract is not None
        self.contract: Contract = contract

    def paper(self, kind: str) -> IdentityDocument:
        return self.renter.documents.filter(kind=kind).latest("pk")

    def address(self, thing: str, viewer: User | None) -> str:
        make = ADDRESSES[thing]
        return make(self, viewer or self.renter)


def picture(kind: str, side: str = "front") -> Callable[[World, User], str]:
    def address(world: World, viewer: User) -> str:
        purpose = "own" if viewer == world.renter else "review"
        return image_url(world.paper(kind), side, viewer, purpose)

    return address


def picture_at(view: str, kind: str, purpose: str) -> Callable[[World, User], str]:
    def address(world: World, viewer: User) -> str:
        paper = world.paper(kind)
        codes = [world.booking.code] if view == "station:handover-paper-image" else []
        plain = reverse(view, args=[*codes, paper.pk, "front"])
        return image_url(paper, "front", viewer, purpose, address=plain)

    return address


def page(view: str, *args: Callable[[World], Any], query: str = "") -> Callable[[World, User], str]:
    return lambda world, _viewer: reverse(view, args=[arg(world) for arg in args]) + query


def number(world: World) -> str:
    return world.contract.number


ADDRESSES: dict[str, Callable[[World, User], str]] = {
    "card front": picture("citizen_card"),
    "card back": picture("citizen_card", "back"),
    "licence front": picture("driving_licence"),
    "selfie": picture("selfie"),
    "passport that waits": picture("passport"),
    "card at handover": picture_at("station:handover-paper-image", "citizen_card", "counter"),
    "selfie at handover": picture_at("station:handover-paper-image", "selfie", "counter"),
    "card at counter": picture_at("station:renter-paper-image", "citizen_card", "counter"),
    "passport under review": picture_at("station:paper-image", "passport", "review"),
    "papers at counter": page("station:renter-papers", lambda world: world.renter.public_id),
    "review on tablet": page("station:paper-review", lambda world: world.paper("passport").pk),
    "queue on tablet": page("station:paper-queue"),
    "handover": page("station:handover-papers", lambda world: world.booking.code),
    "contract": page("rentals:contract-detail", number),
    "contract pdf": page("rentals:contract-pdf", number),
    "unsigned pdf": page("rentals:contract-pdf", number, query="?copy=unsigned"),
    "addendum pdf": page("rentals:contract-addendum", number, lambda _world: 1),
    "signing": page("rentals:contract-sign", number),
    "verification": page("rentals:contract-verify", number),
    "review in admin": page(
        "admin:accounts_identitydocument_change", lambda world: world.paper("passport").pk
    ),
    "paper in admin": page(
        "admin:accounts_identitydocument_change", lambda world: world.paper("citizen_card").pk
    ),
    "picture in admin": page(
        "admin:accounts_documentimage_change", lambda world: world.paper("selfie").images.get().pk
    ),
    "reading in admin": page(
        "admin:accounts_documentextraction_change", lambda world: DocumentExtraction.objects.get().pk
    ),
    "face in admin": page(
        "admin:accounts_facereference_change", lambda world: FaceReference.objects.get().pk
    ),
    "contract in admin": page("admin:rentals_contract_change", lambda world: world.contract.pk),
    "signature in admin": page(
        "admin:rentals_contractsignature_change",
        lambda world: world.contract.signatures.get(signer="renter").pk,
    ),
}

PICTURES = {
    "card front", "card back", "licence front", "selfie", "passport that waits", "card at handover",
    "selfie at handover", "card at counter", "passport under review",
}  # fmt: skip


@pytest.fixture
def people(request: pytest.FixtureRequest) -> dict[str, User]:
    """Everybody in the table, and a second member of staff for the handover."""
    found = {
        name: request.getfixturevalue(name)
        for name in ("renter", "stranger", "other_attendant", "attendant", "reviewer", "operator")
    }
    found["vehicle_owner"] = make_renter(full_name="Trịnh Chủ Xe")
    found["supervisor"] = make_user(full_name="Phan Trưởng Ca")
    found["reviewing_supervisor"] = make_user(full_name="Hồ Trưởng Trạm")
    found["finance"] = _member("finance", email="finance@example.vn", full_name="Tạ Kế Toán")
    found["reviewing_supervisor"].groups.add(found["reviewer"].groups.get())
    return found


@pytest.fixture
def make_world(people: dict[str, User]) -> Callable[..., World]:
    def make(*, is_gone: bool) -> World:
        station = make_station(name="Trạm Quận 1")
        model = make_car_model()
        make_tariff(model=model)
        vehicle = make_vehicle(model=model, station=station)
        make_post(user=people["attendant"], station=station)
        make_post(user=people["other_attendant"], station=make_station(name="Trạm khác"))
        for name in ("supervisor", "reviewing_supervisor"):
            make_post(user=people[name], station=station, role=StaffPost.Role.SUPERVISOR)
        renter = people["renter"]
        for kind in ("citizen_card", "driving_licence", "selfie"):
            renter.documents.filter(kind=kind).update(state="superseded")
            make_document(user=renter, kind=kind, with_images=True)
        make_document(user=renter, kind="passport", state="needs_review", with_images=True)
        DocumentExtraction.objects.create(
            document=renter.documents.filter(kind="passport").get(), engine="local", seconds=0.4
        )
        FaceReference.objects.create(user=renter, engine="rekognition", reference="face-1")
        booking = paid_booking(
            renter=renter,
            vehicle=vehicle,
            period=a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10),
        )
        bring = handed_over if is_gone else ready_to_sign
        bring(booking=booking, attendant=people["attendant"])
        booking.refresh_from_db()
        world = World(people, booking)
        world.contract = ensure_rendered(world.contract)
        ContractAddendum.objects.create(
            contract=world.contract,
            position=1,
            kind=AddendumKind.EXTENSION,
            number=f"{world.contract.number}-PL1",
            reference="change:TEST",
            file=world.contract.file.name,
            sha256=world.contract.sha256,
            rendered_at=clock.now(),
        )
        return world

    return make


def ask(world: World, thing: str, who: str) -> int:
    client = Client()
    viewer = world.people.get(who)
    address = world.address(thing, viewer)
    if viewer is not None:
        client.force_login(viewer)
    return client.get(address).status_code


@pytest.mark.slow
@pytest.mark.usefixtures("quick_paper")
@pytest.mark.parametrize(
    ("table", "is_gone"), [(AT_THE_COUNTER, False), (GONE, True)], ids=["counter", "gone"]
)
def test_everybody_reaches_what_they_may_and_nothing_else(
    make_world: Callable[..., World], table: str, is_gone: bool
) -> None:
    with time_machine.travel(MORNING, tick=False):
        world = make_world(is_gone=is_gone)
        found = {(thing, who): ask(world, thing, who) for thing, who, _status in cells(table)}

    expected = {(thing, who): status for thing, who, status in cells(table)}
    wrong = {cell: (status, expected[cell]) for cell, status in found.items() if status != expected[cell]}
    assert wrong == {}
    # Every picture that was shown is on record, and no picture that was not.
    shown = [cell for cell, status in found.items() if status == 200 and cell[0] in PICTURES]
    looks = AuditEvent.objects.filter(action="document.viewed")
    assert looks.count() == len(shown)
    assert {look.actor_ref for look in looks} == {world.people[who].public_id for _thing, who in shown}


@pytest.fixture
def world(make_world: Callable[..., World], quick_paper: None) -> World:
    with time_machine.travel(MORNING, tick=False):
        return make_world(is_gone=False)


# Of every door to pictures: who may pass it, and somebody else who may as well.
DOORS = [
    ("card front", "reviewer", "operator"),
    ("card at handover", "attendant", "supervisor"),
    ("card at counter", "attendant", "supervisor"),
    ("passport under review", "supervisor", "reviewing_supervisor"),
]


@pytest.mark.parametrize(("door", "who", "another"), DOORS)
def test_a_key_that_is_late_foreign_altered_or_missing_opens_no_door(
    world: World, door: str, who: str, another: str
) -> None:
    viewer, colleague = world.people[who], world.people[another]
    client = Client()
    with time_machine.travel(MORNING, tick=False):
        client.force_login(viewer)
        address, theirs = world.address(door, viewer), world.address(door, colleague)
        plain = address.partition("?")[0]
        other_side = world.address("card back", viewer).partition("?")[2]
        statuses = {
            "right": client.get(address).status_code,
            "missing": client.get(plain).status_code,
            "foreign": client.get(theirs).status_code,
            "altered": client.get(address[:-3] + "AAA").status_code,
            "of another side": client.get(f"{plain}?{other_side}").status_code,
            "empty": client.get(f"{plain}?key=").status_code,
        }
    with time_machine.travel(LATER, tick=False):
        statuses["late"] = client.get(address).status_code

    assert statuses == {
        "right": 200,
        "missing": 404,
        "foreign": 404,
        "altered": 404,
        "of another side": 404,
        "empty": 404,
        "late": 410,
    }
    assert AuditEvent.objects.filter(action="document.viewed").count() == 1


@pytest.mark.parametrize(("door", "who", "_another"), DOORS)
def test_a_key_for_another_purpose_opens_no_door(world: World, door: str, who: str, _another: str) -> None:
    viewer = world.people[who]
    kind = "passport" if door.startswith("passport") else "citizen_card"
    with time_machine.travel(MORNING, tick=False):
        client = Client()
        client.force_login(viewer)
        plain = world.address(door, viewer).partition("?")[0]
        right = "counter" if "at " in door else "review"
        for purpose in {"own", "review", "counter", "contract"} - {right}:
            wrong = image_url(world.paper(kind), "front", viewer, purpose, address=plain)
            assert client.get(wrong).status_code == 404
    assert not AuditEvent.objects.filter(action="document.viewed").exists()


def test_with_the_app_everybody_reads_of_themselves_alone(world: World) -> None:
    card = world.paper("citizen_card")
    with time_machine.travel(MORNING, tick=False):
        assert Client().get("/api/v1/identity").status_code == 401
        for name, person in world.people.items():
            client = Client()
            client.force_login(person)
            answer = client.get("/api/v1/identity")
            assert answer.status_code == 200
            assert (card.masked_number in answer.content.decode()) == (name == "renter")
            assert card.number not in answer.content.decode()


def test_nobody_is_handed_the_data_of_somebody_else(world: World) -> None:
    """The address of the export names nobody: it hands over the data of whoever asks."""
    card = world.paper("citizen_card")
    address = reverse("accounts:data-export")
    with time_machine.travel(MORNING, tick=False):
        assert Client().post(address).status_code == 302
        for name, person in world.people.items():
            client = Client()
            client.force_login(person)
            answer = client.post(address)
            assert answer.status_code == 200
            with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                handed = b"".join(archive.read(each) for each in archive.namelist()).decode("latin-1")
            assert person.email in handed
            for secret in (world.renter.phone, world.renter.public_id, card.number):
                assert name == "renter" or secret not in handed


def test_no_file_has_an_address_of_its_own(world: World) -> None:
    names = [
        str(image.file.name) for document in world.renter.documents.all() for image in document.images.all()
    ]
    names.append(str(world.contract.file.name))
    client = Client()
    client.force_login(world.people["operator"])

    for name in names:
        for prefix in ("/", "/media/", "/static/", "/account/documents/"):
            assert client.get(prefix + name).status_code == 404

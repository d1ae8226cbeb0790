"""The one address at which pictures of papers are served: who gets them, for how long, and what is noted."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from accounts.kyc import image_links
from accounts.kyc.enums import DocumentState, ViewPurpose
from accounts.kyc.image_links import image_url
from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from tests.factories.accounts import make_document, make_user
from voltgo.core import clock
from voltgo.core.models import AuditEvent

OWN, REVIEW = ViewPurpose.OWN, ViewPurpose.REVIEW


@pytest.fixture
def document(newcomer: User) -> IdentityDocument:
    return make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW, with_images=True)


@pytest.fixture
def portal(client: Client, newcomer: User) -> Client:
    client.force_login(newcomer)
    return client


def nobody_looked() -> bool:
    return not AuditEvent.objects.filter(action="document.viewed").exists()


def test_the_owner_sees_it_and_no_cache_keeps_it(
    portal: Client, newcomer: User, document: IdentityDocument
) -> None:
    answer = portal.get(image_url(document, "front", newcomer, OWN))

    assert answer.status_code == 200
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    event = AuditEvent.objects.get(action="document.viewed")
    assert event.changes == {"user": newcomer.public_id, "side": "front", "purpose": "own"}


def test_a_reviewer_sees_it_and_the_look_is_on_record(
    client: Client, reviewer: User, newcomer: User, document: IdentityDocument
) -> None:
    client.force_login(reviewer)

    answer = client.get(image_url(document, "back", reviewer, REVIEW), headers={"User-Agent": "Firefox/140"})

    assert answer.status_code == 200
    assert answer.content
    event = AuditEvent.objects.get(action="document.viewed")
    assert (event.subject, event.actor_ref, event.actor_kind) == (
        f"document:{document.pk}",
        reviewer.public_id,
        "operator",
    )
    assert event.changes == {
        "user": newcomer.public_id,
        "side": "back",
        "purpose": "review",
        "ip_address": "127.0.0.1",
        "device": "Firefox/140",
    }
    assert event.request_id


@pytest.mark.parametrize("who", ["stranger", "attendant", "staff_without_rights", "deactivated_reviewer"])
@pytest.mark.parametrize("purpose", [OWN, REVIEW])
def test_to_everybody_else_it_does_not_exist_even_with_a_key_of_their_own(
    client: Client,
    document: IdentityDocument,
    who: str,
    purpose: ViewPurpose,
    request: pytest.FixtureRequest,
) -> None:
    if who == "staff_without_rights":
        user = make_user(is_staff=True)
    elif who == "deactivated_reviewer":
        user = request.getfixturevalue("reviewer")
        user.groups.clear()
    else:
        user = request.getfixturevalue(who)
    client.force_login(user)

    assert client.get(image_url(document, "front", user, purpose)).status_code == 404
    assert nobody_looked()


def test_without_a_key_even_the_owner_gets_nothing(portal: Client, document: IdentityDocument) -> None:
    assert portal.get(f"/account/documents/{document.pk}/front/").status_code == 404
    assert portal.get(f"/account/documents/{document.pk}/front/?key=").status_code == 404
    assert nobody_looked()


def test_a_key_lasts_two_minutes(portal: Client, newcomer: User, document: IdentityDocument) -> None:
    address = image_url(document, "front", newcomer, OWN)

    with time_machine.travel(clock.now() + timedelta(seconds=115), tick=False):
        assert portal.get(address).status_code == 200
    with time_machine.travel(clock.now() + timedelta(seconds=125), tick=False):
        late = portal.get(address)
    assert late.status_code == 410
    assert "Hãy tải lại trang có ảnh" in late.content.decode()
    assert AuditEvent.objects.filter(action="document.viewed").count() == 1


def test_how_long_a_key_lasts_is_a_setting(
    portal: Client, newcomer: User, document: IdentityDocument, settings: Any
) -> None:
    settings.IMAGE_LINK_SECONDS = 10
    address = image_url(document, "front", newcomer, OWN)

    with time_machine.travel(clock.now() + timedelta(seconds=12), tick=False):
        assert portal.get(address).status_code == 410


def test_a_key_of_another_person_opens_nothing(
    client: Client, reviewer: User, operator: User, document: IdentityDocument
) -> None:
    client.force_login(reviewer)

    assert client.get(image_url(document, "front", operator, REVIEW)).status_code == 404
    assert nobody_looked()


def test_a_key_opens_its_own_side_and_document_alone(
    portal: Client, newcomer: User, document: IdentityDocument
) -> None:
    other = make_document(user=newcomer, kind="driving_licence", with_images=True)
    key = urlsplit(image_url(document, "front", newcomer, OWN)).query

    assert portal.get(f"/account/documents/{document.pk}/back/?{key}").status_code == 404
    assert portal.get(f"/account/documents/{other.pk}/front/?{key}").status_code == 404
    assert nobody_looked()


def test_a_key_for_one_purpose_does_not_serve_another(
    client: Client, reviewer: User, document: IdentityDocument
) -> None:
    client.force_login(reviewer)

    for purpose in (OWN, ViewPurpose.COUNTER, ViewPurpose.CONTRACT):
        assert client.get(image_url(document, "front", reviewer, purpose)).status_code == 404
    assert nobody_looked()


def test_a_changed_key_opens_nothing(portal: Client, newcomer: User, document: IdentityDocument) -> None:
    path, _mark, query = image_url(document, "front", newcomer, OWN).partition("?")
    key = parse_qs(query)["key"][0]
    forged = signing.dumps([document.pk, "front", newcomer.pk, "own"], key="guess", salt=image_links.SALT)
    otherwise = signing.dumps([document.pk, "front", newcomer.pk, "own"], salt="another use")

    for bad in (key[:-1], key[1:], key + "A", key.swapcase(), forged, otherwise, "x" * 5000, ":::", "é"):
        assert portal.get(path, {"key": bad}).status_code == 404
    assert nobody_looked()


@pytest.mark.parametrize("side", ["selfie", "front.jpg"])
def test_an_unknown_side_does_not_exist(
    portal: Client, newcomer: User, document: IdentityDocument, side: str
) -> None:
    address = f"/account/documents/{document.pk}/{side}/"

    answer = portal.get(image_url(document, side, newcomer, OWN, address=address))
    assert answer.status_code == 404


def test_an_unknown_document_looks_like_that_of_a_stranger(portal: Client, newcomer: User) -> None:
    other = make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW, with_images=True)
    address = image_url(other, "front", newcomer, OWN)

    assert portal.get(address).status_code == 404
    assert portal.get(address.replace(f"/{other.pk}/", f"/{other.pk + 1000}/")).status_code == 404


def test_the_file_has_no_address_of_its_own(portal: Client, document: IdentityDocument) -> None:
    image = document.images.get(side="front")

    for address in (f"/{image.file.name}", f"/media/{image.file.name}", f"/static/{image.file.name}"):
        assert portal.get(address).status_code == 404


def test_a_picture_that_was_erased_is_not_there(
    portal: Client, newcomer: User, document: IdentityDocument
) -> None:
    image = document.images.get(side="front")
    image.file.storage.delete(str(image.file.name))

    assert portal.get(image_url(document, "front", newcomer, OWN)).status_code == 404


def test_a_picture_that_was_exchanged_in_storage_is_not_shown(
    portal: Client, newcomer: User, document: IdentityDocument
) -> None:
    front, back = document.images.get(side="front"), document.images.get(side="back")
    document.images.filter(pk=front.pk).update(file="kyc/aa/moved.jpg")
    with default_storage.open(str(back.file.name)) as file:
        default_storage.save("kyc/aa/moved.jpg", ContentFile(file.read()))
    portal.raise_request_exception = False

    answer = portal.get(image_url(document, "front", newcomer, OWN))

    assert answer.status_code == 500
    assert b"\xff\xd8\xff" not in answer.content

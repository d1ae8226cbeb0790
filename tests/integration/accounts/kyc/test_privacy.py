import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from accounts.access.actors import operator_actor, renter_actor
from accounts.extraction import faces
from accounts.kyc import consent, needs
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState, ViewPurpose
from accounts.kyc.errors import PapersStillNeeded
from accounts.kyc.models import Consent, DocumentExtraction, DocumentImage, FaceReference
from accounts.kyc.needs import Need
from accounts.kyc.privacy_views import LOOKS_SHOWN
from accounts.kyc.services import erase_person, export_person, open_image
from accounts.users.models import User
from tests.factories.accounts import PASSWORD, make_consent, make_document, make_user
from voltgo.core import crypto, outbox
from voltgo.core.models import AuditEvent

PRIVACY = "/account/privacy/"
IDENTITY, FACES = ConsentPurpose.IDENTITY, ConsentPurpose.BIOMETRICS


@pytest.fixture
def person() -> User:
    """Somebody who has agreed, with an approved card and its photographs and reading."""
    user = make_user(password=PASSWORD, email="lan@example.vn")
    make_consent(user, IDENTITY, FACES)
    card = make_document(user=user, with_images=True)
    DocumentExtraction.objects.create(
        document=card, engine="local", seconds=0.4, fields_encrypted=crypto.encrypt('{"number": "079"}')
    )
    return user


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    """Signed in, and the password entered again a moment ago."""
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def rental_under_way() -> Iterator[None]:
    """Something on the right of accounts needs everybody's papers."""
    kept = dict(needs._needs), dict(needs._uses)
    needs.register(
        "test", needs=lambda _user: [Need("rental", "Chuyến thuê chưa xong.")], last_use=lambda _user: None
    )
    yield
    needs._needs, needs._uses = kept


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


# --- The page -----------------------------------------------------------------------------------


def test_the_page_shows_what_was_agreed_to_and_who_looked(
    signed_in: Client, person: User, operator: User
) -> None:
    card = person.documents.get()
    open_image(document=card, side="front", by=operator_actor(operator), purpose=ViewPurpose.REVIEW).close()

    page = text_of(signed_in.get(PRIVACY))

    assert page.count("/account/privacy/withdraw/") == 2
    assert consent.VERSION in page
    assert "Vận hành" in page
    assert "duyệt giấy tờ" in page
    assert operator.full_name not in page


def test_ones_own_looks_do_not_crowd_out_those_of_others(
    signed_in: Client, person: User, operator: User
) -> None:
    card = person.documents.get()
    open_image(document=card, side="front", by=operator_actor(operator), purpose=ViewPurpose.REVIEW).close()
    for _ in range(LOOKS_SHOWN):
        open_image(document=card, side="front", by=renter_actor(person), purpose=ViewPurpose.OWN).close()

    page = text_of(signed_in.get(PRIVACY))

    assert "Vận hành" in page
    assert "xem giấy tờ của chính mình" not in page


def test_who_never_agreed_has_nothing_to_withdraw(client: Client, newcomer: User) -> None:
    client.force_login(newcomer)

    assert "Chưa đồng ý" in text_of(client.get(PRIVACY))
    assert client.post("/account/privacy/withdraw/identity/").status_code == 404


def test_a_withdrawal_is_asked_for_first_and_says_what_follows(signed_in: Client, person: User) -> None:
    page = text_of(signed_in.get("/account/privacy/withdraw/identity/"))

    assert "Bạn không thuê được xe cho đến khi đồng ý lại và gửi lại giấy tờ." in page
    assert consent.in_force(person, IDENTITY)

    answer = signed_in.post("/account/privacy/withdraw/identity/")
    assert answer.headers["Location"] == PRIVACY
    assert not consent.in_force(person, IDENTITY)
    assert person.documents.get().state == DocumentState.SUPERSEDED


@pytest.mark.usefixtures("rental_under_way")
def test_during_a_rental_a_withdrawal_counts_but_the_papers_stay(signed_in: Client, person: User) -> None:
    assert "Chuyến thuê chưa xong." in text_of(signed_in.get("/account/privacy/withdraw/identity/"))

    signed_in.post("/account/privacy/withdraw/identity/")

    assert not consent.in_force(person, IDENTITY)
    assert person.documents.get().state == DocumentState.APPROVED


# --- Export -------------------------------------------------------------------------------------


def test_the_data_are_handed_out_only_after_the_password_again(client: Client, person: User) -> None:
    client.force_login(person)

    for method in (client.get, client.post):
        answer = method("/account/privacy/export/")
        assert answer.status_code == 302
        assert "/account/reauthenticate/" in answer.headers["Location"]
    assert not AuditEvent.objects.filter(action="identity.exported").exists()


def test_the_data_come_with_the_photographs_and_the_export_is_on_record(
    signed_in: Client, person: User
) -> None:
    assert signed_in.get("/account/privacy/export/").status_code == 200
    answer = signed_in.post("/account/privacy/export/")

    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="voltgo-')
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    card = person.documents.get()
    assert sorted(archive.namelist()) == [
        "data.json", f"images/{card.pk}-back.jpg", f"images/{card.pk}-front.jpg",
    ]  # fmt: skip
    assert archive.read(f"images/{card.pk}-front.jpg").startswith(b"\xff\xd8")
    data = json.loads(archive.read("data.json"))
    assert data["account"]["email"] == "lan@example.vn"
    assert [row["purpose"] for row in data["consents"]] == ["identity", "biometrics"]
    assert data["papers"][0]["number"] == card.number
    assert data["papers"][0]["readings"][0]["fields"] == {"number": "079"}
    event = AuditEvent.objects.get(action="identity.exported")
    assert (event.subject, event.changes) == (f"user:{person.public_id}", {"papers": 1})


def test_nobody_elses_data_are_in_it(person: User) -> None:
    other = make_user(email="khac@example.vn")
    make_document(user=other, with_images=True)

    archive = zipfile.ZipFile(io.BytesIO(export_person(user=person, by=renter_actor(person))))

    assert "khac@example.vn" not in archive.read("data.json").decode()
    assert len(archive.namelist()) == 3


def test_a_photograph_that_is_gone_does_not_stop_the_export(person: User) -> None:
    default_storage.delete(str(DocumentImage.objects.get(side="back").file.name))

    archive = zipfile.ZipFile(io.BytesIO(export_person(user=person, by=renter_actor(person))))

    images = json.loads(archive.read("data.json"))["papers"][0]["images"]
    assert [image["file"] is None for image in sorted(images, key=lambda image: image["side"])] == [
        True, False,
    ]  # fmt: skip


# --- Erasure ------------------------------------------------------------------------------------


def test_erasing_needs_the_password_again_and_a_tick(signed_in: Client, person: User) -> None:
    answer = signed_in.post("/account/privacy/erase/", {})
    assert answer.status_code == 422
    assert "Hãy đánh dấu để xác nhận." in text_of(answer)

    stale = Client()
    stale.force_login(person)
    assert (
        "/account/reauthenticate/"
        in stale.post("/account/privacy/erase/", {"sure": "on"}).headers["Location"]
    )
    assert person.documents.get().state == DocumentState.APPROVED


@pytest.mark.django_db(transaction=True)
def test_erasing_takes_pictures_files_and_everything_that_was_read(signed_in: Client, person: User) -> None:
    names = [str(image.file.name) for image in DocumentImage.objects.all()]
    person.born_on = person.documents.get().born_on
    person.save()

    answer = signed_in.post("/account/privacy/erase/", {"sure": "on"})

    assert answer.headers["Location"] == PRIVACY
    assert not DocumentImage.objects.exists()
    assert not any(default_storage.exists(name) for name in names)
    card = person.documents.get()
    assert card.state == DocumentState.SUPERSEDED
    assert (card.number_encrypted, card.number_hash, card.number_tail, card.full_name) == ("", "", "", "")
    assert (card.born_on, card.issued_on, card.expires_on) == (None, None, None)
    assert DocumentExtraction.objects.get().fields_encrypted == ""
    person.refresh_from_db()
    assert person.born_on is None
    assert not Consent.objects.filter(withdrawn_at=None).exists()
    assert Consent.objects.count() == 2, "the proof stays"
    event = AuditEvent.objects.get(action="identity.erased")
    assert event.changes == {"papers": 1}


@pytest.mark.usefixtures("rental_under_way")
def test_nothing_is_erased_while_a_rental_needs_it(signed_in: Client, person: User) -> None:
    page = text_of(signed_in.get("/account/privacy/erase/"))
    assert "Chuyến thuê chưa xong." in page
    assert 'name="sure"' not in page

    answer = signed_in.post("/account/privacy/erase/", {"sure": "on"})

    assert answer.status_code == 422
    assert DocumentImage.objects.count() == 2
    assert consent.in_force(person, IDENTITY)
    with pytest.raises(PapersStillNeeded):
        erase_person(user=person, by=renter_actor(person))


def test_the_number_of_a_false_paper_is_known_again_but_not_read_again(person: User) -> None:
    false = make_document(
        user=person,
        kind=DocumentKind.DRIVING_LICENCE,
        state=DocumentState.REVOKED,
    )
    kept = false.number_hash

    erase_person(user=person, by=renter_actor(person))

    false.refresh_from_db()
    assert (false.number_hash, false.number_encrypted) == (kept, "")


def test_kept_faces_go_with_the_rest(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten: list[str] = []

    class Keeper:
        name = "keeper"

        def forget(self, references: tuple[str, ...]) -> None:
            forgotten.extend(references)

    monkeypatch.setattr(faces, "get_face_engine", lambda *_: Keeper())
    FaceReference.objects.create(user=person, engine="keeper", reference="face-1")

    erase_person(user=person, by=renter_actor(person))
    outbox.run_all()

    assert forgotten == ["face-1"]
    assert not FaceReference.objects.exists()

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.kyc import consent
from accounts.kyc.enums import DocumentState
from accounts.kyc.models import Consent, IdentityDocument
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, photo_bytes, photo_upload

IDENTITY = "/api/v1/identity"
CONSENTS = "/api/v1/identity/consents"
CARD = "/api/v1/identity/citizen_card"


@pytest.fixture
def app(newcomer: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(newcomer)
    return client


def both() -> dict[str, Any]:
    return {"front": photo_upload(), "back": photo_upload("b.jpg", photo_bytes(1200, 760))}


def test_a_newcomer_is_told_what_to_photograph(app: APIClient) -> None:
    answer = app.get(IDENTITY).json()

    assert (answer["may_book"], answer["is_reading"], answer["is_pending"]) == (False, False, False)
    assert [(paper["kind"], paper["status"], paper["sides"]) for paper in answer["papers"]] == [
        ("citizen_card", "missing", ["front", "back"]),
        ("driving_licence", "missing", ["front", "back"]),
        ("selfie", "missing", ["front"]),
    ]


def test_a_verified_person_may_book_and_sees_no_whole_number(renter: User) -> None:
    client = APIClient()
    client.force_authenticate(renter)

    answer = client.get(IDENTITY).json()

    assert answer["may_book"] is True
    card = renter.documents.get(kind="citizen_card")
    assert answer["papers"][0]["number"] == f"•••••••••{card.number_tail}"
    assert card.number not in str(answer)


def test_the_app_shows_the_words_and_sends_back_their_version(app: APIClient, newcomer: User) -> None:
    asked = app.get(CONSENTS).json()
    assert [(row["purpose"], row["is_required"], row["given_at"]) for row in asked] == [
        ("identity", True, None)
    ]
    assert asked[0]["text"] == str(consent.TEXTS["identity"])

    body = {"consents": [{"purpose": "identity", "version": asked[0]["version"]}]}
    answer = app.post(CONSENTS, body, format="json", HTTP_USER_AGENT="VoltGo/1.0")

    assert answer.status_code == 201
    assert answer.json()[0]["given_at"] is not None
    assert Consent.objects.get(user=newcomer).device == "VoltGo/1.0"


def test_old_words_are_refused_as_a_problem(app: APIClient) -> None:
    body = {"consents": [{"purpose": "identity", "version": "2020-01"}]}
    answer = app.post(CONSENTS, body, format="json")

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "consent_missing"
    assert not Consent.objects.exists()


def test_a_consent_is_taken_back_once(app: APIClient, newcomer: User) -> None:
    make_consent(newcomer)

    assert app.delete(f"{CONSENTS}/identity").status_code == 204
    assert not consent.in_force(newcomer, "identity")
    assert app.delete(f"{CONSENTS}/identity").status_code == 404
    assert app.delete(f"{CONSENTS}/anything").status_code == 404


def test_photographs_are_handed_in_and_read(app: APIClient, newcomer: User) -> None:
    make_consent(newcomer)

    answer = app.post(CARD, both(), format="multipart")

    assert answer.status_code == 202
    assert answer.json()["is_reading"] is True
    assert newcomer.documents.get().state == DocumentState.UPLOADED


def test_without_consent_no_photograph_is_kept(app: APIClient) -> None:
    answer = app.post(CARD, both(), format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (422, "consent_missing")
    assert not IdentityDocument.objects.exists()


def test_what_is_wrong_is_said_by_side(app: APIClient, newcomer: User) -> None:
    make_consent(newcomer)

    missing = app.post(CARD, {"front": photo_upload()}, format="multipart").json()
    assert (missing["code"], missing["sides"]) == ("document_images_missing", ["back"])

    refused = app.post(CARD, both() | {"back": photo_upload("b.jpg", b"%PDF-1.7")}, format="multipart").json()
    assert refused["code"] == "document_images_refused"
    assert list(refused["errors"]) == ["back"]
    assert not IdentityDocument.objects.exists()


def test_the_bad_side_is_named(app: APIClient, newcomer: User) -> None:
    make_document(
        user=newcomer, state=DocumentState.REJECTED, rejection_code="glare", bad_sides={"front": "glare"}
    )

    paper = app.get(IDENTITY).json()["papers"][0]

    assert paper["status"] == "rejected"
    assert [bad["side"] for bad in paper["bad_sides"]] == ["front"]


def test_photographs_of_an_unknown_paper_are_refused(app: APIClient) -> None:
    assert app.post("/api/v1/identity/library_card", both(), format="multipart").status_code == 404


def test_who_is_not_signed_in_is_refused() -> None:
    client = APIClient()

    for method, address in (("get", IDENTITY), ("get", CONSENTS), ("post", CARD)):
        assert getattr(client, method)(address).status_code == 401

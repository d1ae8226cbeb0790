"""Sending a paper again: a new photograph does not make forgotten what a person had to look at, or has refused."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.access.actors import operator_actor, staff_actor
from accounts.extraction.types import FaceMatch, FieldName, Source
from accounts.kyc import consent
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState, Finding, RejectionCode
from accounts.kyc.models import DocumentExtraction, IdentityDocument, VerificationPolicy
from accounts.kyc.readings import sealed_comparison
from accounts.kyc.services import (
    confirm_face,
    doubt_face,
    erase_person,
    reject_document,
    revoke_document,
    submit_document,
)
from accounts.kyc.services import deciding as deciding_service
from accounts.kyc.services import reading as reading_service
from accounts.kyc.services.deciding import decide_papers
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_user, photo_bytes, photo_upload
from tests.fakes.reader import FakeEngine, card_reading, selfie_reading
from tests.identity.people import TODAY, Person, make_person
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM, Actor, ActorKind

CARD, PASSPORT, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.PASSPORT, DocumentKind.SELFIE


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with time_machine.travel(f"{TODAY}T05:00:00Z", tick=True):
        yield


@pytest.fixture
def person() -> Person:
    return make_person(7, card_form=2021, licence_form=2025)


@pytest.fixture
def engine(person: Person, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine.of(person)
    monkeypatch.setattr(reading_service, "engine_for", lambda _user: fake)
    return fake


@pytest.fixture
def applicant(person: Person) -> User:
    user = make_user(full_name=person.full_name)
    make_consent(user)
    return user


@pytest.fixture
def reviewer() -> User:
    return make_user(full_name="Lê Thị Soát")


def sent(user: User, kind: str = CARD, *, seed: int = 0) -> IdentityDocument:
    """Hand a paper in and let every job run."""
    sides = ["front"] if kind in (SELFIE, PASSPORT) else ["front", "back"]
    images = {
        side: photo_upload(content=photo_bytes(900 + seed * 7 + place, 600 + seed * 3))
        for place, side in enumerate(sides)
    }
    by = Actor(ActorKind.RENTER, user.public_id)
    document = submit_document(user=user, kind=kind, images=images, by=by)
    outbox.run_all()
    document.refresh_from_db()
    return document


def refuse(document: IdentityDocument, reviewer: User, code: RejectionCode) -> None:
    reject_document(document=document, code=code, reviewer=reviewer, by=operator_actor(reviewer))


def test_a_card_that_was_taken_back_is_not_approved_by_the_machine_again(
    applicant: User, engine: FakeEngine, reviewer: User
) -> None:
    card = sent(applicant)
    assert card.state == DocumentState.APPROVED
    revoke_document(document=card, reason="forged", by=operator_actor(reviewer))

    again = sent(applicant, seed=1)

    assert (again.state, again.findings) == (DocumentState.NEEDS_REVIEW, [Finding.REFUSED_BEFORE])


def test_a_card_that_was_called_false_is_not_approved_by_the_machine_again(
    applicant: User, engine: FakeEngine, reviewer: User
) -> None:
    VerificationPolicy.objects.create(valid_from=TODAY, is_automatic=False)
    card = sent(applicant)
    refuse(card, reviewer, RejectionCode.SUSPECTED_FORGERY)
    VerificationPolicy.objects.all().delete()

    again = sent(applicant, seed=1)
    third = sent(applicant, seed=2)

    assert [again.findings, third.findings] == [[Finding.REFUSED_BEFORE]] * 2
    assert third.state == DocumentState.NEEDS_REVIEW


def test_a_number_that_was_called_false_is_known_in_the_next_account(
    applicant: User, engine: FakeEngine, reviewer: User, person: Person
) -> None:
    VerificationPolicy.objects.create(valid_from=TODAY, is_automatic=False)
    refuse(sent(applicant), reviewer, RejectionCode.SUSPECTED_FORGERY)
    VerificationPolicy.objects.all().delete()
    other = make_user(full_name=person.full_name)
    make_consent(other)

    card = sent(other, seed=1)

    assert card.state == DocumentState.NEEDS_REVIEW
    assert Finding.NUMBER_TAKEN in card.findings


def test_a_bad_photograph_is_no_such_refusal(applicant: User, engine: FakeEngine, reviewer: User) -> None:
    VerificationPolicy.objects.create(valid_from=TODAY, is_automatic=False)
    refuse(sent(applicant), reviewer, RejectionCode.BLURRED)
    VerificationPolicy.objects.all().delete()

    assert sent(applicant, seed=1).state == DocumentState.APPROVED


def test_sending_again_does_not_escape_the_random_check(
    applicant: User, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def only_the_first(document: IdentityDocument, _percent: int) -> bool:
        drawn.append(document.pk)
        return document.pk == drawn[0]

    monkeypatch.setattr(deciding_service, "is_spot_check", only_the_first)
    assert sent(applicant).findings == [Finding.SPOT_CHECK]

    again = sent(applicant, seed=1)
    third = sent(applicant, seed=2)

    assert (again.state, third.state) == (DocumentState.NEEDS_REVIEW, DocumentState.NEEDS_REVIEW)
    assert third.findings == [Finding.SPOT_CHECK]


def test_sending_again_does_not_hide_sources_that_disagreed(
    applicant: User, engine: FakeEngine, person: Person
) -> None:
    engine.answers[CARD] = card_reading(person, lies={(Source.QR, FieldName.NUMBER): "079099123456"})
    assert Finding.SOURCES_DISAGREE in sent(applicant).findings
    engine.answers[CARD] = card_reading(person)

    again = sent(applicant, seed=1)

    assert (again.state, again.findings) == (DocumentState.NEEDS_REVIEW, [Finding.SOURCES_DISAGREE])


def test_a_new_selfie_does_not_hide_that_the_counter_doubted_the_face(
    applicant: User, engine: FakeEngine, reviewer: User
) -> None:
    sent(applicant)
    selfie = sent(applicant, SELFIE, seed=1)
    assert selfie.state == DocumentState.AUTO_PASSED
    doubt_face(document=selfie, user=reviewer, by=staff_actor(reviewer))

    again = sent(applicant, SELFIE, seed=2)

    assert again.state == DocumentState.NEEDS_REVIEW
    assert Finding.FACE_DIFFERS in again.findings


def test_what_a_person_has_approved_is_settled(applicant: User, engine: FakeEngine, reviewer: User) -> None:
    selfie = sent(applicant, SELFIE)
    confirm_face(document=selfie, user=reviewer, by=staff_actor(reviewer))

    assert sent(applicant, SELFIE, seed=1).state == DocumentState.AUTO_PASSED


def test_a_number_put_aside_with_the_consent_is_known_in_the_next_account(
    applicant: User, engine: FakeEngine, person: Person
) -> None:
    sent(applicant)
    consent.withdraw(user=applicant, purpose=ConsentPurpose.IDENTITY, by=SYSTEM)
    other = make_user(full_name=person.full_name)
    make_consent(other)

    card = sent(other, seed=1)

    assert card.state == DocumentState.NEEDS_REVIEW
    assert Finding.NUMBER_TAKEN in card.findings


def test_a_face_that_fits_the_passport_says_nothing_about_the_card(
    applicant: User, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two identity papers under way: the selfie is compared with the newer one, and that one alone is proved."""
    monkeypatch.setattr(deciding_service, "compares_faces", lambda _user: True)
    engine.answers[PASSPORT] = selfie_reading()
    card, passport, selfie = (
        sent(applicant),
        sent(applicant, PASSPORT, seed=1),
        sent(applicant, SELFIE, seed=2),
    )
    match = FaceMatch(engine="fake", similarity=0.99, is_same=True, is_unsure=False)
    DocumentExtraction.objects.create(
        document=selfie,
        engine="fake",
        seconds=0.1,
        fields_encrypted=sealed_comparison(match, passport.pk),
    )

    decide_papers(applicant)

    card.refresh_from_db()
    assert (card.state, card.findings) == (DocumentState.NEEDS_REVIEW, [Finding.FACE_UNCERTAIN])
    selfie.refresh_from_db()
    assert selfie.state == DocumentState.AUTO_PASSED


def test_what_is_read_while_somebody_erases_themselves_is_not_kept(
    applicant: User, engine: FakeEngine
) -> None:
    engine.meanwhile = lambda: erase_person(user=applicant, by=SYSTEM) and None

    document = sent(applicant)

    assert document.state == DocumentState.SUPERSEDED
    assert [row.fields_encrypted for row in DocumentExtraction.objects.filter(document=document)] in (
        [],
        [""],
    )

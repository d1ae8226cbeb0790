"""From the photographs to the decision, with an engine that says what the test wants."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage

from accounts.access.actors import operator_actor, renter_actor
from accounts.extraction import looks, same_picture
from accounts.extraction.types import FaceMatch, FieldName, Problem, Source
from accounts.kyc import readings
from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState, Finding
from accounts.kyc.models import DocumentExtraction, DocumentImage, IdentityDocument, VerificationPolicy
from accounts.kyc.services import ReadFields, approve_document, submit_document
from accounts.kyc.services import deciding as deciding_service
from accounts.kyc.services import reading as reading_service
from accounts.kyc.services.deciding import decide_papers
from accounts.kyc.services.minding import leave_stuck_to_people, remind_of_retakes
from accounts.kyc.services.reading import read_document
from accounts.notifications.models import Delivery
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, make_user, photo_bytes, photo_upload
from tests.fakes.reader import FakeEngine, card_reading, selfie_reading
from tests.identity.people import TODAY, Person, make_person
from voltgo.core import clock, outbox, states
from voltgo.core.models import AuditEvent, OutboxMessage, StateEvent

CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """The people of the generator have papers that are good on its day."""
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


def send(user: User, kind: str, *, seed: int = 0) -> IdentityDocument:
    sides = ["front"] if kind == SELFIE else ["front", "back"]
    images = {
        side: photo_upload(content=photo_bytes(900 + seed * 7 + place, 600 + seed * 3))
        for place, side in enumerate(sides)
    }
    return submit_document(user=user, kind=kind, images=images, by=renter_actor(user))


def state(document: IdentityDocument) -> str:
    document.refresh_from_db()
    return document.state


def test_honest_papers_are_approved_without_anybody_looking(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    papers = [send(applicant, kind) for kind in (CARD, LICENCE, SELFIE)]

    outbox.run_all()

    assert [state(paper) for paper in papers] == ["approved", "approved", "auto_passed"]
    card, licence, selfie = papers
    assert (card.number, card.full_name, card.born_on) == (
        person.number,
        person.full_name,
        person.born_on,
    )
    assert (card.is_automatic, card.reviewed_by, card.findings) == (True, None, [])
    assert licence.licence_classes == list(person.licence_classes)
    assert licence.expires_on == person.licence_expires_on
    assert selfie.findings == [Finding.FACE_NOT_COMPARED]
    applicant.refresh_from_db()
    assert applicant.born_on == person.born_on
    steps = [(each.target, each.actor_kind) for each in states.events_of(DOCUMENT, card)]
    assert steps == [("uploaded", "renter"), ("processing", "system"), ("approved", "system")]


def test_somebody_who_may_book_is_told_once_and_not_paper_by_paper(
    applicant: User, engine: FakeEngine
) -> None:
    for kind in (CARD, LICENCE):
        send(applicant, kind)
        outbox.run_all()
    assert not Delivery.objects.exists()

    send(applicant, SELFIE)
    outbox.run_all()
    decide_papers(applicant)

    delivery = Delivery.objects.get()
    licence = applicant.documents.get(kind=LICENCE)
    assert (delivery.kind, delivery.reference) == ("document_approved", f"document:{licence.pk}")


def test_what_was_read_lies_encrypted_and_nothing_of_it_anywhere_else(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    document = send(applicant, CARD)
    outbox.run_all()

    row = document.extractions.get()
    clear = json.dumps([row.quality, row.sources, row.findings, row.calls])
    for secret in (person.number, person.full_name, str(person.born_on), person.number[-6:]):
        assert secret not in clear
        assert secret not in row.fields_encrypted
    assert row.sources == {"mrz": True, "ocr": True, "qr": True}
    assert readings.reading_in(row) == replace(card_reading(person), seconds=0.2)
    for event in AuditEvent.objects.all():
        assert person.number not in json.dumps(event.changes)
    for message in OutboxMessage.objects.filter(topic__startswith="kyc."):
        assert set(message.payload) <= {"document_id", "user_id"}


def test_a_licence_that_comes_first_waits_for_the_card(applicant: User, engine: FakeEngine) -> None:
    licence = send(applicant, LICENCE)
    outbox.run_all()
    assert state(licence) == DocumentState.AUTO_PASSED

    card = send(applicant, CARD)
    outbox.run_all()

    assert (state(card), state(licence)) == ("approved", "approved")
    assert engine.reads == [LICENCE, CARD]


def test_a_licence_is_decided_when_a_reviewer_approves_the_card(
    applicant: User, person: Person, engine: FakeEngine, operator: User
) -> None:
    engine.answers[CARD] = card_reading(person, unread=frozenset({(Source.QR, FieldName.NUMBER)}))
    card, licence = send(applicant, CARD), send(applicant, LICENCE)
    outbox.run_all()
    assert (state(card), state(licence)) == ("needs_review", "auto_passed")
    assert card.findings == [Finding.LOW_CONFIDENCE]

    approve_document(
        document=card,
        read=ReadFields(person.number, person.full_name, person.born_on),
        reviewer=operator,
        by=operator_actor(operator),
    )
    outbox.run_all()

    assert state(licence) == DocumentState.APPROVED
    assert licence.is_automatic


def test_a_bad_photograph_is_asked_for_again_and_the_other_side_kept(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    engine.answers[CARD] = card_reading(person, problems={"front": Problem.GLARE, "back": Problem.BLURRED})
    document = send(applicant, CARD)
    outbox.run_all()

    assert state(document) == DocumentState.REJECTED
    assert document.bad_sides == {"front": "glare", "back": "blurred"}
    assert document.rejection_code == "blurred"
    assert document.findings == []
    assert Delivery.objects.count() == 0


def test_whoever_left_is_reminded_of_a_retake_once_after_twenty_minutes(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    engine.answers[CARD] = card_reading(person, problems={"front": Problem.GLARE})
    send(applicant, CARD)
    outbox.run_all()
    now = clock.now()

    with time_machine.travel(now + timedelta(minutes=19), tick=False):
        assert remind_of_retakes() == 0
    with time_machine.travel(now + timedelta(minutes=21), tick=False):
        assert remind_of_retakes() == 1
        assert remind_of_retakes() == 0

    document = applicant.documents.get()
    assert Delivery.objects.get().key == f"document_rejected:{document.pk}"


def test_nobody_is_reminded_of_what_they_have_sent_again(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    engine.answers[CARD] = card_reading(person, problems={"front": Problem.GLARE})
    send(applicant, CARD)
    outbox.run_all()
    engine.answers[CARD] = card_reading(person)
    send(applicant, CARD, seed=1)
    outbox.run_all()

    with time_machine.travel(clock.now() + timedelta(minutes=45), tick=False):
        assert remind_of_retakes() == 0


def test_a_reader_that_is_away_loses_no_paper(applicant: User, engine: FakeEngine) -> None:
    del engine.answers[CARD]
    document = send(applicant, CARD)
    outbox.run_all()

    assert state(document) == DocumentState.NEEDS_REVIEW
    assert document.findings == [Finding.READER_AWAY]
    assert document.extractions.get().engine == readings.NO_ENGINE


def test_a_reader_that_falls_over_loses_no_paper_either(
    applicant: User, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    def fall() -> None:
        raise RuntimeError("segments")

    engine.meanwhile = fall
    document = send(applicant, CARD)
    outbox.run_all()

    assert (state(document), document.findings) == ("needs_review", [Finding.READER_AWAY])


@pytest.mark.parametrize("kind", [DocumentKind.PASSPORT, DocumentKind.FOREIGN_LICENCE])
def test_papers_from_abroad_always_go_to_a_person(applicant: User, engine: FakeEngine, kind: str) -> None:
    engine.answers[kind] = selfie_reading()
    document = send(applicant, kind)
    outbox.run_all()

    assert state(document) == DocumentState.NEEDS_REVIEW
    assert Finding.ALWAYS_BY_PERSON in document.findings


def test_a_number_of_another_account_goes_to_a_person(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    make_document(user=make_user(), kind=CARD, number=person.number)
    card, licence = send(applicant, CARD), send(applicant, LICENCE)
    outbox.run_all()

    assert (state(card), card.findings) == ("needs_review", [Finding.NUMBER_TAKEN])
    assert state(licence) == DocumentState.AUTO_PASSED


def test_a_picture_of_another_account_goes_to_a_person(
    applicant: User, person: Person, engine: FakeEngine
) -> None:
    other = make_user()
    make_consent(other)
    send(other, CARD)
    card = send(applicant, CARD)
    OutboxMessage.objects.filter(payload={"document_id": other.documents.get().pk}).delete()
    outbox.run_all()

    assert (state(card), card.findings) == ("needs_review", [Finding.IMAGE_KNOWN])


def test_a_picture_may_look_like_those_of_several_others(
    applicant: User, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (2, 3):
        other = make_user()
        make_consent(other)
        send(other, CARD, seed=seed)
    DocumentImage.objects.update(perceptual_hash=1)
    OutboxMessage.objects.all().delete()
    monkeypatch.setattr(looks, "perceptual_hash", lambda _content: 1)
    monkeypatch.setattr(same_picture, "is_same_picture", lambda _first, _second: False)
    card = send(applicant, CARD)
    outbox.run_all()

    assert (state(card), card.findings) == ("approved", [])


def test_one_of_a_persons_own_older_pictures_is_no_duplicate(applicant: User, engine: FakeEngine) -> None:
    send(applicant, CARD)
    outbox.run_all()
    renewal = send(applicant, CARD)
    outbox.run_all()

    assert state(renewal) == DocumentState.APPROVED
    assert sorted(applicant.documents.values_list("state", flat=True)) == ["approved", "superseded"]


def test_a_version_that_was_replaced_meanwhile_is_left_alone(applicant: User, engine: FakeEngine) -> None:
    first = send(applicant, CARD)
    engine.meanwhile = lambda: engine.reads.count(CARD) == 1 and send(applicant, CARD, seed=2)

    read_document(first)

    assert state(first) == DocumentState.SUPERSEDED
    assert not first.is_automatic
    engine.meanwhile = None
    outbox.run_all()
    assert applicant.documents.get(state=DocumentState.APPROVED).pk != first.pk


@pytest.mark.parametrize("dies_at", ["_note_looks", "_read", "_keep", "_compare", "decide_papers"])
def test_a_worker_may_die_at_any_step(
    applicant: User, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    card, licence = send(applicant, CARD), send(applicant, LICENCE)
    with monkeypatch.context() as patch:
        patch.setattr(reading_service, dies_at, lambda *_a, **_k: (_ for _ in ()).throw(SystemExit))
        for document in (card, licence):
            with pytest.raises(SystemExit):
                read_document(document)
    assert state(card) == DocumentState.PROCESSING

    outbox.run_all()
    outbox.run_all()

    assert (state(card), state(licence)) == ("approved", "approved")
    assert DocumentExtraction.objects.count() == 2


def test_deciding_twice_writes_nothing_the_second_time(applicant: User, engine: FakeEngine) -> None:
    send(applicant, LICENCE)
    send(applicant, SELFIE)
    outbox.run_all()
    events = StateEvent.objects.count(), AuditEvent.objects.count()

    assert decide_papers(applicant) == {
        LICENCE: DocumentState.AUTO_PASSED,
        SELFIE: DocumentState.AUTO_PASSED,
    }

    assert (StateEvent.objects.count(), AuditEvent.objects.count()) == events


def test_a_paper_that_no_worker_can_read_goes_to_a_person(applicant: User, engine: FakeEngine) -> None:
    document = send(applicant, CARD)
    assert leave_stuck_to_people() == 0
    OutboxMessage.objects.filter(topic="kyc.read").update(attempts=12, dead_at=clock.now())

    assert leave_stuck_to_people() == 1

    assert (state(document), document.findings) == ("needs_review", [Finding.READER_AWAY])


def test_the_policy_may_keep_the_machine_from_approving(applicant: User, engine: FakeEngine) -> None:
    VerificationPolicy.objects.create(valid_from=date(2026, 1, 1), is_automatic=False)
    card, selfie = send(applicant, CARD), send(applicant, SELFIE)
    outbox.run_all()

    assert (state(card), card.findings) == ("needs_review", [])
    assert state(selfie) == DocumentState.AUTO_PASSED


def test_lots_are_drawn_for_spot_checks(applicant: User, engine: FakeEngine) -> None:
    VerificationPolicy.objects.create(valid_from=date(2026, 1, 1), spot_check_percent=100)
    card = send(applicant, CARD)
    outbox.run_all()

    assert (state(card), card.findings) == ("needs_review", [Finding.SPOT_CHECK])


def test_lots_are_fair_and_the_same_each_time() -> None:
    drawn = [deciding_service.is_spot_check(IdentityDocument(pk=pk), 10) for pk in range(1, 2001)]

    assert 150 < sum(drawn) < 250
    assert drawn == [deciding_service.is_spot_check(IdentityDocument(pk=pk), 10) for pk in range(1, 2001)]


def compare_as(
    monkeypatch: pytest.MonkeyPatch, match: FaceMatch, on: tuple[str, ...] = (CARD, SELFIE)
) -> None:
    """Let faces be compared once both pictures are there."""
    monkeypatch.setattr(deciding_service, "compares_faces", lambda _user: True)

    def compare(user: User, *, portrait: bytes = b"") -> FaceMatch | None:
        found: dict[str, Any] = {
            kind: user.documents.filter(kind=kind).order_by("-pk").first() for kind in on
        }
        if not all(found.values()):
            return None
        DocumentExtraction.objects.create(
            document_id=found[SELFIE].pk,
            engine=match.engine,
            seconds=0,
            fields_encrypted=readings.sealed_comparison(match, found[CARD].pk),
        )
        return match

    monkeypatch.setattr(reading_service, "compare_selfie", compare)


def test_where_faces_are_compared_the_card_waits_for_the_selfie(
    applicant: User, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_as(monkeypatch, FaceMatch("fake", 0.98, is_same=True))
    card = send(applicant, CARD)
    outbox.run_all()
    assert state(card) == DocumentState.AUTO_PASSED

    selfie = send(applicant, SELFIE)
    outbox.run_all()

    assert (state(card), state(selfie)) == ("approved", "approved")
    assert selfie.findings == []


@pytest.mark.parametrize(
    ("match", "finding"),
    [
        (FaceMatch("fake", 0.2, is_same=False), Finding.FACE_DIFFERS),
        (FaceMatch("fake", 0.6, is_same=False, is_unsure=True), Finding.FACE_UNCERTAIN),
        (FaceMatch("fake", 0.98, is_same=True, known_as=("U-OTHER",)), Finding.FACE_KNOWN),
    ],
)
def test_a_face_that_does_not_fit_keeps_card_and_selfie_from_the_machine(
    applicant: User,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    match: FaceMatch,
    finding: Finding,
) -> None:
    compare_as(monkeypatch, match)
    card, selfie, licence = (send(applicant, kind) for kind in (CARD, SELFIE, LICENCE))
    outbox.run_all()

    assert (state(card), card.findings) == ("needs_review", [finding])
    assert (state(selfie), selfie.findings) == ("needs_review", [finding])
    assert state(licence) == DocumentState.AUTO_PASSED


def test_files_of_pictures_are_gone_and_the_paper_goes_to_a_person(
    applicant: User, engine: FakeEngine
) -> None:
    document = send(applicant, CARD)
    for image in document.images.all():
        default_storage.delete(str(image.file.name))
    del engine.answers[CARD]
    outbox.run_all()

    assert state(document) == DocumentState.NEEDS_REVIEW

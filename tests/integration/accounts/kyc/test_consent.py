import hashlib
from typing import Any

import pytest

from accounts.access.actors import renter_actor
from accounts.extraction import faces
from accounts.extraction.types import ReaderAway
from accounts.kyc import consent
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState
from accounts.kyc.errors import ConsentMissing
from accounts.kyc.models import Consent, FaceReference
from accounts.kyc.services.erasing import forget_faces
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, make_user
from voltgo.core import outbox
from voltgo.core.models import AuditEvent, OutboxMessage

IDENTITY, FACES, ABROAD = ConsentPurpose.IDENTITY, ConsentPurpose.BIOMETRICS, ConsentPurpose.CROSS_BORDER


@pytest.fixture
def person() -> User:
    return make_user()


def give(user: User, *purposes: str, **options: Any) -> list[Consent]:
    values: dict[str, Any] = {
        "versions": consent.VERSIONS, "language": "vi", "ip_address": "203.0.113.7", "device": "Chromium",
        "by": renter_actor(user),
    }  # fmt: skip
    return consent.give(user=user, purposes=purposes, **values | options)


def test_nobody_agrees_before_they_were_asked(person: User) -> None:
    assert not consent.in_force(person, IDENTITY)
    assert not consent.is_withdrawn(person, IDENTITY)


def test_each_purpose_is_agreed_to_by_itself(person: User) -> None:
    give(person, IDENTITY, FACES)

    assert consent.in_force(person, IDENTITY)
    assert consent.in_force(person, FACES)
    assert not consent.in_force(person, ABROAD)


def test_the_consent_is_provable(person: User) -> None:
    row = give(person, IDENTITY)[0]

    assert (row.version, row.language, row.ip_address, row.device) == (
        consent.VERSION, "vi", "203.0.113.7", "Chromium",
    )  # fmt: skip
    assert row.text_sha256 == hashlib.sha256(str(consent.TEXTS[IDENTITY]).encode()).hexdigest()
    event = AuditEvent.objects.get(action="consent.given")
    assert (event.subject, event.actor_ref) == (f"user:{person.public_id}", person.public_id)
    assert event.changes == {
        "purpose": "identity", "version": consent.VERSION, "text_sha256": row.text_sha256, "language": "vi",
    }  # fmt: skip


def test_the_hash_is_of_the_words_in_the_language_that_was_shown() -> None:
    assert consent.text_hash(IDENTITY, "vi") == consent.text_hash(IDENTITY)
    assert len(consent.text_hash(FACES, "en")) == 64


def test_agreeing_twice_is_agreeing_once(person: User) -> None:
    first = give(person, IDENTITY)[0]
    assert give(person, IDENTITY) == [first]
    assert AuditEvent.objects.filter(action="consent.given").count() == 1


@pytest.mark.parametrize("versions", [{}, {"identity": "2020-01"}])
def test_words_that_no_longer_hold_are_not_agreed_to(person: User, versions: dict[str, str]) -> None:
    with pytest.raises(ConsentMissing):
        give(person, IDENTITY, versions=versions)
    assert not Consent.objects.exists()


def test_new_words_are_asked_for_again_and_replace_the_old(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(person, IDENTITY)
    newer = {**consent.VERSIONS, IDENTITY: "2027-01"}
    for module in ("accounts.kyc.consent", "accounts.kyc.services.consenting"):
        monkeypatch.setattr(f"{module}.VERSIONS", newer)

    assert not consent.in_force(person, IDENTITY)
    assert not consent.is_withdrawn(person, IDENTITY)
    give(person, IDENTITY, versions=newer)

    assert consent.in_force(person, IDENTITY)
    assert [row.withdrawn_at is None for row in Consent.objects.order_by("pk")] == [False, True]


def test_a_withdrawal_ends_one_purpose_and_leaves_the_proof(person: User) -> None:
    give(person, IDENTITY, FACES)

    assert consent.withdraw(user=person, purpose=FACES, by=renter_actor(person))

    assert consent.in_force(person, IDENTITY)
    assert consent.is_withdrawn(person, FACES)
    assert Consent.objects.count() == 2
    assert AuditEvent.objects.get(action="consent.withdrawn").changes["purpose"] == "biometrics"
    assert not consent.withdraw(user=person, purpose=FACES, by=renter_actor(person))


def test_without_the_check_of_papers_no_other_purpose_stays(person: User) -> None:
    give(person, IDENTITY, FACES, ABROAD)

    consent.withdraw(user=person, purpose=IDENTITY, by=renter_actor(person))

    assert not Consent.objects.filter(withdrawn_at=None).exists()


def test_without_the_check_of_papers_nobody_rents_by_them(person: User) -> None:
    make_consent(person)
    waiting = make_document(user=person, state=DocumentState.NEEDS_REVIEW)
    approved = make_document(user=person, kind=DocumentKind.DRIVING_LICENCE)

    consent.withdraw(user=person, purpose=IDENTITY, by=renter_actor(person))

    waiting.refresh_from_db()
    approved.refresh_from_db()
    assert (waiting.state, approved.state) == (DocumentState.SUPERSEDED, DocumentState.SUPERSEDED)


def test_after_a_withdrawal_one_may_agree_again(person: User) -> None:
    make_consent(person)
    consent.withdraw(user=person, purpose=IDENTITY, by=renter_actor(person))
    make_consent(person)

    assert consent.in_force(person, IDENTITY)
    assert not consent.is_withdrawn(person, IDENTITY)


class Keeper:
    """A service that keeps faces."""

    name = "keeper"

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget(self, references: tuple[str, ...]) -> None:
        self.forgotten += references


def keep_a_face(user: User, reference: str = "face-1") -> None:
    FaceReference.objects.create(user=user, engine="keeper", reference=reference)


def test_kept_faces_are_erased_at_the_service_when_their_owner_takes_the_consent_back(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper()
    monkeypatch.setattr(faces, "get_face_engine", lambda: keeper, raising=False)
    make_consent(person, IDENTITY, FACES)
    keep_a_face(person)
    keep_a_face(make_user(), "face-of-another")

    consent.withdraw(user=person, purpose=FACES, by=renter_actor(person))
    outbox.run_all()

    assert keeper.forgotten == ["face-1"]
    assert [row.reference for row in FaceReference.objects.all()] == ["face-of-another"]


def test_a_face_stays_on_the_list_until_its_service_has_erased_it(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "get_face_engine", lambda: None, raising=False)
    keep_a_face(person)

    with pytest.raises(ReaderAway):
        forget_faces(user_id=person.pk)
    assert FaceReference.objects.count() == 1


def test_without_kept_faces_there_is_no_job(person: User) -> None:
    make_consent(person, IDENTITY, FACES)
    consent.withdraw(user=person, purpose=FACES, by=renter_actor(person))
    assert not OutboxMessage.objects.filter(topic="kyc.forget_faces").exists()

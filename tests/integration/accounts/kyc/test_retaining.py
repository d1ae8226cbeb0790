from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.access.actors import renter_actor
from accounts.kyc import consent, needs, retention
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState
from accounts.kyc.models import DocumentExtraction, DocumentImage, FaceReference
from accounts.kyc.needs import Need
from accounts.kyc.services import keep_no_longer
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, make_user
from voltgo.core import clock, crypto
from voltgo.core.models import OutboxMessage

NOTHING = {"withdrawn": 0, "stale": 0, "ended_images": 0, "idle_images": 0, "readings": 0, "faces": 0}


class Rentals:
    """What rentals would say of anybody."""

    needs: list[Need]
    used_at: datetime | None

    def __init__(self) -> None:
        self.needs, self.used_at = [], None


@pytest.fixture
def rentals() -> Iterator[Rentals]:
    said = Rentals()
    kept = dict(needs._needs), dict(needs._uses)
    needs.register("test", needs=lambda _user: said.needs, last_use=lambda _user: said.used_at)
    yield said
    needs._needs, needs._uses = kept


@pytest.fixture
def person() -> User:
    user = make_user()
    make_consent(user, ConsentPurpose.IDENTITY, ConsentPurpose.BIOMETRICS)
    return user


def after(days: int) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(days=days), tick=False)


def test_on_the_first_day_nothing_goes(person: User) -> None:
    make_document(user=person, with_images=True)
    make_document(
        user=person, kind=DocumentKind.DRIVING_LICENCE, state=DocumentState.REJECTED, with_images=True
    )

    assert keep_no_longer() == NOTHING


def test_pictures_of_what_ended_stay_while_a_dispute_is_open(person: User, rentals: Rentals) -> None:
    make_document(user=person, state=DocumentState.REJECTED, with_images=True)
    rentals.needs = [Need("dispute", "Đang khiếu nại.")]

    with after(retention.ENDED_IMAGES_DAYS + 1):
        assert keep_no_longer() == NOTHING
        rentals.needs = []
        assert keep_no_longer() == NOTHING | {"ended_images": 2}


def test_approved_pictures_go_a_year_after_the_last_rental(person: User, rentals: Rentals) -> None:
    card = make_document(user=person, with_images=True)
    rentals.used_at = clock.now() + timedelta(days=100)

    with after(retention.IDLE_IMAGES_DAYS + 50):
        assert keep_no_longer() == NOTHING
    with after(retention.IDLE_IMAGES_DAYS + 101):
        assert keep_no_longer() == NOTHING | {"idle_images": 2}

    card.refresh_from_db()
    assert card.state == DocumentState.APPROVED, "what was read stays valid"
    assert card.number


def test_what_machines_read_goes_after_the_decision_and_not_before(person: User) -> None:
    decided = make_document(user=person)
    waiting = make_document(user=person, kind=DocumentKind.DRIVING_LICENCE, state=DocumentState.NEEDS_REVIEW)
    for document in (decided, waiting):
        DocumentExtraction.objects.create(
            document=document, engine="local", seconds=0.5, fields_encrypted=crypto.encrypt("{}")
        )

    with after(retention.READINGS_DAYS + 1):
        assert keep_no_longer() == NOTHING | {"readings": 1}

    assert DocumentExtraction.objects.get(document=decided).fields_encrypted == ""
    assert DocumentExtraction.objects.get(document=waiting).fields_encrypted
    assert DocumentExtraction.objects.get(document=decided).seconds == 0.5


def test_faces_go_a_year_after_the_last_rental(person: User, rentals: Rentals) -> None:
    FaceReference.objects.create(user=person, engine="keeper", reference="face-1")

    with after(retention.IDLE_FACES_DAYS + 1):
        rentals.used_at = clock.now() - timedelta(days=10)
        assert keep_no_longer()["faces"] == 0
        rentals.used_at = None
        assert keep_no_longer()["faces"] == 1
        assert keep_no_longer()["faces"] == 1

    assert OutboxMessage.objects.filter(topic="kyc.forget_faces").count() == 1, "promised once a day"


def test_papers_of_who_withdrew_during_a_rental_are_put_aside_when_it_is_over(
    person: User, rentals: Rentals
) -> None:
    card = make_document(user=person, with_images=True)
    rentals.needs = [Need("rental", "Chưa xong.")]
    consent.withdraw(user=person, purpose=ConsentPurpose.IDENTITY, by=renter_actor(person))

    assert keep_no_longer() == NOTHING
    rentals.needs = []
    assert keep_no_longer() == NOTHING | {"withdrawn": 1}

    card.refresh_from_db()
    assert card.state == DocumentState.SUPERSEDED


def test_who_was_never_asked_keeps_their_papers() -> None:
    make_document(user=make_user())

    assert keep_no_longer() == NOTHING


def test_what_was_never_finished_is_put_aside_and_its_pictures_follow(person: User) -> None:
    left = make_document(user=person, state=DocumentState.AUTO_PASSED, with_images=True)

    with after(retention.STALE_DAYS + 1):
        assert keep_no_longer() == NOTHING | {"stale": 1}
    left.refresh_from_db()
    assert left.state == DocumentState.SUPERSEDED
    with after(retention.STALE_DAYS + retention.ENDED_IMAGES_DAYS + 2):
        assert keep_no_longer() == NOTHING | {"ended_images": 2}
    assert not DocumentImage.objects.exists()

from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage

from accounts.access.actors import operator_actor, renter_actor
from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState
from accounts.kyc.models import DocumentImage
from accounts.kyc.services import (
    erase_old_images,
    expire_documents,
    revoke_document,
    submit_document,
)
from accounts.notifications.models import Delivery
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, make_user, photo_upload
from voltgo.core import clock, states
from voltgo.core.actors import ActorKind
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed
from voltgo.core.models import AuditEvent


def test_a_paper_expires_the_day_after_its_last_day() -> None:
    today = clock.today()
    gone = make_document(user=make_user(), expires_on=today - timedelta(days=1))
    holds = make_document(user=make_user(), expires_on=today)
    endless = make_document(user=make_user(), expires_on=None)

    assert expire_documents() == 1
    assert expire_documents() == 0

    for document in (gone, holds, endless):
        document.refresh_from_db()
    assert (gone.state, holds.state, endless.state) == ("expired", "approved", "approved")
    last = states.events_of(DOCUMENT, gone).last()
    assert last is not None
    assert last.actor_kind == ActorKind.SYSTEM


def test_the_owner_of_an_expired_paper_is_told_once() -> None:
    user = make_user(language="en")
    make_document(user=user, kind=DocumentKind.DRIVING_LICENCE, expires_on=clock.today() - timedelta(days=1))

    expire_documents()
    expire_documents()

    delivery = Delivery.objects.get()
    assert (delivery.recipient, delivery.kind, delivery.language) == (user, "document_expired", "en")
    assert "/account/identity/driving_licence/" in delivery.body


def test_an_approval_can_be_taken_back_with_a_reason(renter: User, operator: User) -> None:
    document = renter.documents.get(kind=DocumentKind.CITIZEN_CARD)

    with pytest.raises(InvalidInput):
        revoke_document(document=document, reason="  ", by=operator_actor(operator))
    with pytest.raises(NotAllowed):
        revoke_document(document=document, reason="vì thế", by=renter_actor(renter))
    assert not AuditEvent.objects.exists()

    revoke_document(document=document, reason="Giấy tờ giả", by=operator_actor(operator))

    assert document.state == DocumentState.REVOKED
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("document.revoked", "Giấy tờ giả")
    with pytest.raises(IllegalTransition):
        revoke_document(document=document, reason="lần nữa", by=operator_actor(operator))


def test_images_of_ended_versions_are_erased_after_thirty_days(newcomer: User) -> None:
    rejected = make_document(user=newcomer, state=DocumentState.REJECTED, with_images=True)
    approved = make_document(user=make_user(), with_images=True)
    names = [str(image.file.name) for image in rejected.images.all()]

    assert erase_old_images() == 0
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert erase_old_images() == 2
        assert erase_old_images() == 0

    assert not rejected.images.exists()
    assert approved.images.count() == 2
    assert AuditEvent.objects.filter(action="document.images_erased").count() == 1
    assert len(names) == 2


def test_the_thirty_days_run_from_the_last_step_and_not_from_the_upload(newcomer: User) -> None:
    rejected = make_document(user=newcomer, state=DocumentState.REJECTED, with_images=True)
    with time_machine.travel(clock.now() + timedelta(days=29), tick=False):
        states.move(DOCUMENT, rejected, to=DocumentState.SUPERSEDED, by=renter_actor(newcomer))

    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert erase_old_images() == 0


@pytest.mark.django_db(transaction=True)
def test_a_file_that_a_newer_version_uses_is_kept() -> None:
    user = make_user()
    make_consent(user)
    rejected = make_document(user=user, state=DocumentState.REJECTED, with_images=True)
    front, back = (str(rejected.images.get(side=side).file.name) for side in ("front", "back"))
    submit_document(
        user=user,
        kind=DocumentKind.CITIZEN_CARD,
        images={"front": photo_upload()},
        by=renter_actor(user),
    )

    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert erase_old_images() == 2

    assert not default_storage.exists(front)
    assert default_storage.exists(back)
    assert DocumentImage.objects.count() == 2

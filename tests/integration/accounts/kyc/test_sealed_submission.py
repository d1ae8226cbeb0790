"""Handing in papers with the keys at KMS: sealed from the first moment, refused whole when there is no key."""

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from accounts.access.actors import renter_actor
from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.kyc.services import submit_document
from accounts.users.models import User
from tests.factories.accounts import make_consent, photo_upload
from tests.fakes.aws_server import AwsServer, denying
from voltgo.core import keys
from voltgo.core.keys import KeysAway


@pytest.fixture(autouse=True)
def _by_kms(aws: AwsServer, settings, newcomer: User) -> None:
    settings.DATA_KEY_PROVIDER = "alias/voltgo-data"
    make_consent(newcomer)


def both() -> dict:
    return {"front": photo_upload(), "back": photo_upload("b.jpg")}


def send(user: User) -> IdentityDocument:
    return submit_document(user=user, kind="citizen_card", images=both(), by=renter_actor(user))


def test_what_is_handed_in_lies_sealed_with_one_key_for_both_sides(aws: AwsServer, newcomer: User) -> None:
    document = send(newcomer)

    for image in document.images.all():
        with default_storage.open(str(image.file.name)) as file:
            raw = file.read()
        assert raw.startswith(b"VGSEAL")
        assert b"\xff\xd8\xff" not in raw
        assert image.file.open().read().startswith(b"\xff\xd8\xff")
    assert [asked.operation for asked in aws.asked] == ["kms.GenerateDataKey", "kms.Decrypt"]


def test_kms_is_asked_before_anything_is_locked(aws: AwsServer, newcomer: User, monkeypatch) -> None:
    depths = []
    fetch = keys._new_key

    def noting(context):
        depths.append(len(connection.savepoint_ids))
        return fetch(context)

    monkeypatch.setattr(keys, "_new_key", noting)
    send(newcomer)

    assert depths == [0]


def test_without_a_key_nothing_is_kept(aws: AwsServer, newcomer: User) -> None:
    aws.script("kms.GenerateDataKey", denying())

    with pytest.raises(KeysAway):
        send(newcomer)
    assert not IdentityDocument.objects.exists()
    assert not DocumentImage.objects.exists()


def test_the_page_says_to_try_again_later(aws: AwsServer, client: Client, newcomer: User) -> None:
    client.force_login(newcomer)
    aws.script("kms.GenerateDataKey", denying())

    answer = client.post("/account/identity/citizen_card/", both())

    assert answer.status_code in {422, 503}
    assert "Hãy thử lại sau ít phút" in answer.content.decode()
    assert not IdentityDocument.objects.exists()

"""Data keys and signatures from KMS, over real HTTP to a stand-in that checks every signature and parameter."""

import hashlib
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.core.files.base import ContentFile

from tests.fakes.aws_kms import FORMER_KEY
from tests.fakes.aws_server import cut, denying, failing, malformed, missing, slow, throttling
from voltgo.core import aws as asking
from voltgo.core import keys
from voltgo.core.keys import EnvelopeBroken, KeysAway
from voltgo.core.sealed_files import SealBroken, SealedStorage

HERE = {"app": "voltgo", "kind": "test"}


@pytest.fixture(autouse=True)
def _by_kms(aws, settings, monkeypatch) -> None:
    settings.DATA_KEY_PROVIDER = "alias/voltgo-data"
    monkeypatch.setattr(asking, "pause", lambda _seconds: None)


def _operations(aws) -> list[str]:
    return [asked.operation.removeprefix("kms.") for asked in aws.asked]


def test_pictures_are_sealed_with_keys_of_kms_and_opened_by_asking_once(aws) -> None:
    storage = SealedStorage()
    names = [
        storage.save(f"kyc/ab/kms-{number}.jpg", ContentFile(b"card %d" % number)) for number in range(4)
    ]
    keys.forget()

    assert [storage.open(name).read() for name in names] == [b"card 0", b"card 1", b"card 2", b"card 3"]
    assert _operations(aws) == ["GenerateDataKey", "Decrypt"]
    assert aws.asked[0].parameters == {
        "KeyId": "alias/voltgo-data",
        "KeySpec": "AES_256",
        "EncryptionContext": {"app": "voltgo", "kind": "private-file"},
    }


def test_what_the_local_key_sealed_is_still_read_after_a_move_to_kms(settings, aws) -> None:
    settings.DATA_KEY_PROVIDER = "local"
    name = SealedStorage().save("kyc/ab/before.jpg", ContentFile(b"before"))
    settings.DATA_KEY_PROVIDER = "alias/voltgo-data"
    keys.forget()

    assert SealedStorage().open(name).read() == b"before"
    assert _operations(aws) == []


def test_a_former_kms_key_still_opens(settings) -> None:
    settings.DATA_KEY_PROVIDER = FORMER_KEY
    wrapped = keys.wrap(b"secret", HERE)
    settings.DATA_KEY_PROVIDER = "alias/voltgo-data"
    with pytest.raises(EnvelopeBroken):
        keys.unwrap(wrapped, HERE)

    settings.DATA_KEY_FORMER = [FORMER_KEY]
    assert keys.unwrap(wrapped, HERE) == b"secret"


def test_another_context_does_not_open() -> None:
    wrapped = keys.wrap(b"secret", HERE)

    with pytest.raises(EnvelopeBroken):
        keys.unwrap(wrapped, {**HERE, "kind": "other"})


def test_an_altered_envelope_does_not_open() -> None:
    wrapped = keys.wrap(b"secret", HERE)

    with pytest.raises(EnvelopeBroken):
        keys.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), HERE)


def test_without_kms_in_the_settings_its_envelopes_stay_closed(settings) -> None:
    wrapped = keys.wrap(b"secret", HERE)
    settings.DATA_KEY_PROVIDER = "local"

    with pytest.raises(EnvelopeBroken):
        keys.unwrap(wrapped, HERE)


def test_throttling_is_waited_out(aws) -> None:
    aws.script("kms.GenerateDataKey", throttling(), throttling())

    assert len(keys.data_key(HERE).plain) == 32
    assert len(aws.calls("kms.GenerateDataKey")) == 3


@pytest.mark.parametrize(
    ("fault", "calls"),
    [(throttling, 3), (failing, 3), (denying, 1), (cut, 1), (malformed, 1), (missing, 1)],
)
def test_when_kms_fails_nothing_is_sealed_and_nothing_stored(aws, fault, calls) -> None:
    aws.script("kms.GenerateDataKey", *[fault() for _ in range(calls)])
    storage = SealedStorage()

    with pytest.raises(KeysAway):
        storage.save("kyc/zz/never.jpg", ContentFile(b"card"))

    assert len(aws.calls("kms.GenerateDataKey")) == calls
    assert not storage.exists("kyc/zz/never.jpg")


def test_kms_that_does_not_answer_is_not_waited_for(aws) -> None:
    aws.script("kms.Decrypt", slow(5))
    wrapped = keys.wrap(b"secret", HERE)

    with pytest.raises(KeysAway):
        keys.unwrap(wrapped, HERE)
    assert len(aws.calls("kms.Decrypt")) == 1


def test_a_picture_whose_key_cannot_be_had_is_not_called_broken(aws) -> None:
    name = SealedStorage().save("kyc/ab/away.jpg", ContentFile(b"card"))
    keys.forget()
    aws.script("kms.Decrypt", denying())

    with pytest.raises(KeysAway):
        SealedStorage().open(name)
    try:
        assert SealedStorage().open(name).read() == b"card"
    except SealBroken:
        pytest.fail("it was whole all the time")


def test_the_stand_in_signs_as_kms_does_and_its_public_key_confirms() -> None:
    sign: dict[str, Any] = {"KeyId": "alias/voltgo-seal", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    whole, _attempts = asking.ask("kms", "sign", Message=b"what is signed", MessageType="RAW", **sign)
    digest = hashlib.sha256(b"what is signed").digest()
    hashed, _attempts = asking.ask("kms", "sign", Message=digest, MessageType="DIGEST", **sign)
    answer, _attempts = asking.ask("kms", "get_public_key", KeyId="alias/voltgo-seal")

    public = cast("RSAPublicKey", load_der_public_key(answer["PublicKey"]))
    public.verify(whole["Signature"], b"what is signed", padding.PKCS1v15(), SHA256())
    assert hashed["Signature"] == whole["Signature"]


def test_wrong_credentials_are_refused_by_the_stand_in(aws, monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    asking.forget_clients()

    with pytest.raises(KeysAway):
        keys.data_key(HERE)
    assert aws.faults == ["InvalidSignatureException: signature"]
    aws.faults.clear()
    asking.forget_clients()

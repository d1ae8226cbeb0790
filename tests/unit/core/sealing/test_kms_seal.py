"""A seal by a key in KMS, over real HTTP against the stand-in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from tests.fakes.aws_kms import SEAL_KEY
from tests.fakes.aws_server import throttling
from voltgo.core import aws as amazon
from voltgo.core import pdf
from voltgo.core.sealing import SealKeyAway, SealKeyUnfit, SealState, judge, keys, seal
from voltgo.core.sealing.checks import seal_key_fits

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def certificate_of(public_key: Any, path: Path) -> str:
    """Write a certificate for a public key, as an authority would issue it."""
    issuer = rsa.generate_private_key(65_537, 2048)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Công ty Cổ phần VoltGo")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A public authority")]))
        .public_key(public_key)
        .serial_number(4711)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2029, 1, 1, tzinfo=UTC))
        .sign(issuer, SHA256())
    )
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return str(path)


@pytest.fixture(autouse=True)
def by_kms(aws: Any, settings: Any, tmp_path: Path) -> None:
    answer, _attempts = amazon.ask("kms", "get_public_key", KeyId=SEAL_KEY)
    settings.SEAL_KEY = f"kms:{SEAL_KEY}"
    settings.SEAL_CERTIFICATES = certificate_of(
        load_der_public_key(answer["PublicKey"]), tmp_path / "seal.pem"
    )
    keys._load.cache_clear()


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf.render("<h1>Hợp đồng</h1>", identifier="kms", created_at=AT).content


def test_a_document_is_sealed_by_a_key_that_stays_in_kms(document: bytes, aws: Any) -> None:
    sealed = seal(document, reason="x", at=AT)

    judgement = judge(sealed.content)
    assert (judgement.state, judgement.signer) == (SealState.INTACT, "Công ty Cổ phần VoltGo")
    assert sealed.info["key"] == f"kms:{SEAL_KEY}"
    # Once to try the key on its certificate, once for the seal.
    assert len(aws.calls("kms.Sign")) == 2
    assert seal(document, reason="x", at=AT).sha256 == sealed.sha256
    assert len(aws.calls("kms.Sign")) == 3


def test_a_certificate_of_another_key_is_found_before_anything_is_sealed(
    document: bytes, settings: Any, tmp_path: Path
) -> None:
    other = rsa.generate_private_key(65_537, 3072).public_key()
    settings.SEAL_CERTIFICATES = certificate_of(other, tmp_path / "other.pem")

    with pytest.raises(SealKeyUnfit, match="another key"):
        seal(document, reason="x", at=AT)
    assert [str(found.id) for found in seal_key_fits(None)] == ["voltgo.E021"]


def test_when_kms_is_away_the_job_may_try_again(document: bytes, aws: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("voltgo.core.aws.pause", lambda _seconds: None)
    aws.script("kms.Sign", throttling(), throttling(), throttling())

    with pytest.raises(SealKeyAway):
        seal(document, reason="x", at=AT)
    assert judge(seal(document, reason="x", at=AT).content).state == SealState.INTACT

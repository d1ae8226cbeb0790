"""Seals with a timestamp authority: one that answers, and one that does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from voltgo.core import pdf
from voltgo.core.sealing import SealState, judge, seal

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def trial_key(trial_folder: Path, settings: Any) -> None:
    settings.VAR_DIR = trial_folder
    settings.SEAL_KEY = "development"


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf.render("<h1>Hợp đồng</h1>", identifier="tsa", created_at=AT).content


def authority() -> DummyTimeStamper:
    key = rsa.generate_private_key(65_537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A timestamp authority")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, SHA256())
    )
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(plain),
        fixed_dt=AT,
    )


def test_a_timestamp_makes_it_b_t(document: bytes, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SEAL_TSA_URL = "https://tsa.example"
    tsa = authority()
    monkeypatch.setattr("voltgo.core.sealing.writing._timestamper", lambda _url: tsa)

    sealed = seal(document, reason="x", at=AT)

    judgement = judge(sealed.content)
    assert (judgement.state, judgement.level) == (SealState.INTACT, "PAdES-B-T")
    assert (sealed.info["level"], sealed.info["timestamp"]) == ("PAdES-B-T", "kept")


def test_an_authority_that_is_away_holds_nobody_up(document: bytes, settings: Any) -> None:
    # Nobody listens there.
    settings.SEAL_TSA_URL = "http://127.0.0.1:9"

    sealed = seal(document, reason="x", at=AT)

    assert judge(sealed.content).state == SealState.INTACT
    assert (sealed.info["level"], sealed.info["timestamp"]) == ("PAdES-B-B", "away")

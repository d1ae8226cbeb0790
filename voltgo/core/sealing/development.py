"""A seal key for trials: a root and a leaf, made on this machine at first use and never committed.

The root's key is thrown away as soon as it has signed the leaf: nothing else can be issued in its name.
"""

import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

KEY = "seal.key"
# The leaf first, then its root.
CHAIN = "seal.pem"
BITS = 3072
NOT_BEFORE = datetime(2024, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2054, 1, 1, tzinfo=UTC)
ORGANISATION = "BẢN THỬ / DEV"


def ensure(var_dir: Path) -> Path:
    """Return the folder with the trial key, made if there is none; when two make it at once, one of them stays."""
    folder = var_dir / "seal"
    if (folder / CHAIN).exists():
        return folder
    var_dir.mkdir(parents=True, exist_ok=True)
    made = var_dir / f".seal-{secrets.token_hex(6)}"
    made.mkdir(mode=0o700)
    try:
        _make(made)
        # A folder is renamed whole or not at all, and never onto one with files in it.
        made.rename(folder)
    except OSError:
        if not (folder / CHAIN).exists():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def _make(folder: Path) -> None:
    root_key, leaf_key = (rsa.generate_private_key(65_537, BITS) for _ in range(2))
    root_name = _name("VoltGo development root")
    root = (
        _certificate(root_name, root_name, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_root=True), critical=True)
        .sign(root_key, SHA256())
    )
    leaf = (
        _certificate(_name("VoltGo – con dấu thử / development seal"), root_name, leaf_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_root=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, SHA256())
    )
    chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in (leaf, root))
    key = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name, content in ((KEY, key), (CHAIN, chain)):
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)


def _certificate(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=not is_root,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )

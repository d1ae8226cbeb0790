"""The company's seal key: made locally for trials, in KMS, or in a PKCS#11 token; and the certificates that name it.

SEAL_KEY says which: "development", "kms:<id, ARN or alias>", "pkcs11:module-path=…;token=…;object=…" or "none".
All sign RSASSA-PKCS1-v1_5 over SHA-256: it is deterministic, and every reader of PDFs knows it.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID
from django.conf import settings

from voltgo.core import aws
from voltgo.core.sealing import development
from voltgo.core.sealing.errors import SealKeyAway, SealKeyUnfit

DEVELOPMENT = "development"
NONE = "none"
KMS = "kms:"
PKCS11 = "pkcs11:"
ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"
LEAST_BITS = 2048


class SealKey(ABC):
    """A private key that signs, wherever it is."""

    @abstractmethod
    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`.

        Raises:
            SealKeyAway, SealKeyUnfit.
        """


class LocalKey(SealKey):
    """A key in memory, loaded and checked once: checking costs more than signing."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, PKCS1v15(), SHA256())


class KmsKey(SealKey):
    """A key that never leaves AWS KMS."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def sign(self, data: bytes) -> bytes:
        # RAW: KMS hashes for itself. What is signed, a seal's attributes, is far below its 4,096 bytes.
        try:
            answer, _attempts = aws.ask(
                "kms",
                "sign",
                KeyId=self._key_id,
                Message=data,
                MessageType="RAW",
                SigningAlgorithm=ALGORITHM,
            )
        except aws.ServiceAway as error:
            raise SealKeyAway(error.code) from None
        except aws.ServiceRefused as error:
            raise SealKeyUnfit(error.code) from None
        return bytes(answer["Signature"])


class TokenKey(SealKey):
    """A key in a PKCS#11 token, by the optional package python-pkcs11; a session is opened for each seal."""

    def __init__(self, uri: str) -> None:
        parts = dict(part.split("=", 1) for part in uri.removeprefix(PKCS11).split(";") if "=" in part)
        try:
            self._module, self._token, self._label = parts["module-path"], parts["token"], parts["object"]
        except KeyError as missing:
            raise SealKeyUnfit(f"SEAL_KEY names no {missing}") from None

    def sign(self, data: bytes) -> bytes:
        try:
            pkcs11: Any = import_module("pkcs11")
        except ImportError:
            raise SealKeyUnfit("a token needs the package python-pkcs11") from None
        try:
            token = pkcs11.lib(self._module).get_token(token_label=self._token)
            with token.open(user_pin=settings.SEAL_PKCS11_PIN) as session:
                key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._label)
                return bytes(key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
        except (pkcs11.PinIncorrect, pkcs11.NoSuchKey, pkcs11.NoSuchToken) as error:
            raise SealKeyUnfit(type(error).__name__) from None
        except pkcs11.PKCS11Error as error:
            raise SealKeyAway(type(error).__name__) from None


@dataclass(frozen=True)
class CompanySeal:
    """A key with its certificate, its issuers' certificates, and what documents say of it."""

    name: str
    key: SealKey
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]

    @property
    def is_trial(self) -> bool:
        """Whether it proves nothing about anybody: made on this machine."""
        return self.name == DEVELOPMENT

    @property
    def certificate_sha256(self) -> str:
        return fingerprint(self.certificate)

    @property
    def subject(self) -> str:
        return common_name(self.certificate)

    @property
    def issuer(self) -> str:
        names = self.certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else ""


def is_on() -> bool:
    """Say whether documents are sealed at all."""
    return bool(settings.SEAL_KEY != NONE)


def get_key() -> CompanySeal:
    """Return the company's seal; loaded and tried out once per process and setting.

    Raises:
        SealKeyUnfit: the settings name no usable key, or its certificate is another key's.
        SealKeyAway: the key is remote and does not answer.
    """
    return _load(settings.SEAL_KEY, settings.SEAL_CERTIFICATES, str(settings.VAR_DIR))


@lru_cache(maxsize=4)
def _load(setting: str, certificates: str, var_dir: str) -> CompanySeal:
    if setting == DEVELOPMENT:
        folder = development.ensure(Path(var_dir))
        key = load_pem_private_key((folder / development.KEY).read_bytes(), password=None)
        assert isinstance(key, RSAPrivateKey)
        return fitting(setting, LocalKey(key), read_certificates(folder / development.CHAIN))
    make = next((kind for prefix, kind in KINDS.items() if setting.startswith(prefix)), None)
    if make is None:
        raise SealKeyUnfit("SEAL_KEY is none of: development, kms:…, pkcs11:…, none")
    return fitting(setting, make(setting), read_certificates(Path(certificates)))


KINDS: dict[str, Callable[[str], SealKey]] = {
    KMS: lambda setting: KmsKey(setting.removeprefix(KMS)),
    PKCS11: TokenKey,
}


def fitting(name: str, key: SealKey, chain: list[x509.Certificate]) -> CompanySeal:
    """Return the seal after the key has signed something that its certificate confirms.

    Raises:
        SealKeyUnfit: they do not belong together, or the certificate is of a kind that is not used here.
    """
    if not chain:
        raise SealKeyUnfit("SEAL_CERTIFICATES names no certificate")
    public = chain[0].public_key()
    if not isinstance(public, RSAPublicKey) or public.key_size < LEAST_BITS:
        raise SealKeyUnfit(f"the certificate is not of an RSA key of {LEAST_BITS} bits or more")
    probe = b"VoltGo: does this key belong to this certificate?"
    try:
        public.verify(key.sign(probe), probe, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise SealKeyUnfit("the certificate belongs to another key than SEAL_KEY") from None
    # A token's address may say more than documents should.
    shown = name.split(":", 1)[0] if name.startswith(PKCS11) else name
    return CompanySeal(shown, key, chain[0], tuple(chain[1:]))


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Read a PEM file: the seal's own certificate first, then those of its issuers.

    Raises:
        SealKeyUnfit: it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SealKeyUnfit(f"the certificates cannot be read: {type(error).__name__}") from None


def known_certificates() -> dict[str, x509.Certificate]:
    """Return every certificate that is or was ours, by fingerprint: the present one and SEAL_FORMER_CERTIFICATES."""
    found = []
    if is_on():
        found.append(get_key().certificate)
    if settings.SEAL_FORMER_CERTIFICATES:
        found += read_certificates(Path(settings.SEAL_FORMER_CERTIFICATES))
    return {fingerprint(certificate): certificate for certificate in found}


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate, as hex."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def common_name(certificate: x509.Certificate) -> str:
    """Return whose certificate it is."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()

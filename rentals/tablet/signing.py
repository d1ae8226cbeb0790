"""The signature under a snapshot: a tablet stores nothing that does not come from this server.

The public key stands in the app's page. Ed25519, because browsers verify it by themselves.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

SEED_BYTES = 32
KEY_ID_LENGTH = 8


def sign(text: str) -> tuple[str, str]:
    """Return (signature, key id) over a text; the signature in base64url without padding."""
    key = _keys()[0]
    return _base64url(key.sign(text.encode())), _id(_public(key))


def public_keys() -> str:
    """Return what the app's page names: `<key id>:<public key in base64url>`, those of former keys behind it."""
    publics = [_public(key) for key in _keys()]
    return " ".join(f"{_id(public)}:{_base64url(public)}" for public in publics)


def seed_of(written: str) -> bytes:
    """Read a key as it stands in the settings: 32 bytes in base64.

    Raises:
        ValueError: it is something else.
    """
    seed = base64.b64decode(written, altchars=b"-_", validate=True)
    if len(seed) != SEED_BYTES:
        raise ValueError("a signing key has 32 bytes")
    return seed


def _keys() -> list[Ed25519PrivateKey]:
    """Return the keys of the settings, the one that signs first; on a laptop the one that follows from its secret."""
    return [_key(written, settings.SECRET_KEY) for written in settings.TABLET_SIGNING_KEY or [""]]


@lru_cache(maxsize=4)
def _key(written: str, secret: str) -> Ed25519PrivateKey:
    # On a laptop no key is set: one follows from the secret that is there anyway.
    seed = seed_of(written) if written else hmac.digest(secret.encode(), b"voltgo.tablet", hashlib.sha256)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:KEY_ID_LENGTH]


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

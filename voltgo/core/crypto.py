"""Encryption and keyed hashes for the few values that must not be read from a stolen database."""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys]
    )


def encrypt(text: str) -> str:
    """Encrypt with the newest key."""
    return _box(tuple(settings.DATA_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Decrypt with whichever configured key fits."""
    return _box(tuple(settings.DATA_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()


def keyed_hash(text: str) -> str:
    """Return a hex HMAC-SHA256 by which an equal value is found again."""
    return hmac.new(settings.NUMBER_HASH_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()

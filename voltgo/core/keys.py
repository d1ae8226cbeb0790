"""Data keys in envelopes: what encrypts a file is itself encrypted, by a key that never leaves its keeper.

`DATA_KEY_PROVIDER` is `local` (the keeper is this process: a key derived from DATA_ENCRYPTION_KEYS) or the id,
ARN or alias of a symmetric KMS key. The context is not secret; it is bound to the envelope, which opens with no
other.
"""

import hashlib
import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from voltgo.core import aws
from voltgo.core.errors import DomainError

LOCAL = "local"
KEY_BYTES = 32
NONCE_BYTES = 12
# A data key is used for so many seals and so long, then a new one is asked for. Both bound what one leaked
# key opens, and how long a revoked right to the KMS key still works.
MAX_USES = 200
MAX_SECONDS = 300.0
# Opened envelopes that are kept in memory, so that a page with six pictures asks KMS once.
MAX_OPENED = 256

# The first byte of an envelope says who can open it.
BY_LOCAL, BY_KMS = b"\x01", b"\x02"
KEY_MARK_BYTES = 4

Context = Mapping[str, str]


class KeysAway(DomainError):
    """The keeper of the keys does not answer; nothing can be sealed or opened now."""

    code = "keys_away"
    status = 503
    message = _("Chưa mở được kho khóa bảo mật. Hãy thử lại sau ít phút.")


class EnvelopeBroken(Exception):
    """An envelope was altered, belongs to another context, or its key is not ours any more."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key to encrypt with, and the envelope to keep beside what it has encrypted."""

    plain: bytes = field(repr=False)
    wrapped: bytes


@dataclass(slots=True)
class _Current:
    key: DataKey
    born: float
    uses: int = 1


_lock = threading.Lock()
_current: dict[str, _Current] = {}
_opened: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()


def data_key(context: Context) -> DataKey:
    """Return a key for one seal, fresh or one that was used for a few others.

    Raises:
        KeysAway: KMS was needed and did not answer.
    """
    name = f"{settings.DATA_KEY_PROVIDER}|{_canonical(context).decode()}"
    now = time.monotonic()
    with _lock:
        current = _current.get(name)
        if current is not None and current.uses < MAX_USES and now - current.born < MAX_SECONDS:
            current.uses += 1
            return current.key
    key = _new_key(context)
    with _lock:
        _current[name] = _Current(key, now)
    return key


def _new_key(context: Context) -> DataKey:
    if settings.DATA_KEY_PROVIDER == LOCAL:
        plain = os.urandom(KEY_BYTES)
        return DataKey(plain, wrap(plain, context))
    answer = _kms(
        "generate_data_key",
        KeyId=settings.DATA_KEY_PROVIDER,
        KeySpec="AES_256",
        EncryptionContext=dict(context),
    )
    plain, blob = answer.get("Plaintext", b""), answer.get("CiphertextBlob", b"")
    if len(plain) != KEY_BYTES or not blob:
        raise KeysAway
    return DataKey(plain, BY_KMS + blob)


def wrap(plain: bytes, context: Context) -> bytes:
    """Put a few bytes (a key, at most 4 kB) into an envelope that opens with this context alone.

    Raises:
        KeysAway: KMS was needed and did not answer.
    """
    if settings.DATA_KEY_PROVIDER == LOCAL:
        master = _masters()[0]
        nonce = os.urandom(NONCE_BYTES)
        return BY_LOCAL + _mark(master) + nonce + AESGCM(master).encrypt(nonce, plain, _canonical(context))
    answer = _kms(
        "encrypt", KeyId=settings.DATA_KEY_PROVIDER, Plaintext=plain, EncryptionContext=dict(context)
    )
    blob = answer.get("CiphertextBlob", b"")
    if not blob:
        raise KeysAway
    return BY_KMS + bytes(blob)


def unwrap(wrapped: bytes, context: Context) -> bytes:
    """Open an envelope, whichever keeper made it; one opened lately is not asked for again.

    Raises:
        EnvelopeBroken: altered, of another context, or of a key that we do not have.
        KeysAway: KMS was needed and did not answer.
    """
    name = hashlib.sha256(_canonical(context) + b"\0" + wrapped).digest()
    now = time.monotonic()
    with _lock:
        known = _opened.get(name)
        if known is not None and now - known[1] < MAX_SECONDS:
            _opened.move_to_end(name)
            return known[0]
    plain = _unwrap_local(wrapped, context) if wrapped[:1] == BY_LOCAL else _unwrap_kms(wrapped, context)
    with _lock:
        _opened[name] = (plain, now)
        while len(_opened) > MAX_OPENED:
            _opened.popitem(last=False)
    return plain


def forget() -> None:
    """Drop every key from memory."""
    with _lock:
        _current.clear()
        _opened.clear()


def _unwrap_local(wrapped: bytes, context: Context) -> bytes:
    mark, rest = wrapped[1 : 1 + KEY_MARK_BYTES], wrapped[1 + KEY_MARK_BYTES :]
    for master in _masters():
        if _mark(master) == mark:
            try:
                return AESGCM(master).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _canonical(context))
            except (InvalidTag, ValueError) as error:
                raise EnvelopeBroken from error
    raise EnvelopeBroken


def _unwrap_kms(wrapped: bytes, context: Context) -> bytes:
    keys = [key for key in (settings.DATA_KEY_PROVIDER, *settings.DATA_KEY_FORMER) if key != LOCAL]
    if wrapped[:1] != BY_KMS or not keys:
        raise EnvelopeBroken
    for key in keys:
        try:
            # Naming the key keeps an envelope of somebody else's key from being opened in our name.
            answer, _attempts = aws.ask(
                "kms",
                "decrypt",
                KeyId=key,
                CiphertextBlob=wrapped[1:],
                EncryptionContext=dict(context),
            )
        except aws.ServiceRefused as refused:
            if refused.code in {"IncorrectKeyException", "InvalidCiphertextException"}:
                continue
            raise KeysAway from refused
        except aws.ServiceAway as away:
            raise KeysAway from away
        plain = answer.get("Plaintext", b"")
        if not plain:
            raise KeysAway
        return bytes(plain)
    raise EnvelopeBroken


def _kms(method: str, **parameters: Any) -> Mapping[str, bytes]:
    try:
        answer, _attempts = aws.ask("kms", method, **parameters)
    except aws.AwsError as error:
        raise KeysAway from error
    return answer


def _masters() -> list[bytes]:
    return [_master(text) for text in settings.DATA_ENCRYPTION_KEYS]


def _master(text: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=b"voltgo", info=b"master of data keys, 1").derive(
        text.encode()
    )


def _mark(master: bytes) -> bytes:
    """Tell masters apart without saying anything of them."""
    return HKDF(
        algorithm=SHA256(), length=KEY_MARK_BYTES, salt=b"voltgo", info=b"mark of a master, 1"
    ).derive(master)


def _canonical(context: Context) -> bytes:
    return json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode()

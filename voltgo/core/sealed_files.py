"""Files that are encrypted before they leave the process: whole, each bound to its own name.

    magic (6) | version (1) | length of the envelope (2) | envelope | nonce (12) | AES-256-GCM of the content

The associated data is everything before the nonce and the stored name, so neither may a file be moved to
another's place, nor its header be exchanged. For pictures of a few megabytes: a file is sealed and opened in
memory.
"""

import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from django.utils.deconstruct import deconstructible

from voltgo.core import keys

MAGIC = b"VGSEAL"
VERSION = b"\x01"
START = MAGIC + VERSION
CONTEXT = {"app": "voltgo", "kind": "private-file"}
NONCE_BYTES = keys.NONCE_BYTES
TAG_BYTES = 16


class SealBroken(OSError):
    """A file is not what was sealed under this name: altered, cut, exchanged, or never sealed at all."""


def seal(plain: bytes, name: str) -> bytes:
    """Encrypt a file for one place.

    Raises:
        KeysAway: there is no key to be had now.
    """
    key = keys.data_key(CONTEXT)
    header = START + len(key.wrapped).to_bytes(2, "big") + key.wrapped
    nonce = os.urandom(NONCE_BYTES)
    return header + nonce + AESGCM(key.plain).encrypt(nonce, plain, _bound_to(header, name))


def open_sealed(content: bytes, name: str) -> bytes:
    """Return what was sealed for this place.

    Raises:
        SealBroken: it is not that.
        KeysAway: the key cannot be had now.
    """
    length_end = len(START) + 2
    header_end = length_end + int.from_bytes(content[len(START) : length_end], "big")
    header, nonce = content[:header_end], content[header_end : header_end + NONCE_BYTES]
    if not is_sealed(content) or len(content) < header_end + NONCE_BYTES + TAG_BYTES:
        raise SealBroken(name)
    try:
        plain = keys.unwrap(header[length_end:], CONTEXT)
        return AESGCM(plain).decrypt(nonce, content[header_end + NONCE_BYTES :], _bound_to(header, name))
    except (InvalidTag, ValueError, keys.EnvelopeBroken) as error:
        raise SealBroken(name) from error


def is_sealed(content: bytes) -> bool:
    return content.startswith(START)


def _bound_to(header: bytes, name: str) -> bytes:
    return header + b"\0" + name.replace("\\", "/").encode()


@deconstructible
class SealedStorage(Storage):
    """The default storage behind a seal. It has neither addresses nor paths: only this process can read it.

    Files from before the seal are read as they are, unless `SEALED_FILES_ONLY` is set.
    """

    def prepare(self) -> None:
        """Fetch a key now, so that a transaction need not wait for KMS."""
        keys.data_key(CONTEXT)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("A sealed file is read whole.")
        with default_storage.open(name, "rb") as file:
            content = file.read()
        if is_sealed(content):
            content = open_sealed(content, name)
        elif settings.SEALED_FILES_ONLY:
            raise SealBroken(name)
        # Can be opened again after it was closed: a row's file is, when it is compared with several others.
        return ContentFile(content, name=name)

    def _save(self, name: str, content: File[Any]) -> str:
        content.seek(0)
        plain = content.read()
        while (kept := default_storage.save(name, ContentFile(seal(plain, name)))) != name:
            # Somebody took the name in between, and the seal is bound to it.
            default_storage.delete(kept)
            name = self.get_available_name(name)
        return kept

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return default_storage.get_available_name(name, max_length=max_length)

    def exists(self, name: str) -> bool:
        return default_storage.exists(name)

    def delete(self, name: str) -> None:
        default_storage.delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return default_storage.listdir(path)

    def size(self, name: str) -> int:
        """Return the size of what was sealed, not of the seal."""
        with self.open(name) as file:
            return len(file.read())

    def url(self, name: str | None) -> str:
        raise NotImplementedError("What is sealed is served by a view that asks who is looking.")


def sealed_storage() -> SealedStorage:
    """Return the storage of pictures of people: papers, faces, signatures. Named in migrations."""
    return SealedStorage()

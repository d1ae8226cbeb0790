"""Keeping documents: a name that contains the hash, written before the row points to it."""

import hashlib
import logging
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from rentals.contracts.errors import DocumentDamaged
from rentals.contracts.models import Contract
from rentals.contracts.paths import contract_path
from voltgo.core.pdf import Document

logger = logging.getLogger(__name__)

HASH_DIGITS = 16


def stem_of(contract: Contract, *, signed: bool) -> str:
    return f"{contract.number}-signed" if signed else contract.number


def keep(contract: Contract, document: Document, *, signed: bool) -> str:
    """Store a document and return its name; a file that a killed job has left whole is used again.

    A torn file is left alone, not replaced: another process may be writing it. The new one then gets a
    name of its own, and `sweep` removes the rest.
    """
    name = contract_path(contract, f"{stem_of(contract, signed=signed)}.{document.sha256[:HASH_DIGITS]}.pdf")
    if default_storage.exists(name) and _sha256(name) == document.sha256:
        return name
    return default_storage.save(name, ContentFile(document.content))


def sweep(contract: Contract, *, signed: bool) -> None:
    """Remove what killed jobs have left beside a document that is on file now."""
    kept = (contract.signed_file if signed else contract.file).name
    if not kept:
        return
    folder, stem = str(PurePosixPath(kept).parent), stem_of(contract, signed=signed)
    for rest in default_storage.listdir(folder)[1]:
        if rest.startswith(f"{stem}.") and f"{folder}/{rest}" != kept:
            default_storage.delete(f"{folder}/{rest}")


def read(contract: Contract, *, signed: bool) -> bytes:
    """Return a stored document after comparing it with its hash.

    Raises:
        DocumentDamaged: the file is gone or is not what was rendered.
    """
    name, sha256 = (
        (contract.signed_file.name, contract.signed_sha256)
        if signed
        else (contract.file.name, contract.sha256)
    )
    try:
        with default_storage.open(name or "", "rb") as file:
            content: bytes = file.read()
    except OSError as error:
        logger.error("contract %s: the file %s cannot be read", contract.number, name)
        raise DocumentDamaged(number=contract.number) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        logger.error("contract %s: the file %s is not what was rendered", contract.number, name)
        raise DocumentDamaged(number=contract.number)
    return content


def _sha256(name: str) -> str:
    with default_storage.open(name, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()

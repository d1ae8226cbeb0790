"""Files of commands, arriving in pieces: kept as pieces until they are whole, then sealed."""

import hashlib
import logging
from collections.abc import Iterator, Mapping

from django.core.files.base import ContentFile
from django.db import transaction

from rentals.sync.errors import (
    FileDiffers,
    FileNotAnImage,
    FileNotAnnounced,
    PieceTooLarge,
    SyncRefusal,
    WrongOffset,
)
from rentals.sync.models import SyncAttachment, SyncCommand, SyncFile, SyncFileChunk
from rentals.sync.paths import sync_file_path
from stations.tablets.models import Tablet
from voltgo.core import clock, locks
from voltgo.core.sealed_files import sealed_storage

logger = logging.getLogger(__name__)

LARGEST_PIECE = 256 * 1024
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def mime_of(content: bytes) -> str:
    """Return the kind of an image by its first bytes; nothing for whatever else it is."""
    if content.startswith(JPEG):
        return "image/jpeg"
    if content.startswith(PNG):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def file_of(*, tablet: Tablet, sha256: str) -> SyncFile:
    """Return how much of a file of this tablet is here; a row that is not written yet if it is nothing.

    Raises:
        FileNotAnnounced: no command of this tablet names it.
    """
    named = SyncAttachment.objects.filter(sha256=sha256, command__tablet=tablet).order_by("pk").last()
    if named is None:
        raise FileNotAnnounced
    file = SyncFile.objects.filter(pk=sha256).first()
    return file or SyncFile(sha256=sha256, size=named.size, mime=named.mime)


def put_piece(*, tablet: Tablet, sha256: str, offset: int, length: int, data: bytes) -> SyncFile:
    """Keep one piece of a file; the last one makes it whole, checks it and seals it. Locks the file.

    Safe to call again with a piece that is here already if the file is whole; else `WrongOffset` says where to
    go on.

    Raises:
        FileNotAnnounced: no command of this tablet names it.
        PieceTooLarge: more than 256 KiB at once, or beyond the file's end.
        WrongOffset: it does not begin where the last piece ended.
        FileDiffers, FileNotAnImage: the whole is not what was announced; it starts again from nothing.
    """
    announced = file_of(tablet=tablet, sha256=sha256)
    if length != announced.size:
        raise FileDiffers
    if len(data) > LARGEST_PIECE or offset + len(data) > length:
        raise PieceTooLarge
    file = _add(announced, offset, data)
    if file.stored_at is None and file.received == file.size:
        _complete(file)
    return file


@transaction.atomic
def _add(announced: SyncFile, offset: int, data: bytes) -> SyncFile:
    SyncFile.objects.get_or_create(
        sha256=announced.sha256, defaults={"size": announced.size, "mime": announced.mime}
    )
    file = locks.lock_row(announced)
    if file.stored_at is not None or file.received == file.size:
        return file
    if offset != file.received:
        raise WrongOffset(received=file.received)
    if data:
        SyncFileChunk.objects.create(file=file, start=offset, data=data)
        file.received += len(data)
        file.save(update_fields=["received"])
    return file


def _complete(file: SyncFile) -> None:
    """Put the pieces together, check the whole, seal it. What is wrong is thrown away, and that is kept."""
    with transaction.atomic():
        current = locks.lock_row(file)
        if current.stored_at is None:
            refusal = _put_together(current)
        else:
            refusal = None
    file.received, file.stored_at, file.file = current.received, current.stored_at, current.file
    if refusal is not None:
        raise refusal


def _complete_after_all(file: SyncFile) -> None:
    """Finish what a dying server left: every byte is here, and nothing of it would ever be sent again."""
    try:
        _complete(file)
    except (FileDiffers, FileNotAnImage):
        # It is thrown away, and comes again from the start.
        logger.warning("file %s was whole and is not what was announced", file.sha256)


def _put_together(file: SyncFile) -> FileDiffers | FileNotAnImage | None:
    pieces = file.chunks.order_by("start")
    content = b"".join(bytes(piece.data) for piece in pieces)
    refusal: FileDiffers | FileNotAnImage | None = None
    if hashlib.sha256(content).hexdigest() != file.sha256 or len(content) != file.size:
        refusal = FileDiffers()
    elif not mime_of(content):
        refusal = FileNotAnImage()
    pieces.all().delete()
    if refusal is not None:
        file.received = 0
        file.save(update_fields=["received"])
        return refusal
    _seal(file, content)
    return None


def _seal(file: SyncFile, content: bytes) -> None:
    storage = sealed_storage()
    name = storage.save(sync_file_path(None, ""), ContentFile(content))
    try:
        file.file.name, file.mime, file.received = name, mime_of(content), file.size
        file.stored_at = clock.wall()
        file.save(update_fields=["file", "mime", "received", "stored_at"])
    except Exception:
        storage.delete(name)
        raise


@transaction.atomic
def keep_whole(content: bytes) -> SyncFile:
    """Keep a file that is here as a whole: a scan of a paper form. Safe to call twice.

    Raises:
        FileNotAnImage: it is none.
    """
    mime = mime_of(content)
    if not mime:
        raise FileNotAnImage
    sha256 = hashlib.sha256(content).hexdigest()
    SyncFile.objects.get_or_create(sha256=sha256, defaults={"size": len(content), "mime": mime})
    file = locks.lock_row(SyncFile(sha256=sha256))
    if file.stored_at is None:
        file.chunks.all().delete()
        file.size = len(content)
        file.save(update_fields=["size"])
        _seal(file, content)
    return file


def missing_of(command: SyncCommand) -> list[dict[str, object]]:
    """Return which files of a command are not here in full, and from which byte each goes on."""
    named = {row.sha256: row for row in command.attachments.all()}
    here = SyncFile.objects.in_bulk(list(named))
    for file in here.values():
        if file.stored_at is None and file.received == file.size:
            _complete_after_all(file)
    return [
        {"sha256": sha256, "offset": here[sha256].received if sha256 in here else 0}
        for sha256 in named
        if sha256 not in here or here[sha256].stored_at is None
    ]


class CommandFiles(Mapping[str, bytes]):
    """The files of a command by role, opened one at a time: a handover has a dozen photographs."""

    def __init__(self, command: SyncCommand) -> None:
        self._named = {row.role: row.sha256 for row in command.attachments.all()}

    def __getitem__(self, role: str) -> bytes:
        file = SyncFile.objects.filter(pk=self._named[role], stored_at__isnull=False).first()
        if file is None:
            # A person has decided before it arrived.
            raise SyncRefusal("files_missing", found={"missing": role})
        with sealed_storage().open(str(file.file)) as opened:
            content: bytes = opened.read()
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def here(self) -> set[str]:
        """Return the roles whose files have arrived in full."""
        stored = SyncFile.objects.filter(pk__in=self._named.values(), stored_at__isnull=False)
        whole = set(stored.values_list("pk", flat=True))
        return {role for role, sha256 in self._named.items() if sha256 in whole}

    def sha256_of(self, role: str) -> str:
        """Return the hash of a file as it was taken; nothing if there is none in this role."""
        return self._named.get(role, "")

"""Taking in what a tablet could not send: the file that its queue saves, opened with the tablet's key."""

import base64
import binascii
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rentals.sync.errors import FileDiffers, FileNotAnImage, FileNotAnnounced, NotOurFile, WrongOffset
from rentals.sync.services.applying import settle_with_file
from rentals.sync.services.files import LARGEST_PIECE, file_of, put_piece
from rentals.sync.services.receiving import Result, receive
from stations.tablets.models import Tablet
from stations.tablets.services import data_key_of
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

logger = logging.getLogger(__name__)

FORMAT = "voltgo-tablet-export/1"
AT_ONCE = 20
# What a command says on the wire besides what is hidden; the rest of a row is the tablet's own book-keeping.
PLAIN = ("id", "seq", "schema", "kind", "subject", "device_at", "offset_ms")
HIDDEN = ("ticket", "actor", "payload")
FILE = ("role", "sha256", "size", "mime")


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a file: an answer for each command, and how many files are whole now."""

    results: list[Result]
    files: int
    # Names of files that could not be opened or kept.
    lost: list[str]


def take_in_export(*, text: str, by: Actor) -> Carried:
    """Receive what stands in a file that a tablet has saved, as if the tablet had sent it.

    Ids decide, so a file may be read twice, and the tablet may send the same afterwards. A tablet's state does not
    matter: a lost one may have been withdrawn.

    Raises:
        NotOurFile: it is no such file, of no tablet of ours, or its key does not open it.
    """
    found = _read(text)
    tablet = Tablet.objects.filter(code=str(found.get("tablet", ""))).first()
    if tablet is None:
        raise NotOurFile
    cipher = AESGCM(data_key_of(tablet))
    try:
        commands = [_command(row, cipher) for row in found["commands"]]
    except (InvalidTag, KeyError, TypeError, ValueError) as error:
        raise NotOurFile from error
    results: list[Result] = []
    for start in range(0, len(commands), AT_ONCE):
        batch = commands[start : start + AT_ONCE]
        results += receive(tablet=tablet, delivered_by=None, commands=batch, now=clock.now())
    whole, lost = _take_files(tablet, found["files"], cipher)
    record(
        "sync.file_taken_in",
        f"tablet:{tablet.code}",
        by=by,
        commands=len(commands),
        files=whole,
        lost=len(lost),
    )
    return Carried(results, whole, lost)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotOurFile from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotOurFile
    if not all(isinstance(found.get(name), list) for name in ("commands", "files")):
        raise NotOurFile
    return found


def _command(row: Mapping[str, Any], cipher: AESGCM) -> dict[str, Any]:
    hidden = json.loads(_opened(row["box"], cipher))
    return (
        {name: row[name] for name in PLAIN}
        | {name: hidden[name] for name in HIDDEN}
        | {"files": [{name: file[name] for name in FILE} for file in row["files"]]}
    )


def _take_files(tablet: Tablet, rows: list[Any], cipher: AESGCM) -> tuple[int, list[str]]:
    whole, lost = 0, []
    for row in rows:
        name = str(row.get("sha256", ""))[:64] if isinstance(row, dict) else ""
        try:
            _put_whole(tablet, name, _opened(row["box"], cipher))
            whole += 1
        except (InvalidTag, KeyError, TypeError, ValueError, FileNotAnnounced, FileDiffers, FileNotAnImage):
            logger.warning("a file of tablet %s could not be taken in: %s", tablet.code, name)
            lost.append(name)
    return whole, lost


def _put_whole(tablet: Tablet, sha256: str, content: bytes) -> None:
    """Put the pieces that are missing, each after the one before, as the tablet would have."""
    file = file_of(tablet=tablet, sha256=sha256)
    for start in _starts(file.received, len(content)):
        data = content[start : start + LARGEST_PIECE]
        try:
            file = put_piece(tablet=tablet, sha256=sha256, offset=start, length=len(content), data=data)
        except WrongOffset as elsewhere:  # The tablet itself is sending it just now.
            raise FileDiffers from elsewhere
    if file.stored_at is not None:
        settle_with_file(sha256)


def _starts(received: int, size: int) -> Iterator[int]:
    return iter(range(received, size, LARGEST_PIECE))


def _opened(box: Mapping[str, Mapping[str, str]], cipher: AESGCM) -> bytes:
    try:
        iv, data = (base64.b64decode(box[name]["base64"], validate=True) for name in ("iv", "data"))
    except binascii.Error as error:
        raise ValueError from error
    return cipher.decrypt(iv, data, None)

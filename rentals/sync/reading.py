"""Checking the outer form of a command, field by field, before anything of it is believed."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rentals.sync import canonical, moments
from rentals.sync.canonical import NotPlain
from rentals.sync.enums import CommandKind
from rentals.sync.errors import SyncRejection

SCHEMA = 1
MOST_FILES = 40
LARGEST_FILE = 8 * 1024 * 1024
LARGEST_NUMBER = 2**53
SHA256 = re.compile(r"[0-9a-f]{64}")
SUBJECT = re.compile(r"(booking|vehicle|drawer|walk-in):[A-Za-z0-9-]{1,44}")
ROLE = re.compile(r"(photo|mark|signature|paper|scan)(:[a-z0-9_-]{1,24})?")
MIME = re.compile(r"[a-z]+/[a-z0-9.+-]{1,30}")
BOOKING, VEHICLE, DRAWER, WALK_IN = "booking", "vehicle", "drawer", "walk-in"
# Which kinds speak of what. A return may name the walk-in that nobody has given a booking's code to yet.
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    CommandKind.PICKUP: (BOOKING,),
    CommandKind.RETURN: (BOOKING, WALK_IN),
    CommandKind.WALK_IN: (WALK_IN,),
    CommandKind.CASH_OPEN: (DRAWER,),
    CommandKind.CASH_TAKE: (DRAWER, BOOKING),
    CommandKind.CASH_DROP: (DRAWER,),
    CommandKind.CASH_CLOSE: (DRAWER,),
    CommandKind.VEHICLE_READY: (VEHICLE,),
    CommandKind.CHARGE_START: (VEHICLE,),
    CommandKind.CHARGE_END: (VEHICLE,),
    CommandKind.FAULT: (VEHICLE,),
    CommandKind.NOTE: (BOOKING, WALK_IN, VEHICLE),
}


@dataclass(frozen=True, slots=True)
class FileNamed:
    """One file that a command carries, in its role."""

    role: str
    sha256: str
    size: int
    mime: str


@dataclass(frozen=True, slots=True)
class Announced:
    """A command whose outer form is right; what it says is another matter."""

    id: uuid.UUID
    seq: int
    kind: CommandKind
    subject: str
    ticket: str
    actor: str
    device_at: datetime
    offset_ms: int | None
    files: tuple[FileNamed, ...]
    body: dict[str, Any]
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Name:
    """What can be said of a command before it is read: enough to keep it, whatever it holds."""

    id: uuid.UUID | None
    seq: int | None


def name_of(raw: Any) -> Name:
    """Return the id and number of whatever came, as far as it has them."""
    if not isinstance(raw, dict):
        return Name(None, None)
    seq = raw.get("seq")
    return Name(_uuid(raw.get("id")), seq if _is_count(seq) else None)


def read_command(raw: Any) -> Announced:
    """Read one command.

    Raises:
        SyncRejection: it is not of the form of the protocol.
    """
    try:
        canonical.check_plain(raw)
        return _read(raw)
    except (NotPlain, KeyError, TypeError, ValueError) as error:
        raise SyncRejection("malformed") from error


def _read(raw: Any) -> Announced:
    found = name_of(raw)
    device_at = moments.read(raw["device_at"])
    _require(found.id is not None and found.seq is not None and device_at is not None)
    _require(raw["schema"] == SCHEMA and isinstance(raw["payload"], dict))
    kind = CommandKind(raw["kind"])
    offset_ms, subject = raw.get("offset_ms"), raw["subject"]
    _require(offset_ms is None or (type(offset_ms) is int and abs(offset_ms) <= moments.LONGEST_OFFSET_MS))
    _require(isinstance(subject, str) and SUBJECT.fullmatch(subject) is not None)
    _require(subject.partition(":")[0] in SUBJECTS[kind])
    _require(kind != CommandKind.WALK_IN or subject == f"{WALK_IN}:{found.id}")
    assert found.id is not None
    assert found.seq is not None
    assert device_at is not None
    return Announced(
        id=found.id,
        seq=found.seq,
        kind=kind,
        subject=subject,
        ticket=_text(raw.get("ticket") or "", 600),
        actor=_text(raw["actor"], 40),
        device_at=device_at,
        offset_ms=offset_ms,
        files=_files(raw.get("files") or []),
        body=raw,
        body_sha256=canonical.sha256_of(raw),
    )


def _files(raw: Any) -> tuple[FileNamed, ...]:
    _require(isinstance(raw, list) and len(raw) <= MOST_FILES)
    files = tuple(_file(item) for item in raw)
    _require(len({file.role for file in files}) == len(files))
    return files


def _file(raw: Any) -> FileNamed:
    role, sha256, size, mime = raw["role"], raw["sha256"], raw["size"], raw.get("mime") or ""
    _require(isinstance(role, str) and ROLE.fullmatch(role) is not None)
    _require(isinstance(sha256, str) and SHA256.fullmatch(sha256) is not None)
    _require(type(size) is int and 0 < size <= LARGEST_FILE)
    _require(isinstance(mime, str) and (not mime or MIME.fullmatch(mime) is not None))
    return FileNamed(role, sha256, size, mime)


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 < value < LARGEST_NUMBER


def _text(value: Any, longest: int) -> str:
    _require(isinstance(value, str) and len(value) <= longest)
    return str(value)


def _require(is_right: object) -> None:
    if not is_right:
        raise ValueError

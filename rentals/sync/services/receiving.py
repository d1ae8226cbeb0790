"""Taking commands in: each is written down first, and only then does anybody ask what it means."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.users.models import User
from rentals.sync import canonical, moments
from rentals.sync.enums import COMMAND, CommandKind, CommandState
from rentals.sync.errors import SyncRejection
from rentals.sync.models import SyncAttachment, SyncCommand
from rentals.sync.reading import Announced, name_of, read_command
from rentals.sync.rules import words_of
from rentals.sync.services.applying import settle_all
from rentals.sync.services.claims import claim_at_once
from rentals.sync.services.files import missing_of
from stations.tablets.models import Tablet
from voltgo.core import states
from voltgo.core.actors import SYSTEM

logger = logging.getLogger(__name__)

# What is kept of a second body under one id has an id of its own, made of both.
TWINS = uuid.UUID("6f2f6a52-6a0e-4f6c-8d0a-6d1f3f1f0c11")
UNREAD = SyncRejection("malformed")
UNSETTLED = (CommandState.WAITING, CommandState.CONFLICT)


@dataclass(frozen=True, slots=True)
class Result:
    """What a tablet is told of one command."""

    id: str
    state: str
    code: str = ""
    flags: list[str] = field(default_factory=list)
    missing: list[dict[str, object]] = field(default_factory=list)
    replayed: bool = False
    result: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state,
            "code": self.code,
            "words": words_of(self.code),
            "flags": self.flags,
            "flag_words": {code: words_of(code) for code in self.flags},
            "missing": self.missing,
            "replayed": self.replayed,
            "result": self.result,
        }


def receive(
    *, tablet: Tablet, delivered_by: User | None, commands: Sequence[Any], now: datetime
) -> list[Result]:
    """Write down what a tablet sends, then apply what can be applied; return what became of each, in order.

    Each command is a transaction of its own, whose first statement writes it into the log; a second one applies it
    with its effects. Whatever was received before is answered with what is stored. Nothing is ever dropped: what
    cannot be read is kept too, unless it has not even an id.
    """
    written = [_write_down(tablet, delivered_by, raw, now) for raw in commands]
    settle_all([row.id for row, is_new in written if row is not None and _is_open(row)])
    return [_answer(row, raw, is_new=is_new) for (row, is_new), raw in zip(written, commands, strict=True)]


def _is_open(row: SyncCommand) -> bool:
    return row.state == CommandState.WAITING


def _write_down(
    tablet: Tablet, delivered_by: User | None, raw: Any, now: datetime
) -> tuple[SyncCommand | None, bool]:
    """Return the row of a command, and whether it was written just now."""
    try:
        announced = read_command(raw)
    except SyncRejection as rejection:
        return _keep_unreadable(tablet, delivered_by, raw, rejection.code, now)
    row = _row_of(tablet, delivered_by, announced, now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _note_files(row, announced)
            states.begin(COMMAND, row, by=SYSTEM)
    except IntegrityError:
        return _seen_before(row, now)
    claim_at_once(row)
    return row, True


def _row_of(tablet: Tablet, delivered_by: User | None, announced: Announced, now: datetime) -> SyncCommand:
    at, offset_ms = announced.device_at, announced.offset_ms
    return SyncCommand(
        id=announced.id,
        tablet=tablet,
        seq=announced.seq,
        kind=announced.kind,
        station_id=tablet.station_id,
        subject=announced.subject,
        body=announced.body,
        body_sha256=announced.body_sha256,
        actor=User.objects.filter(public_id=announced.actor).first(),
        delivered_by=delivered_by,
        device_at=announced.device_at,
        offset_ms=announced.offset_ms,
        occurred_at=moments.corrected(at, offset_ms, received_at=now),
        flags=["clock_suspect"] if moments.is_suspect(at, offset_ms, received_at=now) else [],
        code="waiting_files" if announced.files else "waiting_retry",
        next_try_at=now,
    )


def _note_files(row: SyncCommand, announced: Announced) -> None:
    SyncAttachment.objects.bulk_create(
        SyncAttachment(command=row, role=file.role, sha256=file.sha256, size=file.size, mime=file.mime)
        for file in announced.files
    )


def _seen_before(row: SyncCommand, now: datetime) -> tuple[SyncCommand, bool]:
    """Return the row that has this id or this number already, or what is kept of a second body."""
    before = SyncCommand.objects.filter(pk=row.pk).first()
    if before is None:
        return _keep_rejected(row, row.id, "seq_reused", now)
    is_same = before.body_sha256 == row.body_sha256 and before.station_id == row.station_id
    if is_same:
        return before, False
    twin = uuid.uuid5(TWINS, f"{row.tablet_id}:{row.id}:{row.body_sha256}")
    return _keep_rejected(row, twin, "id_reused", now)


def _keep_unreadable(
    tablet: Tablet, delivered_by: User | None, raw: Any, code: str, now: datetime
) -> tuple[SyncCommand | None, bool]:
    found = name_of(raw)
    if found.id is None:
        logger.warning("ALERT tablet %s sent something without an id", tablet.code)
        return None, True
    try:
        canonical.check_plain(raw)
        body = raw
    except canonical.NotPlain:
        body = canonical.kept_of(raw)
    row = SyncCommand(
        id=found.id,
        tablet=tablet,
        seq=found.seq,
        kind=CommandKind.NOTE,
        station_id=tablet.station_id,
        subject="unreadable",
        body=body,
        body_sha256=canonical.sha256_of(body),
        delivered_by=delivered_by,
        device_at=now,
        occurred_at=now,
    )
    before = SyncCommand.objects.filter(pk=row.pk).first()
    if before is not None and before.body_sha256 == row.body_sha256:
        return before, False
    if before is not None:
        row.id = uuid.uuid5(TWINS, f"{row.tablet_id}:{row.id}:{row.body_sha256}")
    return _keep_rejected(row, row.id, code, now)


def _keep_rejected(row: SyncCommand, row_id: uuid.UUID, code: str, now: datetime) -> tuple[SyncCommand, bool]:
    """Keep what is no command of ours as evidence, without a number: numbers belong to what was read."""
    row.id, row.seq, row.state, row.code, row.next_try_at = row_id, None, CommandState.REJECTED, code, None
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            states.begin(COMMAND, row, by=SYSTEM, reason=code)
    except IntegrityError:
        return SyncCommand.objects.get(pk=row_id), False
    logger.warning("ALERT tablet %s sent a command that was rejected: %s", row.tablet, code)
    return row, True


def _answer(row: SyncCommand | None, raw: Any, *, is_new: bool) -> Result:
    named = str(raw.get("id") or "")[:60] if isinstance(raw, dict) else ""
    if row is None:
        return Result(named, CommandState.REJECTED, UNREAD.code)
    row.refresh_from_db()
    return result_of(row, named=named, is_new=is_new)


def result_of(row: SyncCommand, *, named: str = "", is_new: bool = False) -> Result:
    """Return what is stored of a command, as its tablet may know it."""
    is_unsettled = row.state in UNSETTLED
    return Result(
        id=named or str(row.pk),
        state=row.state,
        code=row.code,
        flags=list(row.flags),
        # A conflict wants its pictures too: a person will look at them.
        missing=missing_of(row) if is_unsettled else [],
        replayed=not is_new,
        result=dict(row.result),
    )

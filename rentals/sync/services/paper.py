"""What was written on paper goes the way of a tablet's command: same log, same rules, same people who decide."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from rentals.sync import canonical
from rentals.sync.enums import COMMAND, CommandKind, Origin
from rentals.sync.models import PaperForm, SyncAttachment, SyncCommand
from rentals.sync.services.applying import settle_all
from rentals.sync.services.claims import claim_at_once
from rentals.sync.services.files import keep_whole
from stations.network.models import Station
from voltgo.core import clock, states
from voltgo.core.actors import Actor

# One form is one command, however often it is entered.
FORMS = uuid.UUID("0d0a3c1e-5f0b-4c4b-9a34-5e6f2a1b7c55")


def record_paper(
    *,
    form: PaperForm,
    kind: CommandKind,
    station: Station,
    subject: str,
    payload: Mapping[str, Any],
    files: Mapping[str, bytes],
    actor_user: User,
    occurred_at: datetime,
    by: Actor,
) -> SyncCommand:
    """Write down what stands on a form, with its scans, and apply it as of the time on the paper.

    `actor_user` did it; `by` enters it. Safe to call twice for one form: the first entry counts. An empty subject, or
    one of `walk-in:`, becomes the form's own for a walk-in.

    Raises:
        FileNotAnImage: a scan is no picture.
    """
    command_id = uuid.uuid5(FORMS, form.number)
    before = SyncCommand.objects.filter(pk=command_id).first()
    if before is not None:
        return before
    kept = {role: keep_whole(content) for role, content in files.items()}
    now = clock.wall()
    subject = f"walk-in:{command_id}" if kind == CommandKind.WALK_IN else subject
    body = {
        "id": str(command_id),
        "schema": 1,
        "kind": str(kind),
        "subject": subject,
        "actor": actor_user.public_id,
        "entered_by": by.ref,
        "paper": form.number,
        "payload": dict(payload),
        "files": [{"role": role, "sha256": file.sha256, "size": file.size} for role, file in kept.items()],
    }
    with transaction.atomic():
        command = SyncCommand(
            id=command_id,
            origin=Origin.PAPER,
            kind=kind,
            station=station,
            subject=subject,
            body=body,
            body_sha256=canonical.sha256_of(body),
            actor=actor_user,
            delivered_by=User.objects.filter(public_id=by.ref).first(),
            device_at=occurred_at,
            offset_ms=0,
            occurred_at=min(occurred_at, now),
            code="waiting_retry",
            next_try_at=now,
        )
        command.save(force_insert=True)
        SyncAttachment.objects.bulk_create(
            SyncAttachment(command=command, role=role, sha256=file.sha256, size=file.size, mime=file.mime)
            for role, file in kept.items()
        )
        states.begin(COMMAND, command, by=by)
    claim_at_once(command)
    settle_all([command.pk])
    command.refresh_from_db()
    return command

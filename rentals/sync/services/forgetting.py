"""Bodies and files that nobody needs any more leave the log; that they were there, and their hashes, stay."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction

from rentals.sync.enums import CommandKind, CommandState
from rentals.sync.models import SyncAttachment, SyncCommand, SyncFile
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.services import record
from voltgo.core.sealed_files import sealed_storage

# Longer than fines take to surface; a tablet keeps what it sent for seven days.
KEEP_FOR = timedelta(days=90)
BATCH = 200
OVER = (CommandState.APPLIED, CommandState.RESOLVED)
# Pictures of papers: once they are documents, the documents' own rules say how long they are kept.
OF_PAPERS = "paper:"


def forget_settled() -> int:
    """Forget what was settled three months ago; return how many bodies that were."""
    old = SyncCommand.objects.filter(state__in=OVER, received_at__lt=clock.wall() - KEEP_FOR)
    ids = list(old.exclude(body={}).order_by("received_at").values_list("pk", flat=True)[:BATCH])
    for command_id in ids:
        _forget(SyncCommand(pk=command_id))
    return len(ids)


@transaction.atomic
def _forget(command: SyncCommand) -> None:
    current = locks.lock_row(command)
    drop_files(current)
    SyncCommand.objects.filter(pk=current.pk).update(body={})
    record("sync.forgotten", f"sync:{current.pk}", by=SYSTEM, body_sha256=current.body_sha256)


def drop_papers(command: SyncCommand) -> None:
    """Remove the pictures of papers of a walk-in that are documents now; in the transaction that made them so."""
    if command.kind == CommandKind.WALK_IN:
        named = command.attachments.filter(role__startswith=OF_PAPERS)
        drop_files(command, only=set(named.values_list("sha256", flat=True)))


def drop_files(command: SyncCommand, *, only: Collection[str] | None = None) -> None:
    """Remove a command's files, but for those that another command still needs."""
    named = set(command.attachments.values_list("sha256", flat=True))
    gone = named if only is None else named & set(only)
    needed = (
        SyncAttachment.objects.filter(sha256__in=gone)
        .exclude(command=command)
        .exclude(command__state__in=OVER)
        .values_list("sha256", flat=True)
    )
    for file in SyncFile.objects.filter(pk__in=gone - set(needed)):
        if file.file:
            name = str(file.file)
            transaction.on_commit(lambda name=name: sealed_storage().delete(name))  # type: ignore[misc]
        file.delete()

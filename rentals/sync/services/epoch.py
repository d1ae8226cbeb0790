"""Which life of the database this is: after a restore the tablets send everything again."""

import uuid

from django.db import transaction

from rentals.sync.models import SyncEpoch
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


def current_epoch() -> str:
    """Return the present epoch; the first call of a database's life begins it."""
    row = SyncEpoch.objects.first()
    if row is None:
        row, _created = SyncEpoch.objects.get_or_create(id=1, defaults={"epoch": uuid.uuid4()})
    return str(row.epoch)


@transaction.atomic
def begin_new_epoch(*, by: Actor) -> str:
    """Say that the database was restored: tablets send what they keep, ids tell what is here already."""
    before = SyncEpoch.objects.select_for_update().filter(id=1).first()
    epoch = uuid.uuid4()
    SyncEpoch.objects.update_or_create(id=1, defaults={"epoch": epoch})
    record("sync.new_epoch", "sync", by=by, before=str(before.epoch) if before else "", after=str(epoch))
    return str(epoch)

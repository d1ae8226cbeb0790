"""The cards that providers keep for payers: forgetting one."""

from django.db import transaction

from payments.intents.enums import HOLD_OPEN_STATES
from payments.intents.errors import InstrumentInUse
from payments.intents.models import DepositHold, SavedInstrument
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit


@transaction.atomic
def forget_instrument(*, instrument: SavedInstrument, by: Actor) -> SavedInstrument:
    """Use a kept card no more. Safe to call twice.

    Raises:
        InstrumentInUse: a deposit is held on it, or will be.
    """
    locked = locks.lock_row(instrument)
    if locked.forgotten_at is not None:
        return locked
    if DepositHold.objects.filter(instrument=locked, state__in=HOLD_OPEN_STATES).exists():
        raise InstrumentInUse
    locked.forgotten_at = clock.now()
    locked.save(update_fields=["forgotten_at"])
    audit.record("instrument.forgotten", f"instrument:{locked.pk}", by=by, label=locked.label)
    return locked

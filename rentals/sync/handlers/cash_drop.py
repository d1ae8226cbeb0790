"""Money left the drawer in a sealed bag."""

from collections.abc import Mapping

from accounts.users.models import User
from payments.cash import services as drawers
from rentals.sync.handlers import cash
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from voltgo.core.actors import Actor


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form = form_of(command)
    drop = drawers.drop_cash(
        session=cash.session_of(command, form),
        amount=form.number("amount", least=1),
        bag_number=form.text("bag", longest=40),
        by=actor,
        idempotency_key=f"sync:{command.pk}",
    )
    return Outcome(result={"drop": drop.pk})

"""A session begins with what was counted in the drawer."""

from collections.abc import Mapping

from accounts.users.models import User
from payments.cash import services as drawers
from payments.cash.errors import DifferenceNeedsReason
from rentals.cashdesk.place import drawer_of
from rentals.sync.errors import SyncRefusal
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from voltgo.core.actors import Actor

# A person has said that it is as it was counted; why, stands with the case.
AS_COUNTED = "Đếm lúc mất mạng"


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form = form_of(command)
    reason = form.text("reason", longest=300, default="")
    if "drawer_differs" in despite:
        reason = reason or AS_COUNTED
    try:
        session = drawers.open_session(
            drawer=drawer_of(command.station), counts=form.counts("counts"), reason=reason, by=actor
        )
    except DifferenceNeedsReason as error:
        raise SyncRefusal("drawer_differs", found={"difference": error.details["difference"]}) from error
    return Outcome(result={"session": str(session.pk)})

"""The drawer was counted and its session ends."""

from collections.abc import Mapping

from accounts.users.models import User
from payments.cash import services as drawers
from payments.cash.enums import SessionState
from rentals.sync.errors import SyncRefusal
from rentals.sync.handlers import cash
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from voltgo.core.actors import Actor

RUNNING = (SessionState.OPEN, SessionState.COUNTING)
# Whoever counts without network is not told what should be there; the difference is a case all the same.
COUNTED_OFFLINE = "Đếm lúc mất mạng"


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form = form_of(command)
    session = cash.session_of(command, form)
    if session.state not in RUNNING:
        raise SyncRefusal("session_closed", found={"session": str(session.pk), "state": session.state})
    drawers.start_count(session=session, by=actor)
    drawers.hand_in_count(session=session, counts=form.counts("counts"), by=actor)
    note = form.text("note", longest=500, default="")
    closed = drawers.close_session(
        session=session, by=actor, reason=note or COUNTED_OFFLINE, handover_note=note
    )
    return Outcome(result={"session": str(closed.pk), "state": closed.state})

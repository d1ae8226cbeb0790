"""Applying commands: once each, in order, in one transaction with their effects, or else for a person to decide."""

import logging
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import OperationalError, transaction

from accounts.access.actors import staff_actor
from accounts.users.models import User
from rentals.sync.enums import COMMAND, CommandState
from rentals.sync.errors import SyncRefusal, SyncRejection, SyncWait
from rentals.sync.handlers import Outcome, handler_of
from rentals.sync.models import SyncCommand, SyncConflict
from rentals.sync.rules import AFTER_A_DAY, code_of_refusal, rule
from rentals.sync.services import consequences
from rentals.sync.services.files import CommandFiles
from rentals.sync.services.order import check_order
from rentals.sync.services.scope import check_scope
from stations.network.access import is_supervisor_at, works_at
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import DomainError

logger = logging.getLogger(__name__)

# So long a command waits for its files or for what comes before it; then a person looks.
LONGEST_WAIT = timedelta(hours=24)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=10)
BATCH = 200
ROUNDS = 5
# Waiting for something that another command brings.
FOR_OTHERS = ("waiting_predecessor", "waiting_pickup", "waiting_session", "waiting_walk_in")


def settle_all(ids: Iterable[uuid.UUID]) -> None:
    """Try these commands, then whatever waited for one of them, until nothing moves any more."""
    waiting, stations = list(ids), set()
    for _round in range(ROUNDS):
        moved = [row for row in (settle(command_id) for command_id in waiting) if row is not None]
        stations = {row.station_id for row in moved}
        if not moved:
            return
        waiting = list(
            SyncCommand.objects.filter(state=CommandState.WAITING, code__in=FOR_OTHERS, station__in=stations)
            .order_by("received_at", "seq")
            .values_list("pk", flat=True)[:BATCH]
        )


def settle_with_file(sha256: str) -> None:
    """Try what has waited for a file that is whole now."""
    rows = SyncCommand.objects.filter(state=CommandState.WAITING, attachments__sha256=sha256)
    settle_all(rows.order_by("seq").values_list("pk", flat=True))


def try_waiting() -> int:
    """Try every waiting command whose time has come; return how many are settled now."""
    due = SyncCommand.objects.filter(state=CommandState.WAITING, next_try_at__lte=clock.wall())
    ids = list(due.order_by("received_at", "seq").values_list("pk", flat=True)[:BATCH])
    settle_all(ids)
    return len(ids) - SyncCommand.objects.filter(pk__in=ids, state=CommandState.WAITING).count()


def settle(command_id: uuid.UUID) -> SyncCommand | None:
    """Try one waiting command; return it if it is settled or a person's matter now, None if it goes on waiting.

    Locks the command, then whatever its services lock. A fault of ours leaves it waiting with nothing done.
    """
    try:
        with transaction.atomic():
            command = locks.lock_row(SyncCommand(pk=command_id))
            if command.state != CommandState.WAITING:
                return None
            _judge(command)
    except OperationalError as error:
        if not locks.is_lost_wait(error):
            raise
        _put_off(command_id)
        return None
    except Exception:
        # Whatever it is, the command is written down and everything of it is kept.
        logger.exception("command %s could not be applied", command_id)
        _put_off(command_id)
        return None
    return command if command.state != CommandState.WAITING else None


def _judge(command: SyncCommand) -> None:
    """Apply a locked command, or say why not. Effects and state are written together."""
    try:
        _reject_strangers(command)
        check_order(command)
        outcome = perform(command, despite=frozenset())
    except SyncWait as wait:
        _wait(command, wait.code)
    except SyncRejection as rejection:
        states.move(
            COMMAND, command, to=CommandState.REJECTED, by=SYSTEM, reason=rejection.code, code=rejection.code,
            next_try_at=None,
        )  # fmt: skip
        # Whatever it has claimed was not its to claim.
        consequences.tidy_up(command)
        logger.warning("ALERT command %s was rejected: %s", command.pk, rejection.code)
    except SyncRefusal as refusal:
        open_conflict(command, refusal)
    else:
        mark_applied(command, outcome, by=SYSTEM)


def _reject_strangers(command: SyncCommand) -> None:
    """Refuse at once what is not ours, before anybody sends its pictures; what else is wrong is said in its turn.

    Raises:
        SyncRejection: nobody here offered it, or nobody who works here did it.
    """
    try:
        _doer(command, frozenset())
        check_scope(command)
    except (SyncRefusal, SyncWait):
        return


def mark_applied(command: SyncCommand, outcome: Outcome, *, by: Actor, reason: str = "") -> None:
    """Write that a command was applied, with what was noticed and what its tablet may know."""
    flags = [*command.flags, *(flag for flag in outcome.flags if flag not in command.flags)]
    states.move(
        COMMAND,
        command,
        to=CommandState.APPLIED,
        by=by,
        reason=reason,
        code="",
        flags=flags,
        result=outcome.result,
        applied_at=clock.wall(),
        next_try_at=None,
    )
    consequences.tidy_up(command)


def perform(command: SyncCommand, *, despite: frozenset[str]) -> Outcome:
    """Do what a command says, at the moment at which it was done; all of it or nothing.

    Raises:
        SyncRefusal, SyncWait, SyncRejection: nothing was done.
    """
    user = _doer(command, despite)
    ticket_flags = check_scope(command, despite=despite)
    actor = staff_actor(user, supervisor=is_supervisor_at(user, command.station))
    at = _believable(command, despite)
    try:
        with transaction.atomic(), clock.as_of(at):
            outcome = handler_of(command.kind)(
                command, actor=actor, user=user, files=CommandFiles(command), despite=despite
            )
    except DomainError as error:
        raise SyncRefusal(code_of_refusal(error.code), found=_plain(error)) from error
    for code in ticket_flags:
        outcome.flag(code)
    return outcome


def _believable(command: SyncCommand, despite: frozenset[str]) -> datetime:
    """Return when it happened; when it was received, if a person has decided that the tablet's time cannot be."""
    return command.received_at if "time_impossible" in despite else command.occurred_at


def _doer(command: SyncCommand, despite: frozenset[str]) -> User:
    if command.actor is None:
        raise SyncRejection("unknown_actor")
    if not command.station.is_active and "station_disabled" not in despite:
        raise SyncRefusal("station_disabled")
    has_worked = command.actor.staff_posts.filter(station=command.station_id).exists()
    if not has_worked:
        raise SyncRejection("unknown_actor")
    if (
        command.station.is_active
        and not works_at(command.actor, command.station)
        and "staff_disabled" not in despite
    ):
        raise SyncRefusal("staff_disabled", found={"person": command.actor.full_name})
    return command.actor


def _wait(command: SyncCommand, code: str) -> None:
    """Let a command wait on, until its day is over."""
    if clock.wall() - command.received_at >= LONGEST_WAIT:
        open_conflict(command, SyncRefusal(AFTER_A_DAY[code]))
        return
    command.code, command.tries = code, command.tries + 1
    command.next_try_at = clock.wall() + _pause(command.tries)
    command.save(update_fields=["code", "tries", "next_try_at"])


def _pause(tries: int) -> timedelta:
    pause: timedelta = FIRST_RETRY * 2 ** min(tries - 1, 10)
    return min(pause, LONGEST_RETRY)


@transaction.atomic
def _put_off(command_id: uuid.UUID) -> None:
    command = locks.lock_row(SyncCommand(pk=command_id))
    if command.state == CommandState.WAITING:
        _wait(command, "waiting_retry")


def open_conflict(command: SyncCommand, refusal: SyncRefusal) -> SyncConflict:
    """Make a command a person's matter, with what the server has instead; the caller holds its lock."""
    states.move(
        COMMAND, command, to=CommandState.CONFLICT, by=SYSTEM, reason=refusal.code, code=refusal.code,
        next_try_at=None,
    )  # fmt: skip
    conflict = SyncConflict.objects.create(
        command=command, code=refusal.code, severity=rule(refusal.code).severity, found=refusal.found
    )
    consequences.of_conflict(conflict)
    return conflict


def _plain(error: DomainError) -> dict[str, object]:
    """Return what a service said, without anything that is no plain value."""
    values: dict[str, object] = {"refusal": error.code}
    for name, value in error.details.items():
        if isinstance(value, list | tuple):
            values[name] = [str(getattr(item, "code", item))[:60] for item in value]
        else:
            values[name] = value if isinstance(value, int | bool) else str(value)[:200]
    return values

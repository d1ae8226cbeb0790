"""A person decides: apply it all the same, keep it as evidence, or say that it was done by hand."""

from django.db import transaction

from accounts.users.models import User
from rentals.sync.enums import COMMAND, CommandState, Resolution
from rentals.sync.errors import (
    NoteMissing,
    ResolutionNotOffered,
    StillRefused,
    SyncRefusal,
    SyncRejection,
    SyncWait,
)
from rentals.sync.models import SyncCommand, SyncConflict
from rentals.sync.rules import rule, words_of
from rentals.sync.services import consequences
from rentals.sync.services.applying import mark_applied, perform, settle_all
from rentals.sync.services.claims import let_go
from rentals.sync.services.money import amount_of, open_case_of
from rentals.sync.services.order import WITH_CASH
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import IllegalTransition

MOST_OBSTACLES = 6


def resolve(
    *, conflict: SyncConflict, resolution: Resolution, note: str, user: User, by: Actor
) -> SyncConflict:
    """Settle a conflict as a person has decided, with a word on why. Locks the command, then what applying locks.

    Applying runs the same handler again, as of the time at which it was done, and passes over what the conflict is
    about; it needs one of the roles of the counter. What has waited for this command is tried afterwards. Safe to
    call twice: the first decision stays.

    Raises:
        NoteMissing: nobody said why.
        ResolutionNotOffered: the rule of this conflict does not offer it.
        StillRefused: applying has met another obstacle; `details["code"]` names it. It stays a conflict.
        NotAllowed: not for this actor.
    """
    note = note.strip()
    if not note:
        raise NoteMissing
    resolved = _resolve(conflict, Resolution(resolution), note, user, by)
    settle_all_behind(resolved.command)
    return resolved


@transaction.atomic
def _resolve(
    conflict: SyncConflict, resolution: Resolution, note: str, user: User, by: Actor
) -> SyncConflict:
    command = locks.lock_row(conflict.command)
    current = locks.lock_row(conflict)
    current.command = command
    if current.resolved_at is not None:
        return current
    if resolution not in rule(current.code).offers:
        raise ResolutionNotOffered
    vehicle = consequences.vehicle_of(command)
    if vehicle is not None:
        let_go(command, vehicle)
    if resolution == Resolution.APPLIED:
        _apply(command, current, note, by)
    else:
        states.move(COMMAND, command, to=CommandState.RESOLVED, by=by, reason=note[:300])
        if amount_of(command) and command.kind in WITH_CASH:
            # It lies in a drawer all the same.
            open_case_of(current)
    current.resolved_at, current.resolved_by = clock.wall(), user
    current.resolution, current.note = resolution, note[:500]
    current.save(update_fields=["resolved_at", "resolved_by", "resolution", "note"])
    record(
        "sync.resolved", f"sync:{command.pk}", by=by, reason=note[:300], code=current.code,
        resolution=str(resolution),
    )  # fmt: skip
    return current


def _apply(command: SyncCommand, conflict: SyncConflict, note: str, by: Actor) -> None:
    despite = frozenset({conflict.code, *conflict.found.get("passed", [])})
    try:
        with transaction.atomic():
            outcome = perform(command, despite=despite)
    except SyncRefusal as refusal:
        raise StillRefused(words_of(refusal.code), code=refusal.code) from refusal
    except (SyncWait, SyncRejection) as obstacle:
        raise StillRefused(words_of(obstacle.code), code=obstacle.code) from obstacle
    outcome.flag("applied_by_person")
    mark_applied(command, outcome, by=by, reason=note[:300])


@transaction.atomic
def pass_over(*, conflict: SyncConflict, code: str, by: Actor) -> SyncConflict:
    """Note that a person knows of a further obstacle, so that applying goes past that one too.

    A handover can be wrong in two ways at once; each is named and confirmed by itself.

    Raises:
        ResolutionNotOffered: the rule of that obstacle does not let anybody pass it.
    """
    if Resolution.APPLIED not in rule(code).offers:
        raise ResolutionNotOffered
    current = locks.lock_row(conflict)
    if current.resolved_at is not None:
        raise IllegalTransition
    passed = current.found.get("passed", [])
    if code not in passed and len(passed) < MOST_OBSTACLES:
        current.found = {**current.found, "passed": [*passed, code]}
        current.save(update_fields=["found"])
    return current


@transaction.atomic
def keep_rejected(*, command: SyncCommand, note: str, by: Actor) -> SyncCommand:
    """Say that an operator has looked at what was rejected; it stays in the log as evidence.

    Raises:
        NoteMissing: nobody said what it was.
        NotAllowed: only operators look at forgeries.
    """
    note = note.strip()
    if not note:
        raise NoteMissing
    current = locks.lock_row(command)
    if current.state == CommandState.RESOLVED:
        return current
    states.move(COMMAND, current, to=CommandState.RESOLVED, by=by, reason=note[:300])
    record("sync.resolved", f"sync:{current.pk}", by=by, reason=note[:300], code=current.code)
    return current


def settle_all_behind(command: SyncCommand) -> None:
    """Try what has waited for a command that is settled now."""
    waiting = SyncCommand.objects.filter(state=CommandState.WAITING, station=command.station_id)
    settle_all(waiting.order_by("received_at", "seq").values_list("pk", flat=True)[:200])

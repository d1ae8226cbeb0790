"""Minding holds: placed in time, renewed before they run out, asked about when nothing is heard of them."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.intents import targets
from payments.intents.enums import HOLD_OPEN_STATES, DepositState, HoldState
from payments.intents.errors import NothingToHoldOn, UnknownReference
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, DepositHold
from payments.intents.services.hold_calls import ask_about, place_hold
from payments.intents.services.hold_facts import RENEWED_BEFORE, next_look, start_freeing
from payments.intents.services.hold_jobs import promise_free, promise_place, promise_take
from payments.intents.services.hold_planning import plan
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit

logger = logging.getLogger(__name__)

BATCH = 100
# The provider's own job to let go may run late.
AFTER_ITS_END = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=1)
# So often without an answer, and a person looks.
MANY_TRIES = 8

_JOBS = {
    HoldState.PLANNED: promise_place,
    HoldState.REQUESTED: promise_place,
    HoldState.CAPTURING: promise_take,
    HoldState.ENDING: promise_free,
}


def mind_holds() -> int:
    """Look at the holds whose time has come; return how many. Speaks to providers only for those that stand."""
    due = DepositHold.objects.filter(next_check_at__lte=clock.now(), state__in=HOLD_OPEN_STATES)
    rows = list(due.order_by("next_check_at").values_list("pk", "deposit__reference")[:BATCH])
    for hold_id, reference in rows:
        try:
            if _mind(hold_id, reference):
                _ask(hold_id)
        except Exception:
            # One hold that cannot be minded must not keep the others from it.
            logger.exception("minding hold %s failed", hold_id)
            DepositHold.objects.filter(pk=hold_id).update(next_check_at=clock.now() + LONGEST_WAIT)
    return len(rows)


@transaction.atomic
def _mind(hold_id: int, reference: str) -> bool:
    """Take the step that a hold waits for; return whether its provider is to be asked about it."""
    lock_reference(reference)
    hold = locks.lock_row(DepositHold.objects.get(pk=hold_id))
    now = clock.now()
    if hold.next_check_at is None or hold.next_check_at > now:
        return False
    if hold.state != HoldState.HELD:
        _remind(hold, now)
        return False
    if not targets.needs_deposit(reference):
        # Whoever ended the rental has forgotten it.
        from payments.intents.services.deposits import free_holds

        free_holds(Deposit.objects.get(reference=reference), by=SYSTEM)
        return False
    if hold.capture_before is None:
        _look_at(hold, next_look(None))
        return True
    if now < hold.capture_before:
        if now >= hold.capture_before - RENEWED_BEFORE:
            _renew(hold)
            _look_at(hold, hold.capture_before + AFTER_ITS_END)
        else:
            _look_at(hold, next_look(hold.capture_before))
        return False
    _look_at(hold, now + LONGEST_WAIT)
    return True


def _remind(hold: DepositHold, now: datetime) -> None:
    """Promise once more what a job has not brought to its end."""
    hold.tries += 1
    wait = min(timedelta(minutes=2) * 2 ** min(hold.tries, 10), LONGEST_WAIT)
    DepositHold.objects.filter(pk=hold.pk).update(tries=hold.tries, next_check_at=now + wait)
    _JOBS[HoldState(hold.state)](hold, again=f"{hold.state}:{hold.tries}")
    if hold.tries == MANY_TRIES:
        cases.open_case(
            kind=CaseKind.HOLD_LOST,
            key=f"hold:{hold.merchant_ref}:stuck:{hold.state}",
            reference=hold.deposit.reference,
            amount=hold.to_capture or hold.amount,
            details={"what": "no answer", "state": hold.state},
        )


def _look_at(hold: DepositHold, at: datetime) -> None:
    DepositHold.objects.filter(pk=hold.pk).update(next_check_at=at)


def _renew(hold: DepositHold) -> None:
    """Plan the hold that takes over. The old one is freed when the new one stands, and stays if it does not."""
    if DepositHold.objects.filter(replaces=hold).exists():
        return
    if hold.instrument is None:
        cases.open_case(
            kind=CaseKind.HOLD_LOST,
            key=f"hold:{hold.merchant_ref}:renewal",
            reference=hold.deposit.reference,
            amount=hold.amount,
            details={"what": "no card is kept to renew it"},
        )
        return
    plan(
        deposit=hold.deposit,
        intent=hold.intent,
        instrument=hold.instrument,
        amount=hold.amount,
        replaces=hold,
    )


def _ask(hold_id: int) -> None:
    hold = DepositHold.objects.get(pk=hold_id)
    try:
        ask_about(hold)
    except (GatewayUnavailable, OutcomeUnknown) as error:
        logger.warning("no clear answer about hold %s: %s", hold.merchant_ref, error.code)


def place_now(*, reference: str, by: Actor) -> DepositHold:
    """Hold the deposit on the kept card at once: what is planned, or once more after the bank declined.

    Waits for the provider, so call it outside a transaction. Where it gives no clear answer, the jobs go on.

    Raises:
        NothingToHoldOn: no card is kept, or the deposit needs none any more.
        UnknownReference: there is no deposit.
    """
    hold = _bring_forward(reference, by)
    try:
        place_hold(hold_id=hold.pk)
    except (GatewayUnavailable, OutcomeUnknown) as error:
        logger.warning("hold %s waits for its provider: %s", hold.merchant_ref, error.code)
    hold.refresh_from_db()
    return hold


@transaction.atomic
def _bring_forward(reference: str, by: Actor) -> DepositHold:
    lock_reference(reference)
    deposit = Deposit.objects.filter(reference=reference).first()
    if deposit is None:
        raise UnknownReference(reference=reference)
    rows = locks.lock(DepositHold.objects.filter(deposit=deposit))
    under_way = [row for row in rows if row.state in {HoldState.PLANNED, HoldState.REQUESTED}]
    failed = [row for row in rows if row.state == HoldState.FAILED]
    card = failed[-1].instrument if failed else None
    if under_way:
        hold = under_way[-1]
        if hold.state == HoldState.PLANNED:
            DepositHold.objects.filter(pk=hold.pk).update(place_at=clock.now())
            promise_place(hold, again="now")
    elif card is not None and deposit.state == DepositState.DUE:
        last = failed[-1]
        hold = plan(deposit=deposit, intent=last.intent, instrument=card, amount=last.amount)
        DepositHold.objects.filter(pk=hold.pk).update(place_at=clock.now())
    else:
        raise NothingToHoldOn(reference=reference)
    audit.record("deposit.hold_asked", f"deposit:{deposit.pk}", by=by, amount=hold.amount)
    return hold


def free_planned(reference: str, *, by: Actor = SYSTEM) -> None:
    """Drop what is not yet held: the deposit came in another way, or is waived. The caller holds the locks."""
    rows = DepositHold.objects.filter(
        deposit__reference=reference, state__in=[HoldState.PLANNED, HoldState.REQUESTED], replaces=None
    )
    for row in locks.lock(rows):
        start_freeing(row, by=by)

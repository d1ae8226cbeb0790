"""Speaking to a provider about a hold: written down before it is sent, asked about when unsure.

Placing, taking and freeing run outside any transaction and one at a time for each hold. They are safe to run again at
any point, also after the process died in the middle.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from payments.gateways import registry
from payments.gateways.base import FactKind, Gateway, HoldAction, HoldRequest, ProviderFact
from payments.gateways.errors import GatewayUnavailable, HoldRefused, OutcomeUnknown
from payments.intents import targets
from payments.intents.enums import HOLD, CallState, HoldState
from payments.intents.locking import lock_reference
from payments.intents.models import DepositHold, OutboundCall
from payments.intents.services.facts import apply_fact
from payments.intents.services.promises import capture_key
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM

LOCK_SPACE = 0x0F4E
# A request that left us may reach the provider this much later; until then "not found" proves nothing.
ON_ITS_WAY = timedelta(minutes=10)
ASKED_AGAIN = timedelta(minutes=2)

Send = Callable[[Gateway], ProviderFact]


def place_hold(*, hold_id: int) -> None:
    """Hold an amount on a kept card, or find out what became of an earlier try.

    Raises:
        GatewayUnavailable: nothing was sent; run it again later.
        OutcomeUnknown: it may have been done; run it again later and it will ask first.
    """
    with _one_at_a_time(hold_id) as is_mine:
        prepared = _prepare_placing(hold_id) if is_mine else None
        if prepared is None:
            return
        hold, call = prepared
        request = _request_of(hold)
        _speak(hold, call, lambda gateway: gateway.hold(request), settled=_PLACED)


def take_hold(*, hold_id: int) -> None:
    """Ask for what is to be taken of a hold, once; raises as `place_hold`."""
    with _one_at_a_time(hold_id) as is_mine:
        prepared = _prepare_taking(hold_id) if is_mine else None
        if prepared is None:
            return
        hold, call, action = prepared
        _speak(hold, call, lambda gateway: gateway.capture(action), settled=_TAKEN)


def free_hold(*, hold_id: int) -> None:
    """Let go of a hold at its provider; raises as `place_hold`."""
    with _one_at_a_time(hold_id) as is_mine:
        prepared = _prepare_freeing(hold_id) if is_mine else None
        if prepared is None:
            return
        hold, call = prepared
        if not hold.held_at and _was_never_placed(hold):
            return
        action = action_of(hold, "free")
        _speak(hold, call, lambda gateway: gateway.void(action), settled=_FREED)


def ask_about(hold: DepositHold) -> None:
    """Ask the provider how a hold stands, and take the answer into account. Outside any transaction."""
    fact = registry.get(hold.provider).fetch_hold(action_of(hold, "ask"))
    if fact.kind is not FactKind.HOLD_NOT_FOUND:
        apply_fact(fact)


def action_of(hold: DepositHold, what: str, amount: int = 0) -> HoldAction:
    """Describe what is to be done with a hold as its gateway needs it."""
    return HoldAction(
        merchant_ref=hold.merchant_ref,
        provider_ref=hold.provider_ref,
        request_id=f"{hold.merchant_ref}-{what}",
        held=hold.amount,
        amount=amount,
        created_at=hold.held_at or hold.created_at,
    )


# What ends each kind of call: the provider has decided, nothing is sent any more.
_PLACED = frozenset({FactKind.AUTHORIZED, FactKind.HOLD_FAILED, FactKind.HOLD_CAPTURED, FactKind.HOLD_ENDED})
_TAKEN = frozenset({FactKind.HOLD_CAPTURED, FactKind.HOLD_ENDED})
_FREED = frozenset({FactKind.HOLD_ENDED, FactKind.HOLD_FAILED, FactKind.HOLD_CAPTURED})


@contextmanager
def _one_at_a_time(hold_id: int) -> Iterator[bool]:
    number = hold_id % 2**31
    is_mine = locks.try_session_lock(LOCK_SPACE, number)
    try:
        yield is_mine
    finally:
        if is_mine:
            locks.release_session_lock(LOCK_SPACE, number)


def _speak(hold: DepositHold, call: OutboundCall, send: Send, *, settled: frozenset[FactKind]) -> None:
    """Send a call that was never sent; of one that may have been, ask first."""
    gateway = registry.get(hold.provider)
    ask = action_of(hold, "ask")
    if call.state != CallState.PREPARED:
        fact = gateway.fetch_hold(ask)
        if fact.kind in settled:
            _conclude(call, fact)
            return
        if fact.kind is FactKind.HOLD_PENDING:
            return
        if fact.kind is not FactKind.HOLD_NOT_FOUND:
            apply_fact(fact)
    _note(call, CallState.SENT)
    try:
        fact = send(gateway)
    except GatewayUnavailable:
        _note(call, CallState.PREPARED)
        raise
    except OutcomeUnknown:
        _note(call, CallState.UNKNOWN)
        raise
    except HoldRefused:
        # It cannot be done as we see it: the provider's own account of the hold decides.
        _note(call, CallState.UNKNOWN)
        fact = gateway.fetch_hold(ask)
    if fact.kind in settled:
        _conclude(call, fact)
    else:
        _note(call, CallState.UNKNOWN)


def _was_never_placed(hold: DepositHold) -> bool:
    """Say whether a hold that is to be freed never stood, so that nothing is to be freed; then it has ended."""
    placing = OutboundCall.objects.filter(idempotency_key=_place_key(hold)).first()
    if placing is None:
        return False
    if placing.state != CallState.PREPARED:
        fact = registry.get(hold.provider).fetch_hold(action_of(hold, "ask"))
        if fact.kind is not FactKind.HOLD_NOT_FOUND:
            if fact.kind is FactKind.HOLD_PENDING:
                raise OutcomeUnknown(hold=hold.merchant_ref)
            apply_fact(fact)
            return fact.kind is not FactKind.AUTHORIZED
        if clock.now() - placing.created_at < ON_ITS_WAY:
            raise OutcomeUnknown(hold=hold.merchant_ref)
    apply_fact(ProviderFact(hold.provider, FactKind.HOLD_ENDED, hold.merchant_ref, code="never placed"))
    return True


def _place_key(hold: DepositHold) -> str:
    return f"{hold.provider}:hold:{hold.merchant_ref}"


def _request_of(hold: DepositHold) -> HoldRequest:
    if hold.instrument is None:
        raise HoldRefused(hold=hold.merchant_ref)
    return HoldRequest(
        merchant_ref=hold.merchant_ref,
        amount=hold.amount,
        description=hold.intent.description or hold.deposit.reference,
        customer_ref=hold.instrument.customer_ref,
        method_ref=hold.instrument.method_ref,
    )


def _locked(hold_id: int) -> DepositHold:
    row = DepositHold.objects.select_related("deposit").get(pk=hold_id)
    lock_reference(row.deposit.reference)
    locks.lock_row(row)
    return DepositHold.objects.select_related("deposit", "intent", "instrument").get(pk=hold_id)


@transaction.atomic
def _prepare_placing(hold_id: int) -> tuple[DepositHold, OutboundCall] | None:
    """Mark a hold as asked for and write the call down; None if there is nothing to do now."""
    hold = _locked(hold_id)
    now = clock.now()
    if hold.state == HoldState.PLANNED:
        if not targets.needs_deposit(hold.deposit.reference):
            states.move(HOLD, hold, to=HoldState.ENDED, by=SYSTEM, ended_at=now, next_check_at=None)
            return None
        if hold.place_at > now:
            return None
        states.move(HOLD, hold, to=HoldState.REQUESTED, by=SYSTEM, tries=0, next_check_at=now + ASKED_AGAIN)
    elif hold.state != HoldState.REQUESTED:
        return None
    return _with_call(hold, _place_key(hold), "hold", asdict(_request_of(hold)))


@transaction.atomic
def _prepare_taking(hold_id: int) -> tuple[DepositHold, OutboundCall, HoldAction] | None:
    """Write down how much is taken; from now on nothing more is taken from this hold."""
    hold = _locked(hold_id)
    if hold.state != HoldState.CAPTURING or not hold.to_capture:
        return None
    in_part = registry.capabilities_of(hold.provider).partial_capture
    action = action_of(hold, "take", hold.to_capture if in_part else hold.amount)
    prepared = _with_call(hold, capture_key(hold), "capture", asdict(action))
    return (*prepared, action) if prepared else None


@transaction.atomic
def _prepare_freeing(hold_id: int) -> tuple[DepositHold, OutboundCall] | None:
    hold = _locked(hold_id)
    if hold.state != HoldState.ENDING:
        return None
    return _with_call(hold, f"{hold.provider}:void:{hold.merchant_ref}", "void", {"hold": hold.merchant_ref})


def _with_call(
    hold: DepositHold, key: str, operation: str, request: dict[str, object]
) -> tuple[DepositHold, OutboundCall] | None:
    text = json.dumps(request, sort_keys=True, default=str)
    call, _ = OutboundCall.objects.get_or_create(
        idempotency_key=key,
        defaults={
            "provider": hold.provider,
            "operation": operation,
            "request_hash": hashlib.sha256(text.encode()).hexdigest(),
        },
    )
    return None if call.state in {CallState.OK, CallState.ERROR} else (hold, call)


def _note(call: OutboundCall, state: CallState) -> None:
    OutboundCall.objects.filter(pk=call.pk).update(
        state=state, attempts=F("attempts") + (1 if state is CallState.SENT else 0)
    )


@transaction.atomic
def _conclude(call: OutboundCall, fact: ProviderFact) -> None:
    OutboundCall.objects.filter(pk=call.pk).update(
        state=CallState.ERROR if fact.kind is FactKind.HOLD_FAILED else CallState.OK,
        response={"kind": fact.kind.value, "code": fact.code, "provider_ref": fact.provider_ref},
        answered_at=clock.now(),
    )
    apply_fact(fact)

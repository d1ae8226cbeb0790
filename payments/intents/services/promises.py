"""What a deposit is made of, when holds come, go and are taken. The callers hold the locks."""

from typing import Any

from payments.intents.enums import DEPOSIT, HOLD, DepositState, HoldState
from payments.intents.errors import DepositTooSmall
from payments.intents.models import Deposit, DepositHold, OutboundCall
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.money import Dong


def write(deposit: Deposit, *, by: Actor, reason: str = "", **changes: Any) -> Deposit:
    """Set amounts of a deposit that is held or was, and the state that follows from them.

    What is kept back for fines never exceeds what remains.
    """
    for name, value in changes.items():
        setattr(deposit, name, value)
    left = deposit.amount - deposit.captured - deposit.released
    changes["retained"] = deposit.retained = min(deposit.retained, left)
    if left:
        state = DepositState.PARTLY_CAPTURED if deposit.captured else DepositState.HELD
    else:
        state = DepositState.RELEASED if deposit.released else DepositState.CAPTURED
    if deposit.state == state:
        Deposit.objects.filter(pk=deposit.pk).update(**changes)
    else:
        states.move(DEPOSIT, deposit, to=state, by=by, reason=reason[:300], **changes)
    return deposit


def free_promise(deposit: Deposit, amount: Dong, *, by: Actor) -> None:
    """Let go of what a hold promised: it counts as given back."""
    if amount:
        write(deposit, by=by, on_hold=deposit.on_hold - amount, released=deposit.released + amount)


def lose_promise(deposit: Deposit, amount: Dong, *, by: Actor, reason: str) -> None:
    """A hold is over before its time: what it promised is not there any more, and due again."""
    amount = min(amount, deposit.on_hold)
    if not amount:
        return
    rest = deposit.on_hold - amount
    if deposit.state == DepositState.HELD and deposit.amount == amount:
        states.move(DEPOSIT, deposit, to=DepositState.DUE, by=by, reason=reason, on_hold=rest)
    else:
        write(deposit, by=by, reason=reason, on_hold=rest, amount=deposit.amount - amount)


def capture_key(hold: DepositHold) -> str:
    return f"{hold.provider}:capture:{hold.merchant_ref}"


def room_of(hold: DepositHold) -> Dong:
    """Return what may still be taken from a hold: nothing once the provider was asked to take it."""
    if hold.state == HoldState.HELD:
        return hold.amount
    if hold.state != HoldState.CAPTURING:
        return 0
    is_asked = OutboundCall.objects.filter(idempotency_key=capture_key(hold)).exists()
    return 0 if is_asked else hold.amount - hold.to_capture


def use_holds(deposit: Deposit, amount: Dong, *, by: Actor) -> list[tuple[DepositHold, Dong]]:
    """Set an amount to be taken from the holds of a deposit, oldest first; return what of which.

    The promise shrinks by it. The provider is asked after commit: the caller promises that.

    Raises:
        DepositTooSmall: the holds do not reach.
    """
    parts: list[tuple[DepositHold, Dong]] = []
    missing = amount
    for hold in locks.lock(deposit.holds.filter(state__in=[HoldState.HELD, HoldState.CAPTURING])):
        part = min(missing, room_of(hold))
        if not part:
            continue
        to_capture = hold.to_capture + part
        if hold.state == HoldState.HELD:
            states.move(
                HOLD,
                hold,
                to=HoldState.CAPTURING,
                by=by,
                to_capture=to_capture,
                tries=0,
                next_check_at=clock.now(),
            )
        else:
            DepositHold.objects.filter(pk=hold.pk).update(to_capture=to_capture)
            hold.to_capture = to_capture
        parts.append((hold, part))
        missing -= part
    if missing or amount > deposit.on_hold:
        raise DepositTooSmall(available=deposit.remaining - missing)
    Deposit.objects.filter(pk=deposit.pk).update(on_hold=deposit.on_hold - amount)
    deposit.on_hold -= amount
    return parts

"""Drawers and sessions as tests need them."""

from itertools import count
from typing import Any

from accounts.access.actors import staff_actor
from accounts.users.models import User
from payments.cash import services
from payments.cash.denominations import NOTES
from payments.cash.models import CashDrawer, CashDrop, CashMovement, CashSession
from payments.intents.models import PaymentIntent
from voltgo.core.actors import Actor
from voltgo.core.money import Dong

FLOAT = 1_000_000
PLACE = "station:BTH"

_keys = count(1)


def notes_for(amount: Dong) -> dict[str, int]:
    """Return a count of as few notes as make an amount."""
    counts: dict[str, int] = {}
    for note in NOTES:
        number, amount = divmod(amount, note)
        if number:
            counts[str(note)] = number
    assert amount == 0
    return counts


def make_drawer(place_ref: str = PLACE, name: str = "Két Bến Thành") -> CashDrawer:
    return services.ensure_drawer(place_ref=place_ref, name=name)


def open_session(
    user: User, *, drawer: CashDrawer | None = None, amount: Dong = FLOAT, float_in: Dong | None = None
) -> CashSession:
    """Open a session with a float of 1,000,000 from headquarters."""
    return services.open_session(
        drawer=drawer or make_drawer(),
        counts=notes_for(amount),
        float_in=amount if float_in is None else float_in,
        by=staff_actor(user),
    )


def take(session: CashSession, intent: PaymentIntent, *, by: Actor, **fields: Any) -> CashMovement:
    """Take what an intent asks for, given exactly."""
    values: dict[str, Any] = {"tendered": intent.amount, "idempotency_key": f"take-{next(_keys)}", **fields}
    return services.take_payment(intent=intent, session=session, by=by, **values)


def drop(session: CashSession, amount: Dong, *, by: Actor, **fields: Any) -> CashDrop:
    values: dict[str, Any] = {
        "bag_number": f"BAG-{next(_keys)}",
        "idempotency_key": f"drop-{next(_keys)}",
        **fields,
    }
    return services.drop_cash(session=session, amount=amount, by=by, **values)


def close(session: CashSession, amount: Dong, *, by: Actor, reason: str = "") -> CashSession:
    """Count a drawer and close its session."""
    services.start_count(session=session, by=by)
    services.hand_in_count(session=session, counts=notes_for(amount), by=by)
    return services.close_session(session=session, by=by, reason=reason)

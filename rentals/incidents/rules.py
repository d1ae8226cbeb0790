"""The overdue ladder and how far ahead renters are protected: constants and pure functions, no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.notifications.enums import MessageKind
from rentals.bookings.enums import CancelReason

# A renter is reminded of a pickup this long before; who books later than that needs no reminder.
PICKUP_REMINDER = timedelta(hours=2)

# A booking that nothing can be given for is cancelled by the system only when its pickup is nearer than
# this. For a later one an operator has the time to find something better, and is asked to.
DECIDE_WITHIN = timedelta(hours=24)
# While a vehicle is late, claims on it that start within this time are moved away ...
LATE_REACH = timedelta(hours=2)
# ... and within this time once nobody knows where it is.
MISSING_REACH = timedelta(hours=24)
# Out of service without a known end: longer than anybody can book ahead, so nobody can book behind it.
OPEN_END = timedelta(days=365)
# A step that happens "now" may be a little later than the click.
NOW = timedelta(minutes=1)

WITHDRAWN_BECAUSE = CancelReason.VEHICLE_UNFIT


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: when it is reached, counted from the due time, and what the renter hears."""

    code: str
    after: timedelta
    kind: MessageKind


REMINDER = Rung("reminder", timedelta(minutes=-30), MessageKind.RETURN_REMINDER)
DUE = Rung("due", timedelta(0), MessageKind.RETURN_DUE)
OVERDUE = Rung("overdue", timedelta(minutes=30), MessageKind.RETURN_OVERDUE)
ESCALATED = Rung("escalated", timedelta(hours=2), MessageKind.RETURN_ESCALATED)
MISSING = Rung("missing", timedelta(hours=24), MessageKind.RETURN_ESCALATED)
LADDER = (REMINDER, DUE, OVERDUE, ESCALATED, MISSING)
FIRST_RUNG = REMINDER.after


def rung_at(due_at: datetime, now: datetime) -> Rung | None:
    """Return the highest rung that is reached, or None before the first.

    Only the highest is ever told: after a stop of the system nobody gets five mails at once, and "due in
    half an hour" is not said to somebody who is an hour late.
    """
    reached = [rung for rung in LADDER if due_at + rung.after <= now]
    return reached[-1] if reached else None


def reach_of(due_at: datetime, now: datetime) -> timedelta | None:
    """Return how far ahead a late vehicle's next renters must be looked after; None while it is not late."""
    if now < due_at:
        return None
    return MISSING_REACH if now >= due_at + MISSING.after else LATE_REACH


def may_withdraw(starts_at: datetime, now: datetime, within: timedelta) -> bool:
    """Say whether a pickup is so near that a renter must be told now that there is no vehicle."""
    return starts_at - now < within

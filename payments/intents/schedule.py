"""When a provider is asked again: soon at first, then less and less."""

from datetime import datetime, timedelta

_PAYMENT_MINUTES = (2, 5, 10, 20, 60)
_REFUND_MINUTES = (1, 2, 5, 15, 60)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
PAYMENT_ASKED_FOR = _DAY
REFUND_ASKED_FOR = timedelta(days=15)


def first_poll(started_at: datetime) -> datetime:
    return started_at + timedelta(minutes=_PAYMENT_MINUTES[0])


def next_payment_poll(started_at: datetime, polls: int, now: datetime) -> datetime | None:
    """Return when to ask again about a payment: 2, 5, 10, 20, 60 minutes, then hourly for a day."""
    if polls < len(_PAYMENT_MINUTES):
        return max(started_at + timedelta(minutes=_PAYMENT_MINUTES[polls]), now)
    return now + _HOUR if now - started_at < PAYMENT_ASKED_FOR else None


def first_refund_poll(submitted_at: datetime) -> datetime:
    return submitted_at + timedelta(minutes=_REFUND_MINUTES[0])


def next_refund_poll(submitted_at: datetime, polls: int, now: datetime) -> datetime | None:
    """Return when to ask again about a refund: minutes, then hourly for a day, then daily for 15 days."""
    if polls < len(_REFUND_MINUTES):
        return max(submitted_at + timedelta(minutes=_REFUND_MINUTES[polls]), now)
    age = now - submitted_at
    if age < _DAY:
        return now + _HOUR
    return now + _DAY if age < REFUND_ASKED_FOR else None

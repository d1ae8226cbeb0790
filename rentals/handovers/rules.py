"""The counter's times, and how late somebody is: the market's defaults of the trade, and pure functions."""

from datetime import datetime, timedelta
from typing import Any

from rentals.pricing.engine import Terms, late_fee
from voltgo.core.money import Dong

# A renter may come half an hour early.
EARLIEST = timedelta(minutes=30)
# So long may a renter object to a settlement.
OBJECTION_TIME = timedelta(hours=48)


def minutes_late(due_at: datetime, now: datetime) -> int:
    """Return the whole minutes since the due time, at least 0."""
    return max(0, int((now - due_at).total_seconds()) // 60)


def fee_clock(terms: dict[str, Any], due_at: datetime, now: datetime) -> Dong:
    """Return the late fee as it stands now, by the terms frozen in the quote; the time used is charged besides."""
    return late_fee(minutes_late(due_at, now), Terms.from_json(terms)) if terms else 0

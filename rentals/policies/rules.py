"""The booking policy as plain values, and its arithmetic. Frozen into each quote as it was shown."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy; the names and units are those of BookingPolicy, the defaults what the market does."""

    shortest_minutes: int = 60
    longest_days: int = 60
    furthest_ahead_days: int = 180
    lead_minutes: int = 0
    hold_minutes: int = 15
    walk_in_hold_minutes: int = 5
    waitlist_offer_minutes: int = 20
    most_unpaid_holds: int = 3
    most_open_bookings: int = 5
    most_bookings_a_day: int = 8
    free_cancel_hours: int = 24
    partial_cancel_hours: int = 12
    partial_refund_bp: int = 5000
    free_after_booking_minutes: int = 60
    no_show_grace_minutes: int = 60
    extend_until_overdue_minutes: int = 30
    fine_retention_amount: int = 0
    fine_retention_days: int = 30

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Policy":
        """Read a frozen policy; what was not yet known when it was frozen takes its default."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    @property
    def no_show_grace(self) -> timedelta:
        return timedelta(minutes=self.no_show_grace_minutes)

    def refund_bp(self, *, starts_at: datetime, booked_at: datetime, at: datetime) -> int:
        """Return the share of the rent that goes back for a cancellation at a moment, in basis points."""
        before = starts_at - at
        free = timedelta(hours=self.free_cancel_hours)
        if before >= free:
            return WHOLE_BP
        is_fresh = at - booked_at <= timedelta(minutes=self.free_after_booking_minutes)
        if starts_at - booked_at < free and is_fresh and at < starts_at:
            return WHOLE_BP
        return self.partial_refund_bp if before >= timedelta(hours=self.partial_cancel_hours) else 0

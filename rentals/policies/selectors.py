"""Which policy applies."""

from dataclasses import fields
from datetime import date
from typing import Any

from django.db.models import Q

from rentals.policies.models import BookingPolicy
from rentals.policies.rules import Policy
from voltgo.core import clock

NAMES = [field.name for field in fields(Policy)]


def policy_on(day: date) -> Policy:
    """Return the policy of a day; the market's defaults where no operator has set one. One query."""
    valid = Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gte=day))
    values = BookingPolicy.objects.filter(valid).values(*NAMES).first()
    return Policy(**values) if values else Policy()


# The policy of `today` as a row, or nothing, as a part of somebody else's statement; read it with `policy_from`.
POLICY = """
    SELECT row_to_json(p) FROM rentals_bookingpolicy p
    WHERE p.valid_from <= %(today)s AND (p.valid_until IS NULL OR p.valid_until >= %(today)s) LIMIT 1
"""


def policy_from(row: dict[str, Any] | None) -> Policy:
    return Policy.from_json(row) if row else Policy()


def policy_today() -> Policy:
    return policy_on(clock.today())

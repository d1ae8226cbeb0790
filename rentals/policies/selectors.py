"""Which policy applies."""

from dataclasses import fields
from datetime import date

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


def policy_today() -> Policy:
    return policy_on(clock.today())

"""How the booking policy may change: from a day on, never for days that have begun, without a gap."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction

from rentals.policies.errors import PoliciesOverlap, PolicyBackdated
from rentals.policies.models import BookingPolicy
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


def check_start(valid_from: date) -> None:
    """Refuse a policy that would rule a day that has begun.

    Raises:
        PolicyBackdated: it starts today or earlier.
    """
    if valid_from <= clock.today():
        raise PolicyBackdated


def is_in_use(policy: BookingPolicy) -> bool:
    """Say whether people may have been shown this policy already."""
    return policy.valid_from <= clock.today()


@transaction.atomic
def succeed_policy(*, policy: BookingPolicy, successor: BookingPolicy, by: Actor) -> BookingPolicy:
    """Replace a policy from a day on: the old one ends the day before. Locks the old one.

    Bookings and quotes that were made keep theirs.

    Raises:
        PolicyBackdated: the new one would start before tomorrow, or not after the old one.
        PoliciesOverlap: another policy follows already.
    """
    check_start(successor.valid_from)
    current = locks.lock_row(policy)
    is_over = current.valid_until is not None and current.valid_until < clock.today()
    if is_over or successor.valid_from <= current.valid_from:
        raise PolicyBackdated
    last_day = successor.valid_from - timedelta(days=1)
    if current.valid_until is not None and current.valid_until < last_day:
        # A gap would silently bring back the defaults.
        raise PolicyBackdated
    before = current.valid_until.isoformat() if current.valid_until else None
    try:
        with transaction.atomic():
            BookingPolicy.objects.filter(pk=current.pk).update(valid_until=last_day)
            successor.save(force_insert=True)
    except IntegrityError as clash:
        raise PoliciesOverlap from clash
    record("policy.ended", f"bookingpolicy:{current.pk}", by=by, valid_until=[before, last_day.isoformat()])
    record("policy.succeeded", f"bookingpolicy:{successor.pk}", by=by, before=current.pk)
    policy.valid_until = last_day
    return successor

"""Giving out the address of a calendar feed, renewing it, taking it back."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from accounts.users.models import User
from accounts.users.tokens import digest_of
from rentals.calendars.models import CalendarFeed
from stations.fleet.models import Vehicle
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

SECRET_BYTES = 32
# A calendar asks every few minutes; its row is written once in this time.
NOTE_READ_EVERY = timedelta(minutes=10)


@transaction.atomic
def issue_feed(*, owner: User, vehicle: Vehicle | None = None, by: Actor) -> str:
    """Return the secret of a new feed, readable this once; an older one of the same calendar ends. Locks the owner."""
    locks.lock_row(owner)
    for feed in CalendarFeed.objects.filter(owner=owner, vehicle=vehicle, revoked_at=None):
        revoke_feed(feed=feed, by=by)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = CalendarFeed.objects.create(owner=owner, vehicle=vehicle, digest=digest_of(secret))
    record("calendar.issued", f"calendar:{feed.pk}", by=by, vehicle=vehicle.code if vehicle else "")
    return secret


@transaction.atomic
def revoke_feed(*, feed: CalendarFeed, by: Actor) -> bool:
    """End a feed: its address is unknown from now on. Say whether it was this call that did it."""
    ended = CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=clock.now())
    if ended:
        record("calendar.revoked", f"calendar:{feed.pk}", by=by)
        feed.refresh_from_db(fields=["revoked_at"])
    return bool(ended)


def note_read(feed: CalendarFeed) -> None:
    """Note that a calendar has read the feed; at most once in ten minutes."""
    now = clock.now()
    is_due = Q(last_read_at=None) | Q(last_read_at__lte=now - NOTE_READ_EVERY)
    CalendarFeed.objects.filter(is_due, pk=feed.pk).update(last_read_at=now)

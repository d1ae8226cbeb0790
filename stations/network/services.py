"""Writes on stations that have a rule."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from stations.network.errors import PostEnded
from stations.network.models import StaffPost, Station
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


@transaction.atomic
def end_post(*, post: StaffPost, reason: str, by: Actor) -> StaffPost:
    """End somebody's work at a station from now on; what they did there stays theirs. Locks the post.

    Raises:
        PostEnded: it has ended already.
    """
    current = locks.lock_row(post)
    if current.ended_at is not None:
        raise PostEnded
    post.ended_at = clock.now()
    post.save(update_fields=["ended_at"])
    record("staff_post.ended", f"staffpost:{post.pk}", by=by, reason=reason, station=current.station.code)
    return post


# A tablet asks for its pages all the time; once a minute is enough to know that it is there.
SEEN_EVERY = timedelta(minutes=1)


def note_seen(station: Station) -> None:
    """Note that a tablet of a station was heard of; writes at most once a minute, and only this one column."""
    now = clock.now()
    if station.last_seen_at is not None and station.last_seen_at > now - SEEN_EVERY:
        return
    is_due = Q(last_seen_at=None) | Q(last_seen_at__lte=now - SEEN_EVERY)
    Station.objects.filter(is_due, pk=station.pk).update(last_seen_at=now)
    station.last_seen_at = now

"""Writes on stations that have a rule."""

from django.db import transaction

from stations.network.errors import PostEnded
from stations.network.models import StaffPost
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

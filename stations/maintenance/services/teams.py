"""Who drives out with which team."""

from django.db import transaction

from stations.maintenance.models import TeamMember
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


@transaction.atomic
def end_membership(*, member: TeamMember, reason: str, by: Actor) -> TeamMember:
    """End somebody's place in a team from now on; what they did stays theirs. Locks the row; safe to call again."""
    current = locks.lock_row(member)
    if current.ended_at is None:
        TeamMember.objects.filter(pk=member.pk).update(ended_at=clock.now())
        record("team_member.ended", f"teammember:{member.pk}", by=by, reason=reason, team=current.team.name)
    member.refresh_from_db()
    return member

"""Who may see and work on which ticket."""

from django.db.models import Q, QuerySet

from accounts.users.models import User
from stations.maintenance.models import MaintenanceTicket, MobileTeam, TicketQuerySet
from stations.network.access import posts_of
from stations.network.models import StaffPost, Station

WORKING_ROLES = (StaffPost.Role.MAINTENANCE, StaffPost.Role.SUPERVISOR)


def teams_of(user: User) -> QuerySet[MobileTeam]:
    """Return the teams that somebody drives out with now."""
    return MobileTeam.objects.filter(is_active=True, members__user=user, members__ended_at=None)


def jobs_of(user: User) -> TicketQuerySet:
    """Return the tickets that somebody may work on.

    What was given to their team or to them, and at stations where they are a technician or that their team
    serves what nobody has taken.
    """
    posts = posts_of(user).filter(role=StaffPost.Role.MAINTENANCE)
    teams = list(teams_of(user).values_list("pk", flat=True))
    here = Q(station__in=posts.values("station")) | Q(station__mobile_teams__in=teams)
    nobodys = Q(team=None, assignee=None) & here
    # At their own station a technician helps whoever has it.
    own = Q(station__in=posts.values("station"), team=None)
    return MaintenanceTicket.objects.filter(Q(team__in=teams) | Q(assignee=user) | nobodys | own).distinct()


def may_see(user: User, ticket: MaintenanceTicket) -> bool:
    """Say whether somebody works at the ticket's station, or may work on the ticket."""
    at_station = posts_of(user).filter(station=ticket.station_id).exists()
    return at_station or jobs_of(user).filter(pk=ticket.pk).exists()


def may_work_on(user: User, ticket: MaintenanceTicket) -> bool:
    """Say whether somebody may accept and do a ticket's work; an attendant may only report."""
    if posts_of(user).filter(station=ticket.station_id, role=StaffPost.Role.SUPERVISOR).exists():
        return True
    return jobs_of(user).filter(pk=ticket.pk).exists()


def serving(station: Station) -> QuerySet[MobileTeam]:
    """Return the teams that can be sent to a station."""
    return MobileTeam.objects.filter(is_active=True, stations=station)


def technicians_at(station: Station) -> QuerySet[User]:
    """Return who repairs at a station: its own technicians."""
    posts = StaffPost.objects.filter(station=station, role=StaffPost.Role.MAINTENANCE, ended_at=None)
    return User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("full_name")

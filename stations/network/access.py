"""Who may work where. Every staff page and endpoint asks here."""

from django.db.models import QuerySet

from accounts.users.models import User
from stations.network.models import StaffPost, Station


def posts_of(user: User) -> QuerySet[StaffPost]:
    """Return the user's present posts, with their stations."""
    if not user.is_active:
        return StaffPost.objects.none()
    return StaffPost.objects.filter(user=user, ended_at=None, station__is_active=True).select_related(
        "station__city"
    )


def works_at(user: User, station: Station) -> bool:
    return posts_of(user).filter(station=station).exists()


def is_supervisor_at(user: User, station: Station) -> bool:
    return posts_of(user).filter(station=station, role=StaffPost.Role.SUPERVISOR).exists()

"""Reading the delivery log."""

from django.db.models import QuerySet

from accounts.notifications.models import Delivery
from accounts.users.models import User


def messages_of(user: User) -> QuerySet[Delivery]:
    """Return what a person was told, newest first."""
    return user.deliveries.order_by("-created_at", "-pk")

"""Whoever answers for a station hears of what its drawer lacks."""

from typing import Any

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from accounts.users.models import User
from payments.cash.models import CashSession
from payments.cash.signals import cash_variance_found
from rentals.cashdesk.place import station_of
from stations.network.models import StaffPost
from voltgo.core.money import Dong


def on_cash_variance_found(
    sender: Any, session: CashSession, amount: Dong, *, at_opening: bool, **_kwargs: Any
) -> None:
    """Write to the supervisors of the station; once per count, in the caller's transaction."""
    station = station_of(session.drawer.place_ref)
    if station is None:
        return
    person = session.opened_by if at_opening else session.closed_by
    moment = session.opened_at if at_opening else session.handed_in_at
    posts = StaffPost.objects.filter(
        station=station, role=StaffPost.Role.SUPERVISOR, ended_at=None, user__is_active=True
    )
    for user in User.objects.filter(pk__in=posts.values("user")).order_by("pk"):
        notify(
            user=user,
            kind=MessageKind.CASH_VARIANCE,
            key=f"cash-variance:{session.pk}:{moment:%Y%m%d%H%M%S%f}:{user.pk}",
            reference=f"cash:{session.drawer.code}",
            context={
                "session": str(session.pk),
                "amount": amount,
                "at_opening": at_opening,
                "person": person.full_name if person else "",
                "reason": session.opening_reason if at_opening else session.variance_reason,
                "station_name": station.name,
            },
        )


def connect() -> None:
    """Called once when the app is ready."""
    cash_variance_found.connect(on_cash_variance_found, dispatch_uid="rentals.cashdesk.cash_variance_found")

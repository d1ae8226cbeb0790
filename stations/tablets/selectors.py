"""Reads of tablets and of the people who may unlock them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.users.models import User
from stations.network.access import posts_of
from stations.network.models import StaffPost, Station
from stations.tablets.models import StaffPin, Tablet

WRONG_TRIES = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may unlock a tablet of a station, as the lock screen names them."""

    user: User
    role: str
    role_name: str
    is_locked: bool
    # When the PIN was set: what a tablet keeps for an older one is worth nothing any more.
    pin_set_at: datetime

    @property
    def id(self) -> str:
        return self.user.public_id

    @property
    def name(self) -> str:
        return self.user.full_name


def people_of(station: Station) -> list[Person]:
    """Return who works at a station and has a PIN, by name. One query."""
    posts = StaffPost.objects.filter(
        station=station,
        station__is_active=True,
        ended_at=None,
        user__is_active=True,
        user__staff_pin__isnull=False,
    )
    return [
        Person(
            post.user,
            post.role,
            post.get_role_display(),
            post.user.staff_pin.wrong_count >= WRONG_TRIES,
            post.user.staff_pin.set_at,
        )
        for post in posts.select_related("user__staff_pin").order_by("user__full_name", "pk")
    ]


def post_at(user: User, station: Station) -> StaffPost | None:
    """Return what somebody is at a station, if anything."""
    return posts_of(user).filter(station=station).first()


def tablets_of(station: Station) -> list[Tablet]:
    """Return a station's tablets: in use first, then those withdrawn, latest first."""
    rows = list(Tablet.objects.filter(station=station).select_related("station", "enrolled_by"))
    return sorted(rows, key=lambda row: (row.state != "enrolled", row.name.lower(), -row.pk))


def has_pin(user: User) -> bool:
    return StaffPin.objects.filter(user=user).exists()

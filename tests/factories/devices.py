"""Enrolled tablets with their secrets, PINs, and browsers that are one of those tablets."""

from __future__ import annotations

from itertools import count

from django.test import Client

from accounts.access.actors import staff_actor
from accounts.users.models import User
from stations.network.models import Station
from stations.tablets import services
from stations.tablets.access import COOKIE
from stations.tablets.services import Enrolment

PIN = "274916"

_numbers = count(1)


def make_tablet(*, station: Station, user: User, name: str = "") -> Enrolment:
    """Enrol a tablet; the answer has its secret."""
    return services.enrol_tablet(
        station=station,
        name=name or f"Máy tính bảng {next(_numbers)}",
        user=user,
        by=staff_actor(user, supervisor=True),
    )


def make_pin(user: User, pin: str = PIN) -> None:
    services.set_pin(user=user, pin=pin, by=staff_actor(user))


def cookie_of(enrolment: Enrolment) -> str:
    return f"{enrolment.tablet.code}.{enrolment.secret}"


def browser_of(enrolment: Enrolment) -> Client:
    """Return a browser that is this tablet, with nobody signed in."""
    client = Client()
    client.cookies[COOKIE] = cookie_of(enrolment)
    return client

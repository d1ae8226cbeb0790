"""Tickets, teams and transfers as tests need them, brought about by the services themselves."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.files.base import ContentFile

from accounts.access.actors import operator_actor, staff_actor
from accounts.users.models import User
from stations.charging_queue.models import ChargingStint
from stations.fleet.models import Vehicle
from stations.maintenance import services as maintenance
from stations.maintenance.models import MaintenanceTicket, MobileTeam, TeamMember
from stations.network.models import StaffPost, Station
from stations.transfers import services as transfers
from stations.transfers.models import TransferPhoto, VehicleTransfer
from tests.factories.accounts import make_user, photo_bytes
from tests.factories.stations import make_post
from voltgo.core import clock

_numbers = count(1)


def make_staff(station: Station, role: str = StaffPost.Role.ATTENDANT, **fields: Any) -> User:
    """Make somebody who works at a station."""
    user = make_user(**fields)
    make_post(user=user, station=station, role=role)
    return user


def make_technician(station: Station, **fields: Any) -> User:
    return make_staff(station, StaffPost.Role.MAINTENANCE, **fields)


def make_team(*stations: Station, members: Iterable[User] = (), **fields: Any) -> MobileTeam:
    team = MobileTeam.objects.create(**{"name": f"Đội {next(_numbers)}", **fields})
    team.stations.set(stations)
    for user in members:
        TeamMember.objects.create(team=team, user=user)
    return team


def report(vehicle: Vehicle, user: User, **fields: Any) -> MaintenanceTicket:
    """Report worn brakes, a minor fault."""
    values: dict[str, Any] = {
        "station": vehicle.station,
        "severity": "minor",
        "part": "brakes",
        "text": "Phanh sau kêu",
        "user": user,
        "by": staff_actor(user),
    }
    return maintenance.report_fault(vehicle=vehicle, **values | fields)


def make_transfer(vehicle: Vehicle, destination: Station, user: User, **fields: Any) -> VehicleTransfer:
    """Ask for a transfer that leaves now and takes an hour."""
    now = clock.now().replace(microsecond=0)
    values: dict[str, Any] = {
        "starts_at": now,
        "arrives_at": now + timedelta(hours=1),
        "reason": "Trạm thiếu xe",
        "by": staff_actor(user),
    }
    return transfers.plan(vehicle=vehicle, destination=destination, **values | fields)


def approved(vehicle: Vehicle, destination: Station, user: User, **fields: Any) -> VehicleTransfer:
    transfer = make_transfer(vehicle, destination, user, **fields)
    return transfers.approve(transfer=transfer, by=operator_actor(user))


def leave_traces(vehicle: Vehicle, user: User) -> None:
    """Put a row with a photo into each table of the yard, for pages that want one of everything."""
    now = clock.now()
    report(vehicle, user, photos=[photo_bytes()])
    other = Station.objects.exclude(pk=vehicle.station_id)[0]
    transfer = VehicleTransfer.objects.create(
        vehicle=vehicle,
        origin=vehicle.station,
        destination=other,
        state="cancelled",
        reason="Trạm thiếu xe",
        starts_at=now,
        arrives_at=now + timedelta(hours=1),
    )
    picture = ContentFile(photo_bytes(), "front.jpg")
    TransferPhoto.objects.create(
        transfer=transfer, end="origin", file=picture, sha256="0" * 64, uploaded_sha256="0" * 64
    )
    ChargingStint.objects.create(
        vehicle=vehicle,
        station=vehicle.station,
        plugged_percent=20,
        plugged_at=now,
        unplugged_at=now,
        unplugged_percent=20,
    )

"""The yards of the demo: rows of bays with vehicles in them, teams, tickets, chargers in use, transfers."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from datetime import date

from allauth.account.models import EmailAddress
from PIL import Image, ImageDraw

from accounts.access.actors import staff_actor
from accounts.users.models import User
from rentals.demo.people import DOMAIN
from rentals.demo.seeding.people import People
from rentals.demo.seeding.scale import Scale
from stations.bays.models import Bay
from stations.charging_queue import services as charging
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.fleet.services import AWAY
from stations.maintenance import services as maintenance
from stations.maintenance.models import MaintenanceTicket, MobileTeam, TeamMember
from stations.network.models import StaffPost, Station
from stations.transfers import services as transfers
from stations.transfers.models import VehicleTransfer
from voltgo.core import outbox
from voltgo.core.actors import Actor
from voltgo.core.errors import DomainError

# The stations of the staff logins, first in their cities.
SHOWN = ("HCM-01", "HAN-01", "DAN-01")
TEAMS = {
    "HCM": ("Đội lưu động TP.HCM", "028 3800 0110", ("Lâm Quốc Việt", "Hồ Thị Kim Ngân")),
    "HAN": ("Đội lưu động Hà Nội", "024 3800 0110", ("Tạ Đức Mạnh", "Phùng Thu Trang")),
    "DAN": ("Đội lưu động Đà Nẵng", "0236 380 0110", ("Huỳnh Bá Lộc", "Trịnh Mỹ Duyên")),
}
# (part, severity, what is wrong, hours since it was seen)
FAULTS = (
    ("tyres", "minor", "Lốp sau mòn, còn chạy được, nên thay trong tuần", 30),
    ("lights", "major", "Đèn hậu bên trái không sáng", 6),
    ("interior", "minor", "Yên xe rách một đường khoảng 5 cm", 52),
    ("brakes", "major", "Phanh sau kêu, tay phanh lỏng", 26),
    ("battery", "minor", "Nắp cổng sạc khép không kín", 9),
)
REPAIRS = ("drive", "battery", "brakes", "lights")


def make_yards(*, people: People, stations: Sequence[Station], scale: Scale) -> int:
    """Fill the yards through the services, after everything that books; return how many tickets there are."""
    lay_out_bays(stations, scale)
    with outbox.left_to_sweeper():
        teams = _make_teams(people, stations)
        for code in SHOWN:
            station = next((each for each in stations if each.code == code), None)
            if station is not None:
                _report_faults(station, people, teams[code[:3]], scale)
                _charge(station, people, scale)
        _move(people, {station.code: station for station in stations}, scale)
    return MaintenanceTicket.objects.count()


def lay_out_bays(stations: Sequence[Station], scale: Scale) -> None:
    """Paint two rows at each station, chargers at most bays, and put most of the vehicles into them."""
    rng = scale.rng("bays")
    bays: list[Bay] = []
    parked: list[Vehicle] = []
    for station in stations:
        own = list(Bay.objects.filter(station=station).order_by("number"))
        for bay in own:
            bay.row = "A" if bay.number <= (len(own) + 1) // 2 else "B"
            bay.has_charger = bay.number % 4 != 0
        standing = Vehicle.objects.at(station).exclude(condition__in=AWAY).order_by("plate")
        free = iter(rng.sample(own, len(own)))
        for vehicle in standing:
            # Of a few nobody has said yet where they stand.
            place = next(free, None) if rng.random() < 0.85 else None
            if place is not None:
                vehicle.bay = place
                parked.append(vehicle)
        bays += own
    Bay.objects.bulk_update(bays, ["row", "has_charger"], batch_size=500)
    Vehicle.objects.bulk_update(parked, ["bay"], batch_size=500)


def _make_teams(people: People, stations: Sequence[Station]) -> dict[str, tuple[MobileTeam, list[User]]]:
    """Make a team of two technicians for each city, with their posts at its first station."""
    teams = {}
    for prefix, (name, phone, names) in TEAMS.items():
        served = [station for station in stations if station.code.startswith(prefix)]
        team = MobileTeam.objects.create(name=name, phone=phone)
        team.stations.set(served)
        members = [
            _technician(f"technician-{prefix.lower()}-{number}@{DOMAIN}", full_name, served[0], people)
            for number, full_name in enumerate(names, start=1)
        ]
        TeamMember.objects.bulk_create(TeamMember(team=team, user=user) for user in members)
        teams[prefix] = (team, members)
    return teams


def _technician(email: str, full_name: str, station: Station, people: People) -> User:
    user = User.objects.create(
        email=email,
        full_name=full_name,
        phone="0900 001 900",
        born_on=date(1990, 5, 17),
        language="vi",
        # One slow hash serves all, see people.py.
        password=people.users[0].password,
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    StaffPost.objects.create(user=user, station=station, role=StaffPost.Role.MAINTENANCE)
    return user


def _report_faults(
    station: Station, people: People, crew: tuple[MobileTeam, list[User]], scale: Scale
) -> None:
    """Report what is wrong, give some to the team, and let it be at work."""
    team, members = crew
    attendant, supervisor = people.attendants[station.code], people.supervisors[station.code]
    by, in_charge = staff_actor(attendant), staff_actor(supervisor, supervisor=True)
    here = Vehicle.objects.at(station).filter(lifecycle=Lifecycle.IN_SERVICE).order_by("plate")
    fine = iter(here.exclude(condition__in=[*AWAY, Condition.MAINTENANCE]))
    broken = list(here.filter(condition=Condition.MAINTENANCE))
    tickets = [
        _ticket(
            vehicle, attendant, by, REPAIRS[place % len(REPAIRS)], "major", "Xe đang ngừng phục vụ", 20, scale
        )
        for place, vehicle in enumerate(broken)
    ]
    tickets += [
        _ticket(vehicle, attendant, by, part, severity, text, hours, scale)
        for (part, severity, text, hours), vehicle in zip(FAULTS, fine, strict=False)
    ]
    for place, ticket in enumerate(tickets):
        if place % 3 == 1:
            maintenance.assign(ticket=ticket, team=team, by=in_charge)
        if place % 3 == 2:
            _at_work(ticket, members[place % 2], scale, is_done=place % 2 == 0)


def _ticket(
    vehicle: Vehicle, user: User, by: Actor, part: str, severity: str, text: str, hours: int, scale: Scale
) -> MaintenanceTicket:
    return maintenance.report_fault(
        vehicle=vehicle,
        station=vehicle.station,
        severity=severity,
        part=part,
        text=text,
        user=user,
        by=by,
        at=scale.ago(hours=hours),
        photos=[_picture(part)] if severity == "major" else (),
    )


def _at_work(ticket: MaintenanceTicket, user: User, scale: Scale, *, is_done: bool) -> None:
    by = staff_actor(user)
    maintenance.accept(ticket=ticket, user=user, by=by, at=scale.ago(hours=3))
    maintenance.set_out(ticket=ticket, user=user, by=by, at=scale.ago(hours=2, minutes=50))
    maintenance.start(ticket=ticket, user=user, by=by, at=scale.ago(hours=2))
    if is_done:
        maintenance.resolve(
            ticket=ticket,
            note="Đã thay và chạy thử quanh trạm",
            user=user,
            by=by,
            at=scale.ago(minutes=40),
            photos=[_picture("xong")],
        )


def _picture(words: str) -> bytes:
    """Draw a photograph of nothing in particular."""
    picture = Image.new("RGB", (640, 480), (196, 204, 200))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((180, 100, 460, 380), fill=(60, 68, 66))
    pen.ellipse((250, 170, 390, 310), fill=(150, 158, 154))
    for turn in range(0, 200 + 10 * len(words), 30):
        pen.line((200 + turn, 420, 230 + turn, 455), fill=(120, 96, 88), width=4)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def _charge(station: Station, people: People, scale: Scale) -> None:
    """Plug in two of the vehicles that have the least charge."""
    attendant = people.attendants[station.code]
    indoors = Vehicle.objects.at(station).filter(condition__in=[Condition.PREPARATION, Condition.READY])
    for place, vehicle in enumerate(indoors.order_by("battery_percent", "plate")[:4]):
        if place % 2 == 0:
            charging.plug_in(
                vehicle=vehicle,
                percent=vehicle.battery_percent,
                user=attendant,
                by=staff_actor(attendant),
                at=max(scale.ago(minutes=25 + 10 * place), vehicle.facts_at),
            )


def _move(people: People, stations: dict[str, Station], scale: Scale) -> None:
    """Ask for one transfer, have one on the road and one arrived."""
    ways = (
        ("HCM-01", "HCM-03", 0),
        ("HCM-05", "HCM-01", 1),
        ("HCM-06", "HCM-01", 2),
        ("HAN-02", "HAN-01", 1),
    )
    for origin, destination, how_far in ways:
        if origin in stations and destination in stations:
            # What the day does not allow must not cost the whole demo.
            with contextlib.suppress(DomainError, StopIteration):
                _transfer(people, stations[origin], stations[destination], how_far, scale)


def _transfer(people: People, origin: Station, destination: Station, how_far: int, scale: Scale) -> None:
    sender, receiver = people.attendants[origin.code], people.attendants[destination.code]
    in_charge = staff_actor(people.supervisors[origin.code], supervisor=True)
    vehicle = next(_unpromised(origin, scale))
    transfer: VehicleTransfer = transfers.plan(
        vehicle=vehicle,
        destination=destination,
        starts_at=scale.ago(minutes=30 if how_far else -120),
        arrives_at=scale.ago(minutes=-40 if how_far else -180),
        reason=f"{destination.name} thiếu xe cho ngày mai",
        by=staff_actor(sender),
    )
    if how_far >= 1:
        transfers.approve(transfer=transfer, by=in_charge)
        transfers.pick_up(
            transfer=transfer,
            odometer_km=vehicle.odometer_km,
            battery_percent=vehicle.battery_percent,
            user=sender,
            by=staff_actor(sender),
            at=scale.ago(minutes=20),
        )
    if how_far >= 2:
        transfers.deliver(
            transfer=transfer,
            odometer_km=vehicle.odometer_km + 9,
            battery_percent=max(vehicle.battery_percent - 4, 0),
            user=receiver,
            by=staff_actor(receiver),
            at=scale.ago(minutes=2),
        )


def _unpromised(station: Station, scale: Scale) -> Iterator[Vehicle]:
    """Yield ready vehicles of a station whom nobody is promised, in the order of their plates."""
    ready = Vehicle.objects.at(station).filter(condition=Condition.READY, lifecycle=Lifecycle.IN_SERVICE)
    for vehicle in ready.select_related("station").order_by("plate"):
        if not vehicle.allocations.live(scale.now).filter(period__endswith__gt=scale.now).exists():
            yield vehicle

from datetime import timedelta
from typing import Any

import pytest

from accounts.access.actors import staff_actor
from stations.checklists.selectors import checklist_for
from stations.fleet import services as fleet
from stations.maintenance import services
from stations.maintenance.enums import TicketState
from stations.maintenance.errors import TextMissing, TooManyPhotos, UnknownChoice, UnsafeVehicle
from stations.maintenance.models import MaintenanceTicket, TicketPhoto
from tests.factories.accounts import photo_bytes, photo_upload
from tests.factories.stations import make_station, make_vehicle
from tests.factories.yard import make_staff, make_technician, report
from voltgo.core import clock
from voltgo.core.images import PhotoRefused


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def vehicle(station):
    return make_vehicle(station=station)


@pytest.fixture
def attendant(station):
    return make_staff(station)


def test_a_fault_is_kept_as_it_was_seen(vehicle, attendant):
    seen_at = clock.now() - timedelta(hours=3)

    ticket = report(vehicle, attendant, at=seen_at, photos=[photo_upload()])

    ticket.refresh_from_db()
    assert (ticket.state, ticket.severity, ticket.part) == ("open", "minor", "brakes")
    assert ticket.at == seen_at
    assert ticket.due_at == seen_at + timedelta(days=7)
    photo = ticket.photos.get()
    assert (photo.stage, len(photo.sha256)) == ("report", 64)
    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"


def test_the_same_key_again_finds_the_first_ticket(vehicle, attendant):
    first = report(vehicle, attendant, key="command-1")

    again = report(vehicle, attendant, key="command-1", text="Viết lại", severity="safety")

    assert again.pk == first.pk
    assert MaintenanceTicket.objects.count() == 1
    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"


def test_a_photo_sent_twice_is_kept_once(vehicle, attendant):
    ticket = report(vehicle, attendant, photos=[photo_upload()])

    services.add_photos(ticket=ticket, photos=[photo_upload()], stage="report", by=staff_actor(attendant))
    services.add_photos(
        ticket=ticket,
        photos=[photo_upload(content=photo_bytes(800, 600))],
        stage="report",
        by=staff_actor(attendant),
    )

    assert TicketPhoto.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"text": "  "}, TextMissing),
        ({"severity": "dreadful"}, UnknownChoice),
        ({"photos": [b"no picture"]}, PhotoRefused),
        ({"photos": [b"x"] * 9}, TooManyPhotos),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_written(vehicle, attendant, fields, error):
    with pytest.raises(error):
        report(vehicle, attendant, **fields)

    assert MaintenanceTicket.objects.count() == 0


@pytest.mark.parametrize("part", ["", "hood"])
def test_a_part_that_nobody_knows_keeps_no_fault_unheard(vehicle, attendant, part):
    assert report(vehicle, attendant, part=part).part == "other"


# --- Unsafe -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", ["ready", "preparation"])
def test_an_unsafe_vehicle_goes_to_maintenance_at_once(vehicle, attendant, condition):
    vehicle.condition = condition
    vehicle.save()

    ticket = report(vehicle, attendant, severity="safety")

    vehicle.refresh_from_db()
    assert vehicle.condition == "maintenance"
    assert ticket.due_at == ticket.at + timedelta(hours=4)


def test_a_vehicle_with_a_renter_stays_where_it_is(vehicle, attendant):
    vehicle.condition = "on_rental"
    vehicle.save()

    report(vehicle, attendant, severity="safety")

    vehicle.refresh_from_db()
    assert vehicle.condition == "on_rental"


def test_an_unsafe_vehicle_does_not_pass_the_ready_gate(vehicle, attendant, station):
    technician, by = make_technician(station), staff_actor(attendant)
    ticket = report(vehicle, attendant, severity="safety")
    fleet.back_from_maintenance(vehicle=vehicle, reason="thử", by=by)
    asked = checklist_for(purpose="preparation", model=vehicle.model, on=clock.today())
    gate = {
        "vehicle": vehicle,
        "checked": [item.code for item in asked.items],
        "battery_percent": 90,
        "user": attendant,
        "by": by,
    }

    with pytest.raises(UnsafeVehicle):
        fleet.mark_ready(**gate)
    vehicle.refresh_from_db()
    assert vehicle.condition == "preparation"

    work: dict[str, Any] = {"ticket": ticket, "user": technician, "by": staff_actor(technician)}
    services.start(**work)
    services.resolve(note="Thay má phanh", **work)
    fleet.mark_ready(**gate)
    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"
    assert ticket.state == TicketState.RESOLVED

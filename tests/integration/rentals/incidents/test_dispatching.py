from typing import Any

import pytest

from accounts.access.actors import staff_actor
from rentals.incidents import services
from rentals.incidents.errors import IncidentOver
from rentals.incidents.models import Incident
from stations.maintenance import services as maintenance
from stations.maintenance.errors import OnlySupervisorsAssign
from stations.maintenance.models import MaintenanceTicket
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import paid_booking
from tests.factories.stations import make_vehicle
from tests.factories.yard import make_team, make_technician, report
from voltgo.core import outbox


@pytest.fixture
def incident(vehicle, attendant):
    return services.open_incident(
        kind="breakdown", vehicle=vehicle, note="Xe không nổ máy", by=staff_actor(attendant)
    )


# --- Unsafe vehicles ----------------------------------------------------------------------------------


def test_an_unsafe_vehicle_is_out_of_service_and_its_renter_looked_after(
    vehicle, model, station, attendant, renter
):
    booking = paid_booking(renter=renter, vehicle=vehicle)
    other = make_vehicle(model=model, station=station)

    ticket = report(vehicle, attendant, severity="safety")

    incident = Incident.objects.get()
    vehicle.refresh_from_db()
    assert (vehicle.condition, ticket.reference) == ("maintenance", incident.reference)
    assert VehicleAllocation.objects.filter(claimant=incident.reference, state="blocked").exists()
    booking.refresh_from_db()
    assert booking.allocation.vehicle == vehicle

    outbox.run_all()

    booking.refresh_from_db()
    assert booking.allocation.vehicle == other


def test_a_second_unsafe_fault_opens_no_second_incident(vehicle, attendant):
    report(vehicle, attendant, severity="safety")

    report(vehicle, attendant, severity="safety", text="Lốp rách")

    assert Incident.objects.count() == 1
    assert MaintenanceTicket.objects.count() == 2


def test_a_lesser_fault_leaves_the_vehicle_to_its_renters(vehicle, attendant):
    report(vehicle, attendant, severity="major")

    assert Incident.objects.count() == 0
    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"


# --- Handing over -------------------------------------------------------------------------------------


def test_an_incident_goes_to_a_team_and_hears_what_it_did(incident, station, supervisor):
    technician = make_technician(station)
    team = make_team(station, members=[technician])
    by = staff_actor(supervisor, supervisor=True)
    how = {"severity": "major", "part": "drive", "user": supervisor, "by": by, "team": team}

    ticket = services.hand_to_team(incident=incident, **how)

    incident.refresh_from_db()
    assert (ticket.state, ticket.team, ticket.text) == ("assigned", team, "Xe không nổ máy")
    assert (incident.state, ticket.code in incident.note) == ("in_progress", True)
    assert services.hand_to_team(incident=incident, **how) == ticket

    work: dict[str, Any] = {"ticket": ticket, "user": technician, "by": staff_actor(technician)}
    maintenance.start(**work)
    maintenance.resolve(note="Thay cầu chì", **work)

    incident.refresh_from_db()
    assert "Thay cầu chì" in incident.note
    assert incident.state == "in_progress"


def test_an_attendant_hands_over_and_leaves_the_team_to_others(incident, station, attendant):
    how = {"severity": "minor", "part": "body", "user": attendant, "by": staff_actor(attendant)}
    with pytest.raises(OnlySupervisorsAssign):
        services.hand_to_team(incident=incident, team=make_team(station), **how)
    assert MaintenanceTicket.objects.count() == 0

    assert services.hand_to_team(incident=incident, **how).state == "open"


def test_what_is_over_is_not_handed_on(incident, attendant):
    by = staff_actor(attendant)
    services.resolve_incident(incident=incident, resolution="Xong", by=by)

    with pytest.raises(IncidentOver):
        services.hand_to_team(incident=incident, severity="minor", part="body", user=attendant, by=by)

    assert MaintenanceTicket.objects.count() == 0

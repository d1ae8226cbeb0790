import pytest

from accounts.access.actors import staff_actor
from rentals.incidents import services as incidents
from rentals.incidents.models import Incident
from stations.maintenance.models import MaintenanceTicket
from tests.factories.accounts import photo_upload
from tests.factories.stations import make_station
from tests.factories.yard import make_team, make_technician, report

NEW = "/station/tickets/new/"
FAULT = {"severity": "major", "part": "brakes", "text": "Phanh kêu", "key": "page:1"}


def step(ticket, name):
    return f"/station/tickets/{ticket.code}/{name}/"


def test_an_attendant_reports_with_photos_once(at, attendant, vehicle):
    browser = at(attendant)
    for _click in range(2):
        response = browser.post(NEW, {**FAULT, "vehicle": vehicle.code, "photos": [photo_upload()]})
        assert response.status_code == 302

    ticket = MaintenanceTicket.objects.get()
    assert (ticket.reported_by, ticket.photos.count(), ticket.severity) == (attendant, 1, "major")
    page = browser.get(f"/station/tickets/{ticket.code}/").content.decode()
    assert "Có nên ngừng phục vụ xe không?" in page
    assert "Nhận việc" not in page
    assert "Giao việc" not in page


def test_an_unsafe_vehicle_shows_what_was_done(at, attendant, vehicle):
    browser = at(attendant)

    browser.post(NEW, {**FAULT, "severity": "safety", "vehicle": vehicle.code})

    vehicle.refresh_from_db()
    assert vehicle.condition == "maintenance"
    ticket = MaintenanceTicket.objects.get()
    assert Incident.objects.get().code in browser.get(f"/station/tickets/{ticket.code}/").content.decode()


def test_a_form_that_is_not_whole_comes_back(at, attendant, vehicle):
    response = at(attendant).post(NEW, {"vehicle": vehicle.code, "text": "Phanh"})

    assert response.status_code == 422
    assert "Hãy chọn mức độ." in response.content.decode()
    broken = {**FAULT, "vehicle": vehicle.code, "photos": [photo_upload(content=b"no picture")]}
    assert at(attendant).post(NEW, broken).status_code == 422
    assert MaintenanceTicket.objects.count() == 0


def test_the_work_on_a_phone(at, attendant, supervisor, vehicle, station):
    driver = make_technician(make_station())
    team = make_team(station, members=[driver])
    ticket = report(vehicle, attendant)
    assert at(attendant).post(step(ticket, "assign"), {"to": f"team-{team.pk}"}).status_code == 403

    assert at(supervisor).post(step(ticket, "assign"), {"to": f"team-{team.pk}"}).status_code == 302
    phone = at(driver)
    assert ticket.code in phone.get("/station/jobs/").content.decode()
    for name in ("accept", "set-out", "start"):
        assert phone.post(step(ticket, name)).status_code == 302
    response = phone.post(step(ticket, "resolve"), {"note": "Thay má phanh", "odometer_km": "11000"})
    assert response.status_code == 422
    assert "Số km không thể nhỏ hơn lần ghi trước." in response.content.decode()
    done = {"note": "Thay má phanh", "odometer_km": "12002", "photos": [photo_upload()]}
    assert phone.post(step(ticket, "resolve"), done).status_code == 302
    assert at(supervisor).post(step(ticket, "close"), {"note": ""}).status_code == 302

    ticket.refresh_from_db()
    assert (ticket.state, ticket.assignee, ticket.odometer_km) == ("closed", driver, 12_002)


def test_what_cannot_be_done_goes_back_with_its_reason(at, technician, attendant, vehicle):
    ticket = report(vehicle, attendant)
    phone = at(technician)
    phone.post(step(ticket, "accept"))

    assert phone.post(step(ticket, "give-back"), {"reason": ""}).status_code == 422
    phone.post(step(ticket, "give-back"), {"reason": "Chờ phụ tùng"})

    assert "Chờ phụ tùng" in at(attendant).get(f"/station/tickets/{ticket.code}/").content.decode()


@pytest.mark.parametrize("name", ["accept", "start", "resolve", "give-back"])
def test_an_attendant_does_not_do_the_work(at, attendant, vehicle, name):
    ticket = report(vehicle, attendant)

    response = at(attendant).post(step(ticket, name), {"note": "x", "reason": "x"})

    assert response.status_code == 403
    ticket.refresh_from_db()
    assert ticket.state == "open"


def test_another_stations_ticket_and_its_photos_are_not_found(at, outsider, attendant, vehicle):
    ticket = report(vehicle, attendant, photos=[photo_upload()])
    photo = f"/station/tickets/photos/{ticket.photos.get().pk}/"
    stranger = at(outsider)

    assert stranger.get(f"/station/tickets/{ticket.code}/").status_code == 404
    assert stranger.post(step(ticket, "photos")).status_code == 404
    assert stranger.get(photo).status_code == 404
    assert at(attendant).get(photo).status_code == 200


def test_an_incident_is_handed_to_a_team(at, supervisor, attendant, station, vehicle):
    team = make_team(station)
    incident = incidents.open_incident(
        kind="breakdown", vehicle=vehicle, note="Không nổ máy", by=staff_actor(attendant)
    )
    address = f"{NEW}?incident={incident.code}"
    assert "Không nổ máy" in at(supervisor).get(address).content.decode()

    response = at(supervisor).post(address, {**FAULT, "part": "drive", "team": str(team.pk)})

    ticket = MaintenanceTicket.objects.get()
    assert response["Location"] == f"/station/tickets/{ticket.code}/"
    assert (ticket.team, ticket.reference) == (team, incident.reference)
    assert at(attendant).get(f"{NEW}?incident=SC-NONE").status_code == 404

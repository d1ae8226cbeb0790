import pytest

from accounts.access.actors import staff_actor
from stations.transfers import services
from stations.transfers.models import VehicleTransfer
from tests.factories.accounts import photo_upload
from tests.factories.rentals import make_booking
from tests.factories.stations import make_station
from tests.factories.yard import approved, make_staff, make_transfer

NEW = "/station/transfers/new/"
ASKED = {
    "start_day": "2026-11-24",
    "start_time": "08:00",
    "arrival_day": "2026-11-24",
    "arrival_time": "09:00",
    "reason": "Thủ Đức thiếu xe",
}


def step(transfer, name):
    return f"/station/transfers/{transfer.code}/{name}/"


def test_a_transfer_from_end_to_end(at, vehicle, attendant, supervisor, outsider, elsewhere):
    asked = {**ASKED, "vehicle": vehicle.code, "destination": elsewhere.code}
    response = at(attendant).post(NEW, asked)
    transfer = VehicleTransfer.objects.get()
    assert response["Location"] == f"/station/transfers/{transfer.code}/"
    assert at(attendant).post(step(transfer, "approve")).status_code == 403

    assert at(supervisor).post(step(transfer, "approve")).status_code == 302
    readings = {"odometer_km": "12003", "battery_percent": "80", "photos": [photo_upload()]}
    assert at(outsider).post(step(transfer, "pick-up"), readings).status_code == 404
    readings["photos"] = [photo_upload()]
    assert at(attendant).post(step(transfer, "pick-up"), readings).status_code == 302
    assert at(attendant).post(step(transfer, "deliver"), readings).status_code == 404
    shown = at(outsider).get("/station/transfers/").content.decode()
    assert transfer.code in shown
    readings = {"odometer_km": "12011", "battery_percent": "71"}
    assert at(outsider).post(step(transfer, "deliver"), readings).status_code == 302

    transfer.refresh_from_db()
    vehicle.refresh_from_db()
    assert (transfer.state, vehicle.station, vehicle.condition) == ("delivered", elsewhere, "preparation")
    photo = transfer.photos.get()
    assert at(outsider).get(f"/station/transfers/photos/{photo.pk}/").status_code == 200


def test_a_photo_is_for_both_ends_alone(at, vehicle, attendant, supervisor, outsider, elsewhere, renter):
    transfer = approved(vehicle, elsewhere, attendant)
    services.pick_up(
        transfer=transfer,
        odometer_km=12_000,
        battery_percent=80,
        user=attendant,
        by=staff_actor(attendant),
        photos=[photo_upload()],
    )
    address = f"/station/transfers/photos/{transfer.photos.get().pk}/"

    assert at(renter).get(address).status_code == 404
    assert at(make_staff(make_station())).get(address).status_code == 404
    assert at(attendant).get(f"{address}?size=full").status_code == 200


def test_a_promised_vehicle_is_refused_in_words(at, vehicle, supervisor, elsewhere, renter):
    booking = make_booking(renter=renter, vehicle=vehicle)
    transfer = make_transfer(vehicle, elsewhere, supervisor)

    response = at(supervisor).post(step(transfer, "approve"))

    assert response.status_code == 409
    assert booking.code in response.content.decode()
    transfer.refresh_from_db()
    assert transfer.state == "draft"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"reason": ""}, 422, "Hãy ghi lý do."),
        ({"vehicle": "X-NONE"}, 422, "Xe này không đứng ở trạm của bạn."),
        ({"arrival_time": "07:00"}, 422, "Giờ đến phải sau giờ đi"),
    ],
)
def test_a_form_that_is_not_whole_comes_back(at, vehicle, attendant, elsewhere, change, status, words):
    asked = {**ASKED, "vehicle": vehicle.code, "destination": elsewhere.code, **change}

    response = at(attendant).post(NEW, asked)

    assert response.status_code == status
    assert words in response.content.decode()
    assert VehicleTransfer.objects.count() == 0


def test_another_stations_transfer_is_not_found(at, vehicle, attendant, elsewhere):
    transfer = make_transfer(vehicle, elsewhere, attendant)
    stranger = at(make_staff(make_station()))

    assert stranger.get(f"/station/transfers/{transfer.code}/").status_code == 404
    assert stranger.post(step(transfer, "cancel"), {"reason": "x"}).status_code == 404

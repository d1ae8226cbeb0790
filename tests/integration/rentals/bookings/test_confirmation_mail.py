import pytest
from django.core import mail

from accounts.users.models import User
from rentals.bookings.news import tell_confirmed
from stations.fleet.models import Vehicle
from tests.factories.rentals import make_booking, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import outbox


@pytest.fixture
def vehicle() -> Vehicle:
    model = make_car_model(maker="VinFast", name="VF 6")
    make_tariff(model=model)
    return make_vehicle(model=model, station=make_station(name="Trạm Bến Thành"))


def test_the_mail_says_when_where_and_how_much(renter: User, vehicle: Vehicle) -> None:
    booking = make_booking(renter=renter, vehicle=vehicle)

    tell_confirmed(booking)
    outbox.run_all()

    letter = mail.outbox[0]
    assert letter.subject == f"Đặt xe thành công: {booking.code}"
    for expected in (
        "VinFast VF 6",
        "Trạm Bến Thành",
        "600.000\u00a0₫",
        "3.000.000\u00a0₫",
        booking.get_absolute_url(),
    ):
        assert expected in letter.body
    assert letter.attachments == []


def test_the_mail_is_sent_once(renter: User, vehicle: Vehicle) -> None:
    booking = make_booking(renter=renter, vehicle=vehicle)

    tell_confirmed(booking)
    tell_confirmed(booking)
    outbox.run_all()

    assert len(mail.outbox) == 1


def test_another_return_station_is_named(renter: User, vehicle: Vehicle) -> None:
    elsewhere = make_station(name="Trạm Hồ Tây")
    booking = make_booking(renter=renter, vehicle=vehicle, return_station=elsewhere)

    tell_confirmed(booking)
    outbox.run_all()

    assert "Trạm Hồ Tây" in mail.outbox[0].body

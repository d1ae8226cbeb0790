import time
from datetime import timedelta

import pytest

from rentals.handovers.models import Rental
from rentals.sync.models import SyncCommand
from rentals.sync.services import receive, settle_with_file
from rentals.sync.services.files import put_piece
from stations.fleet.enums import Condition
from stations.fleet.models import PreparationRecord
from tests.concurrency.racing import race
from tests.factories.handovers import paid_booking, rendered_contract
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from tests.factories.tablets import list_for, make_mobile
from voltgo.core import clock, pdf, sealing

RIVALS = 8


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def mobile(station, attendant):
    make_post(user=attendant, station=station)
    return make_mobile(station=station, user=attendant)


@pytest.fixture
def booking(renter, station, monkeypatch):
    document = pdf.Document(b"%PDF-1.7", "5" * 64)
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)
    monkeypatch.setattr(sealing, "is_on", lambda: False)
    model = make_car_model()
    make_tariff(model=model)
    vehicle = make_vehicle(model=model, station=station)
    start = clock.now().replace(microsecond=0) + timedelta(minutes=10)
    booking = paid_booking(renter=renter, vehicle=vehicle, period=a_period(starts_at=start, hours=10))
    rendered_contract(booking)
    return booking


def sent(tablet, command):
    (result,) = receive(tablet=tablet, delivered_by=None, commands=[command], now=clock.wall())
    return result.state


def test_eight_connections_deliver_one_command_and_it_is_applied_once(mobile, station):
    vehicle = make_vehicle(station=station, condition=Condition.PREPARATION)
    checked = [item.code for item in list_for("preparation", vehicle).items]
    command = mobile.of_vehicle(
        "vehicle_ready",
        vehicle,
        battery_percent=90,
        checklist={"template": None, "checked": checked},
        note="",
    )

    answers = race(RIVALS, lambda _number: sent(mobile.tablet, command))

    assert set(answers) <= {"applied", "waiting"}
    assert sent(mobile.tablet, command) == "applied"
    assert PreparationRecord.objects.count() == 1
    assert SyncCommand.objects.count() == 1


def test_two_tablets_hand_over_one_booking_and_one_of_them_has(mobile, attendant, station, booking):
    other = make_mobile(station=station, user=attendant)
    pair = [(mobile, mobile.pickup(booking)), (other, other.pickup(booking))]
    for tablet, command in pair:
        tablet.send(command)
        # All but the last two: those are sent at the same moment.
        tablet.upload({"files": command["files"][:-2]})

    def finish(number):
        tablet, command = pair[number]
        tablet.upload({"files": command["files"][-2:]})
        return sent(tablet.tablet, command)

    race(2, finish)
    for _tablet, command in pair:
        for file in command["files"]:
            settle_with_file(file["sha256"])

    states = sorted(SyncCommand.objects.values_list("state", "code"))
    assert states == [("applied", ""), ("conflict", "already_handed_over")]
    assert Rental.objects.count() == 1


def test_an_answer_that_was_lost_after_the_commit_is_given_again(mobile, station):
    vehicle = make_vehicle(station=station)
    command = mobile.of_vehicle("note", vehicle, text="một")
    sent(mobile.tablet, command)

    started = time.monotonic()
    (again,) = mobile.send(command)

    assert (again.state, again.replayed) == ("applied", True)
    assert time.monotonic() - started < 5


def test_one_file_that_two_connections_send_is_kept_once(mobile, station):
    vehicle = make_vehicle(station=station)
    photo = b"\xff\xd8\xff" + b"p" * 5_000
    command = mobile.command("note", f"vehicle:{vehicle.code}", {"text": "x"}, files={"photo:1": photo})
    mobile.send(command)
    sha256 = command["files"][0]["sha256"]

    def put(_number):
        return (
            put_piece(tablet=mobile.tablet, sha256=sha256, offset=0, length=len(photo), data=photo).stored_at
            is not None
        )

    answers = race(4, put)

    assert True in answers
    assert mobile.send(command)[0].missing == []

"""What the app's lock screen asks the server."""

import base64
import json
import logging
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.access.actors import staff_actor
from stations.network.models import StaffPost
from stations.tablets import services
from stations.tablets.access import COOKIE
from stations.tablets.models import StaffPin, Tablet
from tests.factories.devices import PIN, browser_of, cookie_of, make_pin, make_tablet
from tests.factories.stations import make_post, make_station

WRONG = "903175"


def url(name):
    return reverse(f"station:{name}")


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel("2026-11-24T08:00:00+07:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def station():
    return make_station(name="Trạm Quận 1")


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    make_pin(attendant)
    return attendant


@pytest.fixture
def supervisor(other_attendant, station):
    make_post(user=other_attendant, station=station, role=StaffPost.Role.SUPERVISOR)
    return other_attendant


@pytest.fixture
def enrolment(station, supervisor):
    return make_tablet(station=station, user=supervisor)


@pytest.fixture
def device(enrolment):
    return browser_of(enrolment)


def ask(client, name, **body):
    return client.post(url(name), json.dumps(body), content_type="application/json")


def open_by_pin(client, user, pin=PIN):
    return ask(client, "api-unlock", user=user.public_id, pin=pin)


def test_the_lock_screen_learns_who_has_a_pin(device, attendant, supervisor, enrolment):
    answer = device.get(url("api-people"))
    told = answer.json()
    assert told["people"] == [
        {
            "id": attendant.public_id,
            "name": "Bùi Quang Huy",
            "role": "attendant",
            "locked": False,
            "pin_set_at": "2026-11-24T01:00:00+00:00",
        }
    ]
    assert (told["tablet"], told["signed_in"]) == (enrolment.tablet.code, None)
    assert answer["Cache-Control"] == "no-store"


def test_a_device_that_is_no_tablet_learns_nothing(client, attendant):
    client.force_login(attendant)
    for answer in (client.get(url("api-people")), open_by_pin(client, attendant), ask(client, "api-lock")):
        assert (answer.status_code, answer.json()["code"]) == (401, "tablet_unknown")


def test_a_pin_brings_the_tablets_key(device, attendant, enrolment):
    answer = open_by_pin(device, attendant)
    told = answer.json()
    assert told["user"] == {"id": attendant.public_id, "name": "Bùi Quang Huy", "role": "attendant"}
    assert base64.b64decode(told["data_key"]) == services.data_key_of(enrolment.tablet)
    assert told["valid_hours"] == 24
    assert answer["Cache-Control"] == "no-store"
    assert device.get(url("api-people")).json()["signed_in"] == attendant.public_id


def test_a_wrong_pin_brings_none(device, attendant):
    answer = open_by_pin(device, attendant, WRONG)
    assert (answer.status_code, answer.json()["code"], answer.json()["left"]) == (403, "pin_wrong", 4)
    assert "data_key" not in answer.json()
    for _ in range(4):
        answer = open_by_pin(device, attendant, WRONG)
    assert answer.json()["code"] == "pin_locked"
    assert open_by_pin(device, attendant).json()["code"] == "pin_locked"
    assert device.get(url("api-people")).json()["people"][0]["locked"] is True


def test_a_tablet_gives_no_key_to_staff_of_another_station(device, stranger):
    make_post(user=stranger, station=make_station())
    make_pin(stranger)
    answer = open_by_pin(device, stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "person_unknown")


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"user": 1, "pin": 2}', '{"user": "U-1"}', '"x"' + " " * 2000]
)
def test_what_is_no_question_is_refused(device, body):
    answer = device.post(url("api-unlock"), body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_a_tablet_does_not_try_forever(device, attendant, supervisor):
    make_pin(supervisor)
    for _ in range(20):
        answer = ask(device, "api-unlock", user="U-2222222222", pin=WRONG)
        assert answer.status_code == 404
    answer = open_by_pin(device, attendant)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tries")
    assert int(answer["Retry-After"]) > 0
    assert StaffPin.objects.filter(wrong_count__gt=0).count() == 0


def test_without_a_token_against_forgery_nothing_happens(enrolment, attendant):
    careful = Client(enforce_csrf_checks=True)
    careful.cookies[COOKIE] = cookie_of(enrolment)
    answer = open_by_pin(careful, attendant)
    assert (answer.status_code, answer.json()) == (403, {"code": "csrf"})
    token = careful.get(url("api-people")).json()["csrf"]
    body = json.dumps({"user": attendant.public_id, "pin": PIN})
    answer = careful.post(
        url("api-unlock"), body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 200
    # The sign-in has changed the token; the answer brings the new one.
    fresh = answer.json()["csrf"]
    answer = careful.post(
        url("api-lock"), "{}", content_type="application/json", headers={"X-CSRFToken": fresh}
    )
    assert answer.status_code == 200


def test_an_app_that_is_opened_again_needs_no_second_pin(device, attendant, traveller):
    key = open_by_pin(device, attendant).json()["data_key"]
    told = ask(device, "api-resume").json()
    assert (told["user"]["id"], told["data_key"]) == (attendant.public_id, key)
    traveller.shift(timedelta(minutes=10))
    answer = ask(device, "api-resume")
    assert (answer.status_code, answer.json()["code"]) == (401, "pin_due")
    assert "data_key" not in answer.json()


def test_nobody_resumes_a_locked_tablet(device, attendant):
    open_by_pin(device, attendant)
    ask(device, "api-lock")
    assert ask(device, "api-resume").status_code == 401


def test_unlocking_renews_the_tablets_cookie(device, attendant, enrolment):
    cookie = open_by_pin(device, attendant).cookies[COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["httponly"]) == (
        cookie_of(enrolment),
        365 * 86400,
        True,
    )


def test_locking_ends_the_session(device, attendant):
    open_by_pin(device, attendant)
    assert ask(device, "api-lock").status_code == 200
    assert device.get(url("api-people")).json()["signed_in"] is None
    assert device.get("/station/?board=server").url.startswith(url("unlock"))


def test_work_in_the_app_keeps_the_session(device, attendant, traveller):
    open_by_pin(device, attendant)
    for _ in range(3):
        traveller.shift(timedelta(minutes=8))
        assert ask(device, "api-active").json()["user"]["id"] == attendant.public_id
    traveller.shift(timedelta(minutes=11))
    assert ask(device, "api-active").json()["user"] is None
    assert device.get(url("api-people")).json()["signed_in"] is None


def test_what_the_app_asks_by_itself_does_not(device, attendant, traveller):
    open_by_pin(device, attendant)
    told = {}
    for _ in range(4):
        traveller.shift(timedelta(minutes=3))
        told = device.get(url("api-people")).json()
    assert told["signed_in"] is None


def test_a_withdrawn_tablet_is_told_so(device, attendant, supervisor, enrolment):
    open_by_pin(device, attendant)
    services.revoke_tablet(tablet=enrolment.tablet, reason="Mất", by=staff_actor(supervisor, supervisor=True))
    for answer in (
        device.get(url("api-people")),
        open_by_pin(device, attendant),
        ask(device, "api-lock"),
        ask(device, "api-active"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (410, "tablet_revoked")


def test_a_tablet_is_heard_of_once_a_minute(device, attendant, enrolment, traveller):
    device.get(url("api-people"))
    seen = Tablet.objects.get().last_seen_at
    assert seen is not None
    traveller.shift(timedelta(seconds=59))
    device.get(url("api-people"))
    assert Tablet.objects.get().last_seen_at == seen
    traveller.shift(timedelta(seconds=1))
    device.get(url("api-people"))
    assert Tablet.objects.get().last_seen_at == seen + timedelta(minutes=1)


def test_no_pin_and_no_key_in_any_log(device, attendant, enrolment, caplog):
    caplog.set_level(logging.DEBUG)
    open_by_pin(device, attendant, WRONG)
    key = open_by_pin(device, attendant).json()["data_key"]
    for secret in (PIN, WRONG, key, enrolment.secret):
        assert secret not in caplog.text

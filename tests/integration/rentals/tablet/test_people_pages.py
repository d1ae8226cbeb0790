"""Enrolling, withdrawing, PINs and short sessions, through the pages of the counter."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor, staff_actor
from stations.network.models import StaffPost
from stations.tablets import services
from stations.tablets.access import COOKIE, MARK
from stations.tablets.enums import TabletState
from stations.tablets.models import StaffPin, Tablet
from tests.factories.accounts import PASSWORD
from tests.factories.devices import PIN, browser_of, cookie_of, make_pin, make_tablet
from tests.factories.stations import make_post, make_station
from voltgo.core.audit.models import AuditEvent

MORNING = "2026-11-24T08:00:00+07:00"
WRONG = "903175"


def url(name, *args):
    return reverse(f"station:{name}", args=args)


SERVER_BOARD = "/station/?board=server"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
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
    return make_tablet(station=station, user=supervisor, name="Quầy 1")


@pytest.fixture
def device(enrolment):
    """The tablet, with nobody signed in."""
    return browser_of(enrolment)


@pytest.fixture
def desk(supervisor):
    """A computer in the back office with the supervisor signed in."""
    client = Client()
    client.force_login(supervisor)
    return client


def give_pin(client, person, pin=PIN, then=SERVER_BOARD):
    return client.post(url("unlock"), {"person": person.public_id, "pin": pin, "next": then})


# --- Enrolling and withdrawing ------------------------------------------------------------------


def test_a_supervisor_makes_the_device_in_hand_a_tablet(desk, station, supervisor):
    answer = desk.post(url("tablet-enrol"), {"name": "Quầy 1"})
    assert answer.url == url("tablet-list")
    tablet = Tablet.objects.get()
    assert (tablet.name, tablet.station, tablet.enrolled_by) == ("Quầy 1", station, supervisor)
    cookie = answer.cookies[COOKIE]
    code, _dot, secret = cookie.value.partition(".")
    assert services.find_tablet(code=code, secret=secret) == tablet
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/station/", "Strict", True)
    assert (answer.cookies[MARK].value, answer.cookies[MARK]["path"]) == ("1", "/")
    assert "Quầy 1" in desk.get(url("tablet-list")).content.decode()


def test_in_production_the_cookie_goes_over_tls_only(desk, station, settings):
    settings.SESSION_COOKIE_SECURE = True
    assert desk.post(url("tablet-enrol"), {"name": "Quầy 1"}).cookies[COOKIE]["secure"] is True


def test_a_tablet_is_not_enrolled_again(enrolment, supervisor):
    make_pin(supervisor)
    device = browser_of(enrolment)
    give_pin(device, supervisor)
    answer = device.post(url("tablet-enrol"), {"name": "Quầy 2"})
    assert (answer.status_code, COOKIE in answer.cookies) == (409, False)
    assert Tablet.objects.count() == 1


def test_attendants_and_strangers_see_no_tablets(enrolment, attendant, stranger, client):
    for person in (attendant, stranger):
        client.force_login(person)
        for name, args in (("tablet-list", ()), ("tablet-revoke", (enrolment.tablet.code,))):
            assert client.get(url(name, *args)).status_code == 404
        assert client.post(url("tablet-enrol"), {"name": "x"}).status_code == 404
        answer = client.post(url("tablet-revoke", enrolment.tablet.code), {"reason": "x"})
        assert answer.status_code == 404
    assert Tablet.objects.get().state == TabletState.ENROLLED


def test_a_supervisor_withdraws_a_lost_tablet_from_the_desk(enrolment, desk):
    address = url("tablet-revoke", enrolment.tablet.code)
    assert desk.post(address, {"reason": " "}).status_code == 422
    assert Tablet.objects.get().state == TabletState.ENROLLED
    assert desk.post(address, {"reason": "Mất ở bãi xe"}).url == url("tablet-list")
    assert Tablet.objects.get().state == TabletState.REVOKED
    assert AuditEvent.objects.get(action="tablet.revoked").reason == "Mất ở bãi xe"


def test_another_stations_tablet_is_out_of_reach(desk, stranger):
    elsewhere = make_tablet(station=make_station(), user=stranger).tablet
    assert desk.post(url("tablet-revoke", elsewhere.code), {"reason": "x"}).status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.state == TabletState.ENROLLED


def test_an_operator_with_a_post_manages_tablets_too(client, operator, station, enrolment):
    make_post(user=operator, station=station)
    client.force_login(operator)
    client.post(url("tablet-revoke", enrolment.tablet.code), {"reason": "Đổi máy"})
    assert AuditEvent.objects.get(action="tablet.revoked").actor_kind == "operator"


# --- One's own PIN --------------------------------------------------------------------------------


def test_a_pin_is_set_after_a_full_sign_in(client, supervisor):
    client.force_login(supervisor)
    answer = client.post(url("pin"), {"pin": PIN, "again": PIN})
    assert answer.url == url("pin")
    assert StaffPin.objects.get().user == supervisor


@pytest.mark.parametrize(
    "given",
    [{"pin": "123456", "again": "123456"}, {"pin": PIN, "again": WRONG}, {"pin": "12", "again": "12"}, {}],
)
def test_a_pin_that_is_no_good_is_refused(client, supervisor, given):
    client.force_login(supervisor)
    assert client.post(url("pin"), given).status_code == 422
    assert not StaffPin.objects.exists()


def test_a_pin_alone_does_not_set_the_next_one(device, attendant):
    give_pin(device, attendant)
    new = {"pin": "610284", "again": "610284"}
    assert device.post(url("pin"), new).status_code == 422
    assert device.post(url("pin"), new | {"password": "not-mine"}).status_code == 422
    services.unlock(tablet=Tablet.objects.get(), person=attendant.public_id, pin=PIN)
    attendant.set_password(PASSWORD)
    attendant.save()
    give_pin(device, attendant)
    assert device.post(url("pin"), new | {"password": PASSWORD}).status_code == 302
    services.unlock(tablet=Tablet.objects.get(), person=attendant.public_id, pin="610284")


# --- The lock -------------------------------------------------------------------------------------


def test_a_tablet_with_nobody_signed_in_asks_who_it_is(device, attendant):
    answer = device.get(SERVER_BOARD)
    assert answer.url == f"{url('unlock')}?next=%2Fstation%2F%3Fboard%3Dserver"
    page = device.get(answer.url).content.decode()
    assert "Bùi Quang Huy" in page
    assert PIN not in page


def test_the_right_pin_goes_on_where_one_was(device, attendant):
    assert give_pin(device, attendant, then="/station/vehicles/").url == "/station/vehicles/"
    assert device.get("/station/vehicles/").status_code == 200


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_pin_leads_nowhere_else(device, attendant, then):
    assert give_pin(device, attendant, then=then).url == url("board")


def test_a_wrong_pin_says_how_many_tries_are_left(device, attendant):
    answer = give_pin(device, attendant, WRONG)
    assert answer.status_code == 403
    assert "Còn 4 lần thử." in answer.content.decode()
    assert WRONG not in answer.content.decode()
    assert device.get(SERVER_BOARD).status_code == 302


def test_the_session_of_a_pin_has_a_new_key(device, attendant, supervisor):
    device.force_login(supervisor)
    before = device.session.session_key
    give_pin(device, attendant)
    assert device.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    again = device.session.session_key
    give_pin(device, attendant)
    assert device.session.session_key != again


def test_ten_idle_minutes_ask_for_the_pin_again(device, attendant, traveller):
    give_pin(device, attendant)
    for _ in range(3):
        traveller.shift(timedelta(minutes=9))
        assert device.get(SERVER_BOARD).status_code == 200
    traveller.shift(timedelta(minutes=10))
    assert device.get(SERVER_BOARD).url.startswith(url("unlock"))
    assert "_auth_user_id" not in device.session


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(device, attendant, traveller):
    give_pin(device, attendant)
    for _ in range(3):
        traveller.shift(timedelta(minutes=3))
        assert device.get(url("board"), headers={"HX-Request": "true"}).status_code == 200
    traveller.shift(timedelta(minutes=2))
    answer = device.get(url("board"), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith(url("unlock"))


def test_a_full_sign_in_on_a_tablet_is_short_too(device, attendant, traveller):
    StaffPin.objects.update(wrong_count=5)
    device.force_login(attendant)
    assert device.get(SERVER_BOARD).status_code == 200
    assert StaffPin.objects.get().wrong_count == 0
    traveller.shift(timedelta(minutes=11))
    assert device.get(SERVER_BOARD).url.startswith(url("unlock"))


def test_a_full_sign_in_ends_what_a_pin_limits(device, attendant):
    give_pin(device, attendant)
    assert not device.get("/").context["user"].is_authenticated
    before = device.session.session_key
    attendant.set_password(PASSWORD)
    attendant.save()
    give_pin(device, attendant)
    device.post(reverse("account_login"), {"login": attendant.email, "password": PASSWORD})
    assert device.get("/").context["user"] == attendant
    assert device.get(SERVER_BOARD).status_code == 200
    assert device.session.session_key != before


def test_a_sign_in_on_a_tablet_is_short_wherever_it_leads(device, attendant, traveller):
    attendant.set_password(PASSWORD)
    attendant.save()
    device.cookies[MARK] = "1"
    device.post(reverse("account_login"), {"login": attendant.email, "password": PASSWORD})
    assert device.get("/").context["user"] == attendant
    assert device.session.get_expiry_age() == 600


def test_on_any_other_device_nothing_is_short(client, attendant, traveller):
    client.force_login(attendant)
    traveller.shift(timedelta(hours=9))
    assert client.get(url("board")).status_code == 200
    assert client.get(url("unlock")).url == url("board")


def test_a_tablets_session_without_the_tablet_is_over(device, attendant):
    give_pin(device, attendant)
    del device.cookies[COOKIE]
    assert device.get(SERVER_BOARD).url.startswith(reverse("account_login"))
    assert "_auth_user_id" not in device.session


def test_the_tablets_board_is_the_app(device, attendant):
    give_pin(device, attendant)
    assert device.get(url("board")).url == "/station/tablet/"
    assert device.get(SERVER_BOARD).status_code == 200


def test_a_pin_opens_the_counter_and_nothing_else(device, operator, station):
    make_post(user=operator, station=station)
    make_pin(operator)
    give_pin(device, operator)
    assert device.get(SERVER_BOARD).status_code == 200
    for address in ("/admin/", "/account/profile/", "/api/v1/me/", "/account/2fa/"):
        assert device.get(address).status_code in {302, 401, 403, 404}, address
    assert not device.get("/").context["user"].is_authenticated


def test_staff_of_another_station_cannot_work_on_this_tablet(device, stranger):
    make_post(user=stranger, station=make_station())
    make_pin(stranger)
    assert give_pin(device, stranger).status_code == 422
    device.force_login(stranger)
    assert device.get(SERVER_BOARD).status_code == 403


def test_a_renter_signed_in_on_a_tablet_finds_no_counter(device, renter):
    device.force_login(renter)
    assert device.get(SERVER_BOARD).status_code == 404


def test_who_works_at_two_stations_works_at_the_tablets(device, attendant, station):
    make_post(user=attendant, station=make_station(name="Trạm khác"))
    give_pin(device, attendant)
    page = device.get(SERVER_BOARD).content.decode()
    assert "Trạm Quận 1" in page
    assert "Đổi trạm" not in page


# --- A withdrawn tablet ---------------------------------------------------------------------------


def test_withdrawing_signs_out_at_once(device, attendant, enrolment, supervisor):
    give_pin(device, attendant)
    key = device.session.session_key
    services.revoke_tablet(tablet=enrolment.tablet, reason="Mất", by=staff_actor(supervisor, supervisor=True))
    assert not Session.objects.filter(session_key=key).exists()
    # Also where the tablet's cookie does not go.
    assert not device.get("/").context["user"].is_authenticated
    for address in (SERVER_BOARD, url("unlock"), url("vehicle-list")):
        answer = device.get(address)
        assert answer.status_code == 410
        assert "no-store" in answer["Cache-Control"]
    assert give_pin(device, attendant).status_code == 410


def test_a_full_sign_in_on_a_withdrawn_tablet_ends_too(device, attendant, enrolment, supervisor):
    services.revoke_tablet(tablet=enrolment.tablet, reason="Mất", by=staff_actor(supervisor, supervisor=True))
    device.force_login(attendant)
    assert device.get(SERVER_BOARD).status_code == 410
    assert "_auth_user_id" not in device.session


def test_a_reinstated_tablet_works_as_before(device, attendant, enrolment, supervisor, operator):
    tablet = enrolment.tablet
    services.revoke_tablet(tablet=tablet, reason="Mất", by=staff_actor(supervisor, supervisor=True))
    services.reinstate_tablet(tablet=tablet, reason="Tìm thấy", by=operator_actor(operator))
    assert give_pin(device, attendant).status_code == 302
    assert device.get(SERVER_BOARD).status_code == 200


def test_a_second_session_of_a_tablet_ends_the_first(device, attendant, enrolment, supervisor):
    """Whoever copied the cookies cannot work beside the real one unseen."""
    give_pin(device, attendant)
    copy = browser_of(enrolment)
    give_pin(copy, attendant)
    assert copy.get(SERVER_BOARD).status_code == 200
    assert device.get(SERVER_BOARD).url.startswith(url("unlock"))


def test_a_forged_cookie_is_no_tablet(attendant, enrolment):
    forged = Client()
    forged.cookies[COOKIE] = f"{cookie_of(enrolment)}x"
    assert forged.get(SERVER_BOARD).headers["Location"].startswith(reverse("account_login"))

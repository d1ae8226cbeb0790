from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.notifications.models import Delivery
from payments.intents.models import Refund
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.incidents.enums import IncidentKind, IncidentState
from rentals.incidents.models import Incident
from rentals.incidents.services import open_incident, run_ladder, take_out_of_service
from stations.fleet.enums import Condition
from tests.factories.accounts import make_renter
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_closure, make_post, make_station, make_vehicle
from tests.integration.rentals.handovers.pages import text_of
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent
from voltgo.core.clock import Period


def url(name: str, *args: object) -> str:
    return reverse(f"station:{name}", args=args)


def _client(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def tablet(attendant):
    return _client(attendant)


@pytest.fixture
def supervisors_tablet(supervisor):
    return _client(supervisor)


@pytest.fixture
def other_tablet(other_attendant):
    make_post(user=other_attendant, station=make_station())
    return _client(other_attendant)


# --- Out of service -----------------------------------------------------------------------------------


def test_a_vehicle_goes_out_of_service_after_a_look_at_what_that_means(
    tablet, booking, vehicle, model, station
):
    spare = make_vehicle(model=model, station=station, plate="51K-000.77")
    address = url("vehicle-maintenance", vehicle.code)
    assert tablet.post(address, {"reason": ""}).status_code == 422

    said = {"reason": "Kính nứt", "day": "", "time": ""}
    shown = tablet.post(address, said)
    assert booking.renter.full_name in text_of(shown)
    assert "Đổi sang xe 51K-000.77" in text_of(shown)
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.READY

    answer = tablet.post(address, said | {"agreed": shown.context["shown"]})
    incident = Incident.objects.get()
    assert answer.url == url("incident-detail", incident.code)
    vehicle.refresh_from_db()
    booking.refresh_from_db()
    assert (vehicle.condition, booking.allocation.vehicle) == (Condition.MAINTENANCE, spare)


def test_nothing_happens_to_a_renter_that_was_not_shown(tablet, booking, vehicle, model, station, by):
    spare = make_vehicle(model=model, station=station, plate="51K-000.77")
    address = url("vehicle-maintenance", vehicle.code)
    said = {"reason": "Kính nứt", "day": "", "time": ""}
    shown = tablet.post(address, said).context["shown"]
    # Meanwhile the spare vehicle breaks as well: the booking would have to be cancelled.
    take_out_of_service(vehicle=spare, reason="Hết phanh", by=by)

    again = tablet.post(address, said | {"agreed": shown})

    assert "Vừa có thay đổi" in text_of(again)
    assert "Hủy, hoàn 3.600.000 ₫" in text_of(again)
    assert not vehicle.incidents.exists()
    assert tablet.post(address, said | {"agreed": again.context["shown"]}).status_code == 302
    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED


def test_the_preview_says_what_is_refunded(tablet, booking, vehicle):
    address = url("vehicle-maintenance", vehicle.code)
    preview = text_of(tablet.post(address, {"reason": "Kính nứt", "day": "", "time": ""}))
    assert "Hủy, hoàn 3.600.000 ₫" in preview
    assert not Refund.objects.exists()


def test_an_end_in_the_past_or_half_an_end_is_refused(tablet, vehicle):
    address = url("vehicle-maintenance", vehicle.code)
    past = tablet.post(address, {"reason": "Kính nứt", "day": "2026-11-23", "time": "08:00"})
    half = tablet.post(address, {"reason": "Kính nứt", "day": "2026-11-25", "time": ""})
    assert (past.status_code, half.status_code) == (422, 422)
    assert "Kính nứt" in text_of(half)
    assert not Incident.objects.exists()


def test_back_from_maintenance_with_a_word(tablet, vehicle, by):
    take_out_of_service(vehicle=vehicle, reason="Kính nứt", by=by)
    address = url("vehicle-maintenance", vehicle.code)
    assert tablet.post(address, {"reason": ""}).status_code == 422
    assert tablet.post(address, {"reason": "Đã thay"}).url == url("vehicle-prepare", vehicle.code)
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.PREPARATION
    assert Incident.objects.get().state == IncidentState.RESOLVED


@pytest.mark.parametrize("name", ["vehicle-maintenance"])
def test_another_stations_vehicle_does_not_exist(other_tablet, vehicle, name):
    assert other_tablet.get(url(name, vehicle.code)).status_code == 404
    answer = other_tablet.post(url(name, vehicle.code), {"reason": "Kính nứt", "agreed": "1"})
    assert answer.status_code == 404
    assert not Incident.objects.exists()


# --- Incidents ----------------------------------------------------------------------------------------


def test_what_may_be_reported_is_said_in_the_readers_language(tablet):
    tablet.cookies["django_language"] = "en"
    page = text_of(tablet.get(url("incident-report")))
    assert "Breakdown" in page
    assert "Xe hỏng" not in page


def test_an_incident_from_report_to_resolution(tablet, vehicle, attendant):
    answer = tablet.post(
        url("incident-report"), {"vehicle": vehicle.code, "kind": "accident", "note": "Móp cản trước"}
    )
    incident = Incident.objects.get()
    assert answer.url == url("incident-detail", incident.code)
    assert "Móp cản trước" in text_of(tablet.get(url("incident-list")))
    for step in ("triage", "start"):
        assert tablet.post(url("incident-step", incident.code, step)).status_code == 302
    assert tablet.post(url("incident-step", incident.code, "resolve"), {"note": ""}).status_code == 422
    tablet.post(url("incident-step", incident.code, "resolve"), {"note": "Đã sơn lại"})
    incident.refresh_from_db()
    assert (incident.state, incident.resolution) == (IncidentState.RESOLVED, "Đã sơn lại")
    history = text_of(tablet.get(url("incident-detail", incident.code)))
    for word in ("Mới báo", "Đã phân loại", "Đang xử lý", "Đã xử lý"):
        assert word in history
    assert "Không có sự cố nào" in text_of(tablet.get(url("incident-list")))
    assert incident.code in text_of(tablet.get(url("incident-list"), {"all": "1"}))


def test_a_step_that_does_not_follow_is_refused_at_its_form(tablet, vehicle, by):
    incident = open_incident(kind=IncidentKind.OTHER, vehicle=vehicle, note="Mất ốp gương", by=by)
    tablet.post(url("incident-step", incident.code, "resolve"), {"note": "Đã gắn"})
    assert tablet.post(url("incident-step", incident.code, "triage")).status_code == 409
    assert tablet.post(url("incident-step", incident.code, "close")).status_code == 404


def test_other_stations_see_and_do_nothing(other_tablet, vehicle, by):
    incident = open_incident(kind=IncidentKind.OTHER, vehicle=vehicle, note="Mất ốp gương", by=by)
    assert other_tablet.get(url("incident-detail", incident.code)).status_code == 404
    assert other_tablet.post(url("incident-step", incident.code, "triage")).status_code == 404
    assert incident.code not in text_of(other_tablet.get(url("incident-list"), {"all": "1"}))
    report = {"vehicle": vehicle.code, "kind": "other", "note": "x"}
    assert other_tablet.post(url("incident-report"), report).status_code == 422
    incident.refresh_from_db()
    assert incident.state == IncidentState.REPORTED


def test_a_renter_finds_no_such_pages(client, renter, vehicle):
    client.force_login(renter)
    for name in ("incident-list", "incident-report"):
        assert client.get(url(name)).status_code == 404


def test_the_list_costs_the_same_however_much_went_wrong(tablet, vehicle, by, django_assert_max_num_queries):
    for number in range(12):
        open_incident(kind=IncidentKind.OTHER, vehicle=vehicle, note=f"Việc {number}", by=by)
    tablet.get(url("incident-list"))
    with django_assert_max_num_queries(5):
        tablet.get(url("incident-list"))


# --- Who has not come ---------------------------------------------------------------------------------


def test_the_board_proposes_who_has_not_come_after_the_grace(tablet, booking, traveller):
    traveller.move_to(booking.starts_at + timedelta(minutes=60), tick=False)
    assert "Khách không đến?" not in text_of(tablet.get(url("board")))
    traveller.shift(timedelta(minutes=1))
    board = text_of(tablet.get(url("board")))
    assert "Khách không đến?" in board
    assert url("no-show", booking.code) in board
    run_ladder()
    booking.refresh_from_db()
    # Proposed, never done by itself.
    assert booking.state == BookingState.CONFIRMED


def test_nobody_is_proposed_whom_a_closed_station_could_not_serve(tablet, booking, traveller):
    make_closure(
        station=booking.pickup_station,
        period=Period(booking.starts_at, booking.starts_at + timedelta(minutes=20)),
    )
    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)
    assert "Khách không đến?" not in text_of(tablet.get(url("board")))


def test_an_attendant_notes_a_no_show_with_the_money_shown_first(tablet, booking, traveller):
    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)
    page = text_of(tablet.get(url("no-show", booking.code)))
    assert "600.000 ₫" in page
    assert "3.000.000 ₫" in page
    assert tablet.post(url("no-show", booking.code), {"note": "Gọi hai lần"}).url == url("board")
    booking.refresh_from_db()
    assert booking.state == BookingState.NO_SHOW
    assert Delivery.objects.filter(kind="booking_no_show", channel="email").count() == 1


def test_within_the_grace_nobody_is_given_up(tablet, booking, traveller):
    traveller.move_to(booking.starts_at + timedelta(minutes=30), tick=False)
    answer = tablet.post(url("no-show", booking.code), {"note": ""})
    assert answer.status_code == 409
    assert "Khách còn được chờ đến 09:30 24/11." in text_of(answer)
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_a_supervisor_waits_longer_and_nobody_is_told(supervisors_tablet, tablet, booking, traveller):
    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)
    mails = Delivery.objects.count()
    answer = supervisors_tablet.post(
        url("no-show-wait", booking.code), {"day": "2026-11-24", "time": "11:00", "reason": "Kẹt cầu"}
    )
    assert answer.url == url("board")
    assert "Khách không đến?" not in text_of(tablet.get(url("board")))
    assert tablet.post(url("no-show", booking.code), {"note": ""}).status_code == 409
    event = AuditEvent.objects.get(action="booking.awaited")
    assert (event.subject, event.reason) == (booking.reference, "Kẹt cầu")
    assert Delivery.objects.count() == mails
    traveller.move_to(booking.starts_at + timedelta(hours=2, minutes=31), tick=False)
    assert "Khách không đến?" in text_of(tablet.get(url("board")))


def test_an_attendant_cannot_wait_longer(tablet, booking, traveller):
    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)
    values = {"day": "2026-11-24", "time": "11:00", "reason": "Kẹt cầu"}
    assert tablet.post(url("no-show-wait", booking.code), values).status_code == 403
    booking.refresh_from_db()
    assert booking.awaited_until is None


@pytest.mark.parametrize("name", ["no-show", "no-show-wait"])
def test_another_stations_renter_is_not_theirs_to_judge(other_tablet, booking, traveller, name):
    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)
    assert other_tablet.get(url(name, booking.code)).status_code == 404
    assert other_tablet.post(url(name, booking.code), {"note": ""}).status_code == 404
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


# --- The board ----------------------------------------------------------------------------------------


def test_the_board_names_lateness_fee_and_whom_it_concerns(tablet, rental, model, station, traveller):
    spare = make_vehicle(model=model, station=station, plate="51K-000.77")
    following = make_booking(
        renter=make_renter(),
        vehicle=rental.vehicle,
        period=a_period(starts_at=rental.due_at + timedelta(hours=2)),
    )
    traveller.move_to(rental.due_at + timedelta(minutes=95), tick=False)
    before = text_of(tablet.get(url("board")))
    assert "Trễ 1 giờ 35 phút" in before
    assert "Phí trễ 300.000 ₫" in before
    assert f"Khách sau {following.code} lúc 20:30: chưa có xe thay" in before
    run_ladder()
    assert f"Khách sau {following.code} đã có xe {spare.plate}" in text_of(tablet.get(url("board")))


def test_the_board_shows_what_is_out_of_service(tablet, vehicle, by):
    take_out_of_service(vehicle=vehicle, reason="Kính nứt", by=by)
    board = text_of(tablet.get(url("board")))
    assert "Sự cố và xe ngừng phục vụ" in board
    assert vehicle.plate in board


def test_the_board_costs_the_same_however_much_went_wrong(
    tablet, rental, model, station, by, traveller, django_assert_max_num_queries
):
    def add_trouble() -> None:
        broken = make_vehicle(model=model, station=station)
        make_booking(renter=make_renter(), vehicle=broken, period=a_period(starts_at=clock.now()))
        take_out_of_service(vehicle=broken, reason="Kính nứt", by=by)
        waiting = make_vehicle(model=model, station=station)
        make_booking(renter=make_renter(), vehicle=waiting, period=a_period(starts_at=clock.now()))

    add_trouble()
    traveller.move_to(rental.due_at + timedelta(minutes=5), tick=False)
    tablet.get(url("board"))
    Booking.objects.filter(state=BookingState.CONFIRMED).update(ends_at=clock.now() + timedelta(hours=5))
    with django_assert_max_num_queries(12):
        tablet.get(url("board"))
    traveller.move_to(rental.due_at - timedelta(hours=10), tick=False)
    for _ in range(4):
        add_trouble()
    traveller.move_to(rental.due_at + timedelta(minutes=5), tick=False)
    tablet.get(url("board"))
    Booking.objects.filter(state=BookingState.CONFIRMED).update(ends_at=clock.now() + timedelta(hours=5))
    with django_assert_max_num_queries(12):
        tablet.get(url("board"))


def test_an_offline_station_is_not_judged(booking, traveller):
    from rentals.incidents.selectors import proposals_now

    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)
    assert list(proposals_now()) == [booking]
    station = booking.pickup_station
    type(station).objects.filter(pk=station.pk).update(last_seen_at=clock.now() - timedelta(minutes=31))
    assert list(proposals_now()) == []

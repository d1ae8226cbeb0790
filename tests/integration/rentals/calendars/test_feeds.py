from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from icalendar import Calendar

from accounts.access.actors import renter_actor
from accounts.users.models import User
from rentals.bookings.enums import CancelReason
from rentals.bookings.services import cancel_booking
from rentals.calendars.models import CalendarFeed
from rentals.calendars.services import issue_feed, revoke_feed
from rentals.calendars.views import FeedThrottle
from stations.network.models import StaffPost
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind
from tests.factories.rentals import make_booking, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit.models import AuditEvent
from voltgo.core.clock import Period

MORNING = datetime.fromisoformat("2026-11-23T09:00:00+07:00")
TOMORROW = Period(MORNING + timedelta(days=1), MORNING + timedelta(days=1, hours=4))
OPERATOR = Actor(ActorKind.OPERATOR, "U-OP", "Thu Hà")


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def car():
    model = make_car_model(name="VF 5")
    make_tariff(model=model)
    station = make_station(name="Bến Thành", address="Chợ Bến Thành, Lê Lợi; Quận 1")
    return make_vehicle(station=station, model=model, plate="51K-00001")


@pytest.fixture
def booking(renter, car):
    return make_booking(renter=renter, vehicle=car, period=TOMORROW)


def address_of(owner, vehicle=None):
    return f"/calendars/{issue_feed(owner=owner, vehicle=vehicle, by=renter_actor(owner))}.ics"


def events_in(response):
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_a_feed_is_a_sound_calendar_of_the_renters_trips(client, renter, booking):
    response = client.get(address_of(renter))

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, max-age=300"
    calendar = Calendar.from_ical(response.content)
    assert calendar["VERSION"] == "2.0"
    (event,) = calendar.walk("VEVENT")
    assert event["UID"].startswith(f"{booking.code}@")
    assert event["DTSTART"].dt == TOMORROW.starts_at.astimezone(UTC)
    assert event["DTEND"].dt == TOMORROW.ends_at.astimezone(UTC)
    assert event["STATUS"] == "CONFIRMED"
    assert event["SUMMARY"] == "VoltGo: VinFast VF 5"
    # Commas and semicolons survive the escaping.
    assert event["LOCATION"] == "Bến Thành, Chợ Bến Thành, Lê Lợi; Quận 1"
    assert "51K-00001" in str(event["DESCRIPTION"])
    assert event["URL"].endswith(f"/bookings/{booking.code}/")


def test_lines_are_folded_and_end_as_the_standard_asks(client, renter, booking):
    body = client.get(address_of(renter)).content

    assert b"\r\n" in body
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert max(len(line) for line in body.split(b"\r\n")) <= 75


def test_times_are_utc_so_no_time_zone_is_missing(client, renter, booking):
    body = client.get(address_of(renter)).content

    assert b"DTSTART:20261124T020000Z" in body
    assert b"TZID" not in body


def test_a_cancelled_trip_stays_as_cancelled_under_its_name_with_a_higher_sequence(
    client, renter, booking, morning
):
    address = address_of(renter)
    (before,) = events_in(client.get(address))
    morning.shift(timedelta(hours=1))

    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    (after,) = events_in(client.get(address))
    assert after["UID"] == before["UID"]
    assert after["STATUS"] == "CANCELLED"
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    morning.shift(timedelta(days=40))
    assert events_in(client.get(address)) == []


def test_a_hold_that_was_not_paid_never_stands_in_the_calendar(client, renter, car):
    make_booking(renter=renter, vehicle=car, period=TOMORROW, state="held")
    make_booking(renter=renter, vehicle=car, period=TOMORROW, state="cancelled", confirmed_at=None)

    assert events_in(client.get(address_of(renter))) == []


def test_nothing_of_anybody_else_stands_in_a_feed(client, renter, stranger, booking, car):
    other = make_vehicle(station=car.station, model=car.model)
    make_booking(renter=stranger, vehicle=other, period=TOMORROW)

    response = client.get(address_of(stranger))

    (event,) = events_in(response)
    assert booking.code not in event["UID"]
    assert renter.full_name not in response.content.decode()


def test_the_words_are_in_the_owners_language(client, posted, car):
    block = Period(MORNING + timedelta(days=3), MORNING + timedelta(days=3, hours=5))
    timeline.block(vehicle=car, period=block, kind=AllocationKind.MAINTENANCE, reason="Lốp", by=OPERATOR)
    User.objects.filter(pk=posted.pk).update(language="en")

    response = client.get(address_of(posted, car), headers={"accept-language": "vi"})

    assert events_in(response)[0]["SUMMARY"] == "51K-00001 · maintenance"


def test_a_calendar_that_has_the_newest_is_told_so(client, renter, booking, morning):
    address = address_of(renter)
    first = client.get(address)
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get(address, headers={"if-modified-since": first["Last-Modified"]}).status_code == 304
    morning.shift(timedelta(hours=1))

    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200
    assert client.get(address, headers={"if-modified-since": first["Last-Modified"]}).status_code == 200


@pytest.mark.parametrize("secret", ["unknown", "x" * 43])
def test_an_unknown_address_is_not_there(client, secret):
    assert client.get(f"/calendars/{secret}.ics").status_code == 404


def test_a_revoked_address_is_not_there(client, renter, booking):
    address = address_of(renter)
    revoke_feed(feed=CalendarFeed.objects.get(), by=renter_actor(renter))

    assert client.get(address).status_code == 404


def test_a_new_address_ends_the_old_one(client, renter, booking):
    old, new = address_of(renter), address_of(renter)

    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 1


def test_the_feed_of_somebody_who_was_deactivated_is_not_there(client, renter, booking):
    address = address_of(renter)
    User.objects.filter(pk=renter.pk).update(is_active=False)

    assert client.get(address).status_code == 404


def test_only_the_digest_of_an_address_is_kept(renter):
    secret = issue_feed(owner=renter, by=renter_actor(renter))

    feed = CalendarFeed.objects.get()
    assert secret not in {feed.digest, str(feed)}
    assert len(feed.digest) == 64
    event = AuditEvent.objects.get(action="calendar.issued")
    assert secret not in str(event.changes)


def test_who_asks_too_often_is_slowed_down(client, renter, stranger, booking, monkeypatch):
    monkeypatch.setattr(FeedThrottle, "rate", "3/hour", raising=False)
    address, other = address_of(renter), address_of(stranger)

    statuses = [client.get(address).status_code for _each in range(4)]
    refused = client.get(address)

    assert statuses == [200, 200, 200, 429]
    assert int(refused["Retry-After"]) > 0
    assert client.get(other).status_code == 200


def test_a_feed_costs_the_same_however_many_trips(client, renter, car, django_assert_max_num_queries):
    for days in range(1, 8):
        period = Period(MORNING + timedelta(days=days), MORNING + timedelta(days=days, hours=2))
        make_booking(renter=renter, vehicle=car, period=period)
    address = address_of(renter)

    with django_assert_max_num_queries(7):
        assert len(events_in(client.get(address))) == 7


# --- A vehicle's plan -----------------------------------------------------------------------------


@pytest.fixture
def posted(attendant, car):
    make_post(user=attendant, station=car.station)
    return attendant


def test_a_vehicles_plan_has_codes_and_no_names(client, posted, renter, booking, car):
    block = Period(MORNING + timedelta(days=3), MORNING + timedelta(days=3, hours=5))
    timeline.block(vehicle=car, period=block, kind=AllocationKind.MAINTENANCE, reason="Lốp", by=OPERATOR)

    response = client.get(address_of(posted, car))

    trip, repair = events_in(response)
    assert trip["SUMMARY"] == f"51K-00001 · {booking.code}"
    # With the turnaround: until then nobody else can have it.
    assert trip["DTEND"].dt == (TOMORROW.ends_at + timedelta(minutes=30)).astimezone(UTC)
    assert repair["SUMMARY"] == "51K-00001 · bảo dưỡng"
    text = response.content.decode()
    assert renter.full_name not in text
    assert renter.phone not in text
    assert renter.email not in text


def test_a_plan_shows_a_cancelled_booking_as_cancelled(client, posted, booking, car):
    address = address_of(posted, car)
    (before,) = events_in(client.get(address))

    cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=OPERATOR)

    (after,) = events_in(client.get(address))
    assert (after["UID"], after["STATUS"]) == (before["UID"], "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_who_left_the_station_reads_the_plan_no_longer(client, posted, booking, car):
    address = address_of(posted, car)
    StaffPost.objects.filter(user=posted).update(ended_at=MORNING)

    assert client.get(address).status_code == 404


# --- The pages that give addresses out --------------------------------------------------------------


def test_an_address_is_shown_once(client, renter):
    client.force_login(renter)

    assert client.post("/calendar/", {"do": "issue"}).status_code == 302
    first = client.get("/calendar/").content.decode()
    second = client.get("/calendar/").content.decode()

    assert "/calendars/" in first
    assert "webcal:" in first
    assert ".ics" not in second
    assert "Thu hồi" in second


def test_a_renter_takes_the_address_back(client, renter):
    client.force_login(renter)
    address = address_of(renter)

    client.post("/calendar/", {"do": "revoke"})

    assert client.get(address).status_code == 404
    assert "Tạo địa chỉ lịch" in client.get("/calendar/").content.decode()


def test_a_plan_is_given_only_to_who_works_at_the_vehicles_station(client, car, renter, other_attendant):
    make_post(user=other_attendant, station=make_station())
    for person in (renter, other_attendant):
        client.force_login(person)
        assert client.post(f"/station/vehicles/{car.code}/calendar/", {"do": "issue"}).status_code == 404
    assert CalendarFeed.objects.count() == 0


def test_staff_subscribe_to_a_vehicle_of_their_station(client, posted, car, booking):
    client.force_login(posted)

    response = client.post(f"/station/vehicles/{car.code}/calendar/", {"do": "issue"}, follow=True)

    assert "/calendars/" in response.content.decode()

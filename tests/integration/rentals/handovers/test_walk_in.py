import re
import time
from datetime import timedelta

import pytest
from django.urls import reverse
from rest_framework.throttling import UserRateThrottle

from accounts.users.models import User
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.models import Booking
from rentals.handovers.models import Rental
from rentals.policies.models import BookingPolicy
from stations.fleet.models import Vehicle
from stations.network.models import StaffPost
from tests.factories.accounts import make_renter
from tests.factories.money import pay
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_closure, make_post, make_station, make_vehicle
from tests.integration.rentals.handovers.pages import text_of, url
from voltgo.core import clock, outbox
from voltgo.core.audit.models import AuditEvent
from voltgo.core.clock import Period

pytestmark = pytest.mark.usefixtures("quick_paper")

HELD = re.compile(r'name="(\w+)" value="([^"]*)"')


@pytest.fixture
def at_counter(client, attendant):
    client.force_login(attendant)
    return client


def find(client, typed):
    return client.post(url("walk-in"), {"who": typed})


def choose_url(renter):
    return url("walk-in-choose", renter.public_id)


def form_of(page, vehicle):
    """Return the fields of a vehicle's form as the browser would send them."""
    forms = [form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if vehicle.code in form]
    return dict(HELD.findall(forms[0]))


# --- The fast path -----------------------------------------------------------------------------------


def test_a_known_renter_rides_after_three_presses_of_the_staff(at_counter, renter, vehicle):
    # The first request of a process compiles templates; that is not what a walk-in waits for.
    at_counter.get(url("walk-in"))
    began = time.process_time()

    # Press one: find.
    choose = find(at_counter, renter.phone)
    page = at_counter.get(choose["Location"]).content.decode()
    # Press two: hold.
    held = at_counter.post(choose["Location"], form_of(page, vehicle))
    waiting = at_counter.get(held["Location"])
    booking = Booking.objects.get()
    held_until = booking.allocation.hold_expires_at
    pay(booking)
    paid = at_counter.get(held["Location"])
    # Press three: begin the handover.
    handover = at_counter.post(url("handover-open", booking.code))

    # The server's own share of the minute, on whatever machine this runs.
    assert time.process_time() - began < 2
    assert (booking.renter, booking.channel, booking.is_by_model) == (renter, Channel.COUNTER, False)
    assert booking.allocation.vehicle == vehicle
    assert held_until == clock.now() + timedelta(minutes=5)
    assert booking.quote.total_amount == 200_000
    assert "<svg" in waiting.content.decode()
    assert "Bắt đầu giao xe" not in waiting.content.decode()
    assert "Bắt đầu giao xe" in paid.content.decode()
    assert handover["Location"] == url("handover-detail", booking.code)
    assert Rental.objects.get().booking == booking


def test_who_looked_up_whom_and_who_held_what_is_kept(at_counter, attendant, renter, vehicle):
    choose = find(at_counter, renter.email)["Location"]
    at_counter.post(choose, form_of(at_counter.get(choose).content.decode(), vehicle))

    found, held = AuditEvent.objects.filter(action__startswith="walk_in.").order_by("pk")
    assert (found.action, found.subject, found.actor_ref) == (
        "walk_in.found",
        f"user:{renter.public_id}",
        attendant.public_id,
    )
    assert (held.action, held.actor_ref) == ("walk_in.held", attendant.public_id)
    assert held.changes["vehicle"] == vehicle.code


def test_two_presses_make_one_booking(at_counter, renter, vehicle):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle)

    first, second = at_counter.post(choose, values), at_counter.post(choose, values)

    assert first["Location"] == second["Location"]
    assert Booking.objects.count() == 1


# --- Finding -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["0900000001", "0900 000 001", "+84 900 000 001", "ANH@example.vn"])
def test_a_renter_is_found_by_the_whole_number_or_email(at_counter, renter, vehicle, typed):
    assert find(at_counter, typed)["Location"] == choose_url(renter)


@pytest.mark.parametrize("typed", ["anh", "0900", "Nguyễn Minh Anh"])
def test_parts_of_a_name_or_number_find_nobody(at_counter, renter, vehicle, typed):
    response = find(at_counter, typed)

    assert response.status_code == 422
    assert "Nhập đủ số điện thoại" in text_of(response)


def test_several_with_one_number_are_shown_masked(at_counter, renter, vehicle):
    make_renter(full_name="Trần Thị Bình", phone=renter.phone, email="binh@example.vn")

    page = text_of(find(at_counter, renter.phone))

    assert "N. M. Anh" in page
    assert "T. T. Bình" in page
    assert "••• 001" in page
    assert "a•••@example.vn" in page
    for whole in ("Nguyễn Minh Anh", "anh@example.vn", "Trần Thị"):
        assert whole not in page


def test_people_of_the_house_are_not_found(at_counter, attendant, operator, vehicle):
    for person in (attendant, operator):
        assert "Chưa có tài khoản" in text_of(find(at_counter, person.email))


def test_a_renter_who_was_not_looked_up_has_no_page(at_counter, renter, vehicle):
    assert at_counter.get(choose_url(renter)).status_code == 404


def test_somebody_new_gets_an_account_and_a_mail(at_counter, vehicle, mailoutbox):
    missing = text_of(find(at_counter, "0911222333"))
    assert 'value="0911222333"' in missing

    response = at_counter.post(
        url("walk-in-new"),
        {"full_name": "Lê Văn Mới", "phone": "0911 222 333", "email": "Moi@Example.vn", "language": "vi"},
    )
    page = text_of(at_counter.get(response["Location"]))
    outbox.run_all()

    user = User.objects.get(email="moi@example.vn")
    assert not user.has_usable_password()
    assert user.phone == "0911222333"
    assert "Chưa có căn cước công dân hoặc hộ chiếu." in page
    assert "Giữ xe này" not in page
    (letter,) = mailoutbox
    assert letter.to == ["moi@example.vn"]
    assert "/account/password/reset/key/" in letter.body
    assert AuditEvent.objects.filter(action="user.invited").count() == 1


def test_the_invitation_lets_somebody_choose_a_password(at_counter, client, vehicle, mailoutbox):
    at_counter.post(
        url("walk-in-new"),
        {"full_name": "Lê Văn Mới", "phone": "0911222333", "email": "moi@example.vn", "language": "vi"},
    )
    outbox.run_all()
    found = re.search(r"https?://[^/]+(/account/\S+)", mailoutbox[0].body)
    assert found is not None
    address = found[1]
    client.logout()

    form = client.get(address, follow=True)
    target = form.redirect_chain[-1][0]
    done = client.post(target, {"password1": "mot-mat-khau-dai-2026", "password2": "mot-mat-khau-dai-2026"})

    assert done.status_code == 302
    assert User.objects.get(email="moi@example.vn").has_usable_password()


def test_an_address_that_is_taken_is_refused_at_its_field(at_counter, renter, vehicle):
    response = at_counter.post(
        url("walk-in-new"),
        {"full_name": "Lê Văn Mới", "phone": "0911222333", "email": renter.email, "language": "vi"},
    )

    assert response.status_code == 422
    assert "Đã có tài khoản với email này" in text_of(response)
    assert User.objects.filter(full_name="Lê Văn Mới").count() == 0


# --- What stands ready -------------------------------------------------------------------------------


def chosen_page(client, renter, until=""):
    find(client, renter.phone)
    return client.get(choose_url(renter), {"until": until} if until else {})


def test_only_what_is_ready_and_free_until_then_is_shown(at_counter, renter, vehicle, station):
    soon = make_vehicle(model=vehicle.model, station=station)
    in_two_hours = a_period(starts_at=clock.now() + timedelta(hours=2), hours=2)
    make_booking(renter=make_renter(), vehicle=soon, period=in_two_hours)
    dirty = make_vehicle(model=vehicle.model, station=station, condition="preparation")
    flat = make_vehicle(model=vehicle.model, station=station, battery_percent=20)

    one_hour = text_of(chosen_page(at_counter, renter, "1h"))
    four_hours = text_of(chosen_page(at_counter, renter, "4h"))

    assert soon.plate in one_hour
    assert soon.plate not in four_hours
    assert vehicle.plate in four_hours
    for never in (dirty, flat):
        assert never.plate not in one_hour


def test_the_price_is_that_of_the_chosen_time(at_counter, renter, vehicle):
    assert "400.000" in text_of(chosen_page(at_counter, renter, "4h"))
    assert "100.000" in text_of(chosen_page(at_counter, renter, "1h"))


def test_a_time_at_which_the_station_is_closed_is_not_offered(at_counter, renter, vehicle, station):
    noon = clock.now() + timedelta(hours=3)
    make_closure(station=station, period=Period(noon, noon + timedelta(hours=2)))

    page = text_of(chosen_page(at_counter, renter))

    assert "until=2h" in page
    assert "until=4h" not in page


def test_a_closed_station_hands_nothing_out(at_counter, renter, vehicle, station):
    make_closure(station=station, period=Period(clock.now(), clock.now() + timedelta(hours=2)))

    assert "Trạm đang đóng cửa" in text_of(chosen_page(at_counter, renter))


def test_who_may_not_drive_is_told_why_and_what_to_do(at_counter, newcomer, vehicle):
    page = text_of(chosen_page(at_counter, newcomer))

    assert "Khách chưa thuê được xe nào ở đây" in page
    assert "Hãy chụp căn cước công dân hoặc hộ chiếu" in page
    assert "Giữ xe này" not in page


def test_a_forged_post_for_who_may_not_drive_holds_nothing(at_counter, newcomer, renter, vehicle):
    find(at_counter, renter.phone)
    values = form_of(at_counter.get(choose_url(renter)).content.decode(), vehicle)
    find(at_counter, newcomer.phone)

    response = at_counter.post(choose_url(newcomer), values)

    assert response.status_code == 409
    assert "Chưa có căn cước công dân hoặc hộ chiếu." in text_of(response)
    assert Booking.objects.count() == 0


def test_nobody_pays_a_price_that_they_were_not_shown(at_counter, renter, vehicle):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle) | {"total": "1000"}

    response = at_counter.post(choose, values)

    assert response.status_code == 409
    assert "Giá vừa thay đổi" in text_of(response)
    assert Booking.objects.count() == 0
    # The new price stands in the form: one more press holds.
    assert at_counter.post(choose, form_of(response.content.decode(), vehicle)).status_code == 302


def test_a_page_that_was_left_open_is_asked_again(at_counter, renter, vehicle, traveller):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle)
    traveller.shift(timedelta(minutes=15))

    response = at_counter.post(choose, values)

    assert response.status_code == 422
    assert "Trang đã mở quá lâu" in text_of(response)
    assert Booking.objects.count() == 0


def test_a_vehicle_that_was_just_taken_is_said_to_be(at_counter, renter, vehicle):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle)
    make_booking(renter=make_renter(), vehicle=vehicle, period=a_period(starts_at=clock.now(), hours=2))

    response = at_counter.post(choose, values)

    assert response.status_code == 409
    assert "Xe vừa được người khác đặt" in text_of(response)


def test_an_unpaid_hold_ends_and_the_renter_may_choose_again(at_counter, renter, vehicle, traveller):
    choose = find(at_counter, renter.phone)["Location"]
    held = at_counter.post(choose, form_of(at_counter.get(choose).content.decode(), vehicle))
    traveller.shift(timedelta(minutes=6))

    page = text_of(at_counter.get(held["Location"]))

    assert "Đã hết thời gian giữ xe" in page
    assert choose in page


def test_the_page_costs_the_same_however_many_vehicles(
    at_counter, renter, vehicle, station, django_assert_max_num_queries
):
    for _each in range(8):
        make_vehicle(model=vehicle.model, station=station)
    find(at_counter, renter.phone)

    with django_assert_max_num_queries(12):
        assert text_of(at_counter.get(choose_url(renter))).count("Giữ xe này") == 9


# --- Limits ------------------------------------------------------------------------------------------


@pytest.fixture
def one_booking_only(db):
    BookingPolicy.objects.create(valid_from=clock.today(), most_open_bookings=1)


@pytest.fixture
def busy(renter, station, vehicle):
    """The renter has a booking ahead already."""
    other = make_vehicle(model=vehicle.model, station=station)
    start = clock.now() + timedelta(days=2)
    return make_booking(renter=renter, vehicle=other, period=a_period(starts_at=start, hours=2))


def test_a_walk_in_counts_among_the_renters_bookings(at_counter, renter, vehicle, one_booking_only, busy):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle)

    response = at_counter.post(choose, values | {"waive": "yes"})

    assert response.status_code == 409
    assert "số lượt đặt sắp tới" in text_of(response)
    assert "Trưởng trạm có thể giữ vượt hạn mức" not in text_of(response)
    assert Booking.objects.filter(channel=Channel.COUNTER).count() == 0


def test_a_supervisor_may_let_it_pass(at_counter, attendant, renter, vehicle, one_booking_only, busy):
    StaffPost.objects.filter(user=attendant).update(role=StaffPost.Role.SUPERVISOR)
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle)

    refused = at_counter.post(choose, values)
    again = form_of(refused.content.decode(), vehicle)
    held = at_counter.post(choose, again)

    assert again["waive"] == "yes"
    assert held.status_code == 302
    assert AuditEvent.objects.get(action="booking.limits_waived").actor_ref == attendant.public_id


# --- Who may be here ---------------------------------------------------------------------------------


def test_strangers_learn_nothing_of_it(client, renter, vehicle):
    client.force_login(renter)
    for name in ("walk-in", "walk-in-new"):
        assert client.post(url(name), {}).status_code == 404
    assert client.get(choose_url(renter)).status_code == 404


def test_a_vehicle_of_another_station_cannot_be_held(at_counter, renter, vehicle):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle)
    Vehicle.objects.filter(pk=vehicle.pk).update(station=make_station())

    assert at_counter.post(choose, values).status_code == 404


def test_another_station_does_not_see_the_booking(at_counter, client, other_attendant, renter, vehicle):
    choose = find(at_counter, renter.phone)["Location"]
    held = at_counter.post(choose, form_of(at_counter.get(choose).content.decode(), vehicle))
    make_post(user=other_attendant, station=make_station())
    client.force_login(other_attendant)

    assert client.get(held["Location"]).status_code == 404


def test_a_booking_of_the_web_has_no_page_here(at_counter, booking):
    assert at_counter.get(url("walk-in-booking", booking.code)).status_code == 404
    assert booking.state == BookingState.CONFIRMED


def test_the_board_leads_to_it(at_counter, vehicle):
    assert reverse("station:walk-in") in text_of(at_counter.get(url("board")))


# --- What a browser should not send ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nonsense", "status"),
    [
        ({"vehicle": "\0"}, 400),
        ({"key": "\0"}, 400),
        ({"total": "nothing"}, 409),
        ({"total": "9" * 5_000}, 409),
        ({"ends_at": "9999-12-31T23:59:00+00:00"}, 422),
        ({"starts_at": "9999-12-31T22:59:00+00:00", "ends_at": "9999-12-31T23:59:00+00:00"}, 422),
        ({"ends_at": "0001-01-01T00:00:00+07:00"}, 422),
        ({"ends_at": "2026-02-30T00:00:00+07:00"}, 422),
    ],
)
def test_nonsense_is_answered_politely(at_counter, renter, vehicle, nonsense, status):
    choose = find(at_counter, renter.phone)["Location"]
    values = form_of(at_counter.get(choose).content.decode(), vehicle) | nonsense

    response = at_counter.post(choose, values)

    assert response.status_code == status
    assert Booking.objects.count() == 0
    assert "invalid literal" not in response.content.decode()


def test_people_are_not_looked_up_by_the_hundred(at_counter, vehicle, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"people": "2/hour", "quote": "20/min"})

    numbers = [find(at_counter, f"09000000{number}1").status_code for number in range(3)]

    assert numbers == [200, 200, 429]


def test_a_walk_in_needs_no_notice(at_counter, renter, vehicle):
    BookingPolicy.objects.create(valid_from=clock.today(), lead_minutes=120)
    choose = find(at_counter, renter.phone)["Location"]

    response = at_counter.post(choose, form_of(at_counter.get(choose).content.decode(), vehicle))

    assert response.status_code == 302
    assert Booking.objects.get().channel == Channel.COUNTER

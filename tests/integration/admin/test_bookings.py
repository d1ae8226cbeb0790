import hashlib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor, renter_actor, staff_actor
from accounts.notifications.models import Delivery
from accounts.users.models import User
from payments.intents.models import Refund
from payments.intents.selectors import balance_of
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import mark_no_show
from rentals.contracts.models import Contract
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Inspection, InspectionPhoto, Rental, Settlement
from rentals.handovers.services import add_damage, dispute_settlement, finish_return
from stations.fleet.models import Vehicle
from tests.factories.accounts import make_renter, photo_bytes
from tests.factories.handovers import handed_over, paid_booking, presented, returned
from tests.factories.rentals import a_period, make_booking, make_tariff
from tests.factories.stations import make_car_model, make_closure, make_post, make_vehicle
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.models import AuditEvent, StateEvent

DAMAGE = 800_000


@pytest.fixture
def booking(renter: User) -> Booking:
    """A paid booking that starts in three hours: 600,000 of rent, 3,000,000 of deposit."""
    vehicle = make_vehicle(model=make_car_model())
    make_tariff(model=vehicle.model)
    start = (clock.now() + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    return paid_booking(renter=renter, vehicle=vehicle, period=a_period(starts_at=start, hours=10))


def step(row: Any, name: str) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_step", args=[row.pk, name])


def page_of(row: Any) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def test_a_booking_shows_its_money_its_price_and_its_history(at_work: Client, booking: Booking) -> None:
    html = at_work.get(page_of(booking)).content.decode()

    assert "3.600.000\u00a0₫" in html
    assert "Cọc đang giữ" in html
    assert "đang giữ chỗ → đã xác nhận" in html


def test_nothing_of_a_booking_can_be_posted(at_work: Client, booking: Booking) -> None:
    response = at_work.post(page_of(booking), {"state": BookingState.FULFILLED})

    assert response.status_code == 403
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_cancelling_shows_the_refund_by_whose_doing_it_is(at_work: Client, booking: Booking) -> None:
    html = at_work.get(step(booking, "cancel")).content.decode()

    # Booked within the last day and only minutes ago: both ways everything goes back.
    assert html.count("hoàn 3.600.000\u00a0₫, giữ phí 0\u00a0₫") == 2

    Booking.objects.filter(pk=booking.pk).update(confirmed_at=clock.now() - timedelta(hours=2))
    html = at_work.get(step(booking, "cancel")).content.decode()
    assert "hoàn 3.000.000\u00a0₫, giữ phí 600.000\u00a0₫" in html
    assert "hoàn 3.600.000\u00a0₫, giữ phí 0\u00a0₫" in html


def test_cancelling_by_our_fault_refunds_all_and_keeps_the_note(
    at_work: Client, operator: User, booking: Booking
) -> None:
    Booking.objects.filter(pk=booking.pk).update(confirmed_at=clock.now() - timedelta(hours=2))

    response = at_work.post(step(booking, "cancel"), {"reason": "vehicle_unfit", "note": "Hỏng điều hòa"})

    assert response.status_code == 302
    booking.refresh_from_db()
    assert (booking.state, booking.cancel_reason) == (BookingState.CANCELLED, "vehicle_unfit")
    event = StateEvent.objects.filter(machine="booking").order_by("-pk")[0]
    assert event.reason == "vehicle_unfit: Hỏng điều hòa"
    assert event.actor_ref == operator.public_id


def test_a_booking_that_is_over_offers_no_cancelling(at_work: Client, renter: User) -> None:
    booking = make_booking(renter=renter, vehicle=make_vehicle(), state=BookingState.CANCELLED)

    assert "Hủy lượt đặt" not in at_work.get(page_of(booking)).content.decode()
    response = at_work.post(step(booking, "cancel"), {"reason": "renter", "note": ""})
    assert response.status_code == 302
    assert StateEvent.objects.filter(machine="booking").count() == 1


def test_bookings_are_found_by_code_name_phone_and_plate(at_work: Client, renter: User) -> None:
    vehicle = make_vehicle(plate="51K-678.90")
    booking = make_booking(renter=renter, vehicle=vehicle)
    make_booking(renter=make_renter(full_name="Lê Khánh"), vehicle=make_vehicle())

    for term in (booking.code, "minh anh", renter.phone, "678.90", renter.email):
        response = at_work.get(reverse("admin:rentals_booking_changelist"), {"q": term})
        assert [row.pk for row in response.context["cl"].result_list] == [booking.pk], term


# --- Disputes -----------------------------------------------------------------------------------------


@pytest.fixture
def out_now(renter: User, attendant: User) -> Rental:
    """A vehicle that has just been given to its renter."""
    vehicle = make_vehicle(model=make_car_model())
    make_tariff(model=vehicle.model)
    make_post(user=attendant, station=vehicle.station)
    return handed_over(booking=paid_booking(renter=renter, vehicle=vehicle), attendant=attendant)


@pytest.fixture
def disputed(out_now: Rental, renter: User, attendant: User) -> Settlement:
    """A rental that came back with a scratch of 800,000, which the renter does not accept."""
    by = staff_actor(attendant)
    inspection = presented(out_now, attendant)
    add_damage(
        inspection=inspection,
        part="hood",
        kind="scratch",
        upload=photo_bytes(320, 240),
        charge_amount=DAMAGE,
        by=by,
    )
    settlement = finish_return(rental=out_now, by=by)
    dispute_settlement(rental=out_now, objection="Vết cũ", by=renter_actor(renter))
    return settlement


def test_a_dispute_is_decided_with_an_answer(at_work: Client, disputed: Settlement) -> None:
    damage = disputed.lines.get(code="damage")
    asked = at_work.get(step(disputed, "resolve")).content.decode()
    silent = at_work.post(step(disputed, "resolve"), {"waived": [damage.position], "resolution": ""})
    done = at_work.post(
        step(disputed, "resolve"), {"waived": [damage.position], "resolution": "Vết có từ trước."}
    )

    assert "Vết cũ" in asked
    assert "800.000\u00a0₫" in asked
    assert silent.status_code == 422
    assert done.status_code == 302
    disputed.refresh_from_db()
    assert (disputed.extra_amount, disputed.resolution) == (0, "Vết có từ trước.")
    assert disputed.rental.state == RentalState.CLOSED
    assert AuditEvent.objects.filter(action="settlement.resolved").count() == 1


def test_a_settled_rental_offers_no_decision(at_work: Client, out_now: Rental, attendant: User) -> None:
    settlement = returned(out_now, attendant)

    response = at_work.post(step(settlement, "resolve"), {"resolution": "Xong"})

    assert response.status_code == 409
    settlement.refresh_from_db()
    assert settlement.resolution == ""
    assert "Giải quyết khiếu nại" not in at_work.get(page_of(settlement)).content.decode()


# --- Pictures -----------------------------------------------------------------------------------------


def test_photos_are_shown_to_operators_only(at_work: Client, out_now: Rental, renter: User) -> None:
    inspection = Inspection.objects.get(rental=out_now)
    photo = InspectionPhoto.objects.filter(inspection=inspection)[0]
    url = reverse("admin:rentals_inspectionphoto_file", args=[photo.pk])

    assert url in at_work.get(page_of(inspection)).content.decode()
    picture = at_work.get(url)
    content = picture.getvalue()
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in picture["Cache-Control"]
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert hashlib.sha256(content).hexdigest() == photo.sha256

    at_work.force_login(renter, backend="accounts.users.backends.AuthenticationBackend")
    assert at_work.get(url).status_code == 302


# --- Renters who do not come --------------------------------------------------------------------------


def test_a_renter_who_does_not_come_gets_the_deposit_back_and_pays_the_rent(
    at_work: Client, operator: User, booking: Booking
) -> None:
    with time_machine.travel(booking.starts_at + timedelta(minutes=61), tick=False):
        asked = at_work.get(step(booking, "no-show")).content.decode()
        response = at_work.post(step(booking, "no-show"), {"note": "Đã gọi hai lần"})

    assert "3.000.000\u00a0₫" in asked
    assert response.status_code == 302
    booking.refresh_from_db()
    assert booking.state == BookingState.NO_SHOW
    event = StateEvent.objects.filter(machine="booking").order_by("-pk")[0]
    assert (event.reason, event.actor_ref) == ("Đã gọi hai lần", operator.public_id)
    balance = balance_of(booking.reference)
    assert balance.is_zero
    refund = Refund.objects.get(reference=booking.reference)
    assert (refund.amount, refund.deposit_amount) == (3_000_000, 3_000_000)
    assert Delivery.objects.filter(recipient=booking.renter, kind="booking_no_show").count() == 1
    assert Contract.objects.get(booking=booking).state == "voided"
    assert Vehicle.objects.free(a_period(hours=2)).filter(pk=booking.allocation.vehicle_id).exists()


def test_within_the_hour_of_grace_nobody_is_written_off(at_work: Client, booking: Booking) -> None:
    with time_machine.travel(booking.starts_at + timedelta(minutes=60), tick=False):
        response = at_work.post(step(booking, "no-show"), {"note": ""})

    assert response.status_code == 409
    assert "Khách còn được chờ đến" in response.content.decode()
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    assert not Refund.objects.exists()


def test_who_stood_before_a_closed_station_is_no_no_show(at_work: Client, booking: Booking) -> None:
    make_closure(
        station=booking.pickup_station,
        period=Period(booking.starts_at - timedelta(hours=1), booking.starts_at + timedelta(hours=1)),
    )
    with time_machine.travel(booking.starts_at + timedelta(hours=2), tick=False):
        response = at_work.post(step(booking, "no-show"), {"note": ""})

    assert response.status_code == 409
    assert "Trạm đã đóng cửa vào giờ hẹn." in response.content.decode()
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_marking_twice_changes_nothing(booking: Booking, operator: User) -> None:
    with time_machine.travel(booking.starts_at + timedelta(hours=2), tick=False):
        mark_no_show(booking=booking, by=operator_actor(operator))
        again = mark_no_show(booking=booking, by=operator_actor(operator))

    assert again.total == 0
    assert Refund.objects.count() == 1
    assert StateEvent.objects.filter(machine="booking", target="no_show").count() == 1

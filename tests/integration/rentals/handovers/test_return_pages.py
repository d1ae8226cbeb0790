from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.access.actors import renter_actor
from rentals.bookings.models import Booking
from rentals.handovers import services
from rentals.handovers.enums import RentalState
from rentals.handovers.models import DamageMark, InspectionPhoto, Settlement
from stations.fleet.enums import Condition
from tests.factories.accounts import photo_upload
from tests.factories.handovers import (
    presented,
    returned,
)
from tests.integration.rentals.handovers.pages import codes, photos, text_of, url
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")


def test_a_return_is_done_without_javascript(tablet, rental, vehicle, traveller):
    code = rental.booking.code
    traveller.shift(timedelta(hours=13, minutes=30))
    step = tablet.post(url("return-open", code), follow=True)
    assert step.redirect_chain[-1][0] == url("return-photos", code)
    assert "trễ 3 giờ" in text_of(tablet.get(url("return-arrival", code)))
    page = text_of(tablet.get(url("return-photos", code)))
    assert page.count("Khi giao") == 6
    step = tablet.post(url("return-photos", code), photos())
    assert step.url == url("return-readings", code)
    step = tablet.post(
        step.url,
        {"odometer_km": 12_090, "battery_percent": 44, "checked": codes(inspection="return"), "note": ""},
    )
    assert step.url == url("return-damage", code)
    tablet.post(
        step.url,
        {
            "pins": "[]",
            "pins_part": "rear_bumper",
            "kind": "dent",
            "note": "",
            "charge_amount": 700_000,
            "upload": photo_upload(),
        },
    )
    preview = text_of(tablet.get(url("return-charges", code)))
    assert "Phí trả trễ 3 giờ" in preview
    assert "Bồi thường hư hại: Cản sau" in preview
    assert "1.200.000 ₫" in preview
    assert not Settlement.objects.exists()
    assert tablet.post(url("return-charges", code), {}).status_code == 422
    step = tablet.post(url("return-charges", code), {"sure": "on"})
    assert step.url == url("return-acceptance", code)
    assert tablet.post(step.url, {}).status_code == 422
    done = tablet.post(step.url, {"signed_name": rental.renter.full_name}, follow=True)

    rental.refresh_from_db()
    vehicle.refresh_from_db()
    assert (rental.state, vehicle.condition) == (RentalState.CLOSED, Condition.PREPARATION)
    assert rental.settlement.captured_amount == 1_200_000
    assert "Đã khóa sổ" in text_of(done)


def test_a_return_goes_on_where_it_was_left(tablet, rental, attendant):
    code = rental.booking.code
    resume = url("return-detail", code)
    assert tablet.get(resume).url == url("booking-detail", code)
    presented(rental, attendant)
    assert tablet.get(resume).url == url("return-damage", code)
    InspectionPhoto.objects.filter(inspection__kind="return", position="left").delete()
    assert tablet.get(resume).url == url("return-photos", code)
    assert tablet.get(url("return-charges", code)).url == url("return-photos", code)


def test_the_moment_of_arrival_is_put_right_on_its_page(tablet, rental, attendant, traveller):
    traveller.shift(timedelta(hours=11))
    presented(rental, attendant)
    address = url("return-arrival", rental.booking.code)
    answer = tablet.post(address, {"day": "2026-11-24", "time": "18:31", "reason": ""})
    assert answer.status_code == 422
    tablet.post(address, {"day": "2026-11-24", "time": "18:31", "reason": "Khách chờ"})
    rental.refresh_from_db()
    assert f"{clock.local(rental.presented_at):%H:%M}" == "18:31"
    later = tablet.post(address, {"day": "2026-11-24", "time": "23:00", "reason": "Khách chờ"})
    assert later.status_code == 422


def test_what_did_not_come_back_is_asked_for_in_words(tablet, rental, attendant):
    presented(rental, attendant)
    values = {"odometer_km": 12_090, "battery_percent": 44, "checked": ["keys"], "note": ""}
    answer = tablet.post(url("return-readings", rental.booking.code), values)
    assert answer.status_code == 422
    assert "Có mục không đạt. Hãy ghi rõ vì sao." in text_of(answer)


def test_the_page_of_damage_does_not_complain_before_anything_is_sent(tablet, rental, attendant):
    presented(rental, attendant)
    answer = tablet.get(url("return-damage", rental.booking.code))
    assert answer.context["form"].is_bound is False


def test_a_charge_without_a_picture_is_refused_at_the_picture(tablet, rental, attendant):
    presented(rental, attendant)
    values = {"pins": "[]", "pins_part": "hood", "kind": "dent", "note": "", "charge_amount": 5}
    answer = tablet.post(url("return-damage", rental.booking.code), values)
    assert answer.status_code == 422
    assert "thì phải có ảnh" in text_of(answer)
    assert not DamageMark.objects.exists()


def test_a_mistaken_return_is_taken_back_on_its_page(tablet, rental, attendant):
    presented(rental, attendant)
    address = url("return-cancel", rental.booking.code)
    assert tablet.post(address, {"reason": ""}).status_code == 422
    assert tablet.post(address, {"reason": "Khách hỏi đường"}).url == url("board")
    rental.refresh_from_db()
    assert rental.presented_at is None


def test_a_disputed_settlement_is_shown_with_its_words(tablet, rental, attendant):
    returned(rental, attendant)
    services.dispute_settlement(
        rental=rental, objection="Vết này có từ trước", by=renter_actor(rental.renter)
    )
    answer = tablet.get(url("return-detail", rental.booking.code), follow=True)
    assert "Vết này có từ trước" in text_of(answer)


def test_a_dirty_vehicle_costs_its_frozen_fee_and_the_note_says_what_was_found(tablet, rental, attendant):
    quote = rental.booking.quote
    code = rental.booking.code
    assert "Xe bẩn" not in text_of(tablet.get(url("return-readings", code), follow=True))
    # A quote is never changed: another one takes its place.
    quote.pk, quote.terms = uuid4(), quote.terms | {"cleaning_fee_amount": 150_000}
    quote.save(force_insert=True)
    Booking.objects.filter(pk=rental.booking.pk).update(quote=quote)
    rental.booking.refresh_from_db()
    presented(rental, attendant)
    address = url("return-readings", code)
    values = {"odometer_km": 12_090, "battery_percent": 44, "checked": codes(inspection="return")}
    assert "Khách trả phí vệ sinh 150.000" in text_of(tablet.get(address))

    refused = tablet.post(address, values | {"is_dirty": "on", "note": " "})
    done = tablet.post(address, values | {"is_dirty": "on", "note": "Bùn trên ghế sau"})

    assert refused.status_code == 422
    assert "Hãy mô tả chỗ bẩn." in text_of(refused)
    assert done.url == url("return-damage", code)
    assert "Phí vệ sinh xe" in text_of(tablet.get(url("return-charges", code)))
    tablet.post(address, values | {"note": ""})
    assert "Phí vệ sinh xe" not in text_of(tablet.get(url("return-charges", code)))

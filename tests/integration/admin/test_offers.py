from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from rentals.policies import services as policies
from rentals.policies.errors import PoliciesOverlap, PolicyBackdated
from rentals.policies.models import BookingPolicy
from rentals.policies.rules import Policy
from rentals.pricing.calendar_models import Holiday, PeakHours
from rentals.pricing.models import Tariff
from rentals.pricing.offer_models import AddOn, OneWayFee, Promotion, PromotionUse
from tests.factories.offers import make_add_on, make_holiday, make_one_way_fee, make_peak, make_promotion
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_car_model, make_station
from tests.integration.admin.test_prices import AMOUNTS
from tests.reading import words_of
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.models import AuditEvent


def in_days(days: int) -> date:
    return clock.today() + timedelta(days=days)


def step(row: Any, name: str) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_step", args=[row.pk, name])


def page_of(row: Any) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


# --- The preview --------------------------------------------------------------------------------------


def test_a_successor_is_tried_line_by_line_and_nothing_is_written(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model(), weekend_bp=12_000)
    # A Friday at nine to Sunday at eleven: two days and two hours, 35 hours of them at the weekend.
    friday = clock.today() + timedelta(days=7 + (4 - clock.today().weekday()) % 7)
    sent = AMOUNTS | {
        "valid_from": in_days(1).isoformat(),
        "day_amount": "700.000",
        "weekend_bp": "150",
        "try_from": f"{friday}T09:00",
        "try_until": f"{friday + timedelta(days=2)}T11:00",
        "preview": "1",
    }

    response = at_work.post(step(tariff, "succeed"), sent)

    words = words_of(response.content).replace("\u00a0", " ")
    assert response.status_code == 200
    assert "Thuê 2 ngày × 600.000 ₫ 1.200.000 ₫ Thuê 2 ngày × 700.000 ₫ 1.400.000 ₫ 200.000 ₫" in words
    assert "Thuê 2 giờ × 100.000 ₫ 200.000 ₫ Thuê 2 giờ × 100.000 ₫ 200.000 ₫ 0 ₫" in words
    assert "Phụ thu cuối tuần 20 % × 35 giờ 175.000 ₫ Phụ thu cuối tuần 50 % × 35 giờ 510.417 ₫" in words
    assert "Tổng cộng 1.575.000 ₫ Tổng cộng 2.110.417 ₫ 535.417 ₫" in words
    # What was typed is still there, and nothing was written.
    assert 'value="700.000"' in response.content.decode()
    assert Tariff.objects.count() == 1
    tariff.refresh_from_db()
    assert tariff.valid_until is None
    assert not AuditEvent.objects.exists()


def test_the_preview_names_a_holiday_and_takes_a_stations_own_tariff(at_work: Client) -> None:
    station = make_station()
    tariff = make_tariff(model=make_car_model(), station=station)
    day = in_days(10)
    make_holiday(day)
    sent = AMOUNTS | {
        "valid_from": in_days(1).isoformat(),
        "weekend_bp": "100",
        "try_from": f"{day}T09:00",
        "try_until": f"{day}T11:00",
        "preview": "1",
    }

    words = words_of(at_work.post(step(tariff, "succeed"), sent).content).replace("\u00a0", " ")

    assert "Phụ thu ngày lễ 50 % × 2 giờ 100.000 ₫ 100.000 ₫" in words


def test_dates_in_the_wrong_order_are_said_at_the_field(at_work: Client) -> None:
    tariff = make_tariff(model=make_car_model())
    sent = AMOUNTS | {
        "valid_from": in_days(1).isoformat(),
        "try_from": f"{in_days(5)}T09:00",
        "try_until": f"{in_days(5)}T09:00",
        "preview": "1",
    }

    response = at_work.post(step(tariff, "succeed"), sent)

    assert response.status_code == 422
    assert "Giờ trả phải sau giờ nhận." in words_of(response.content)


def test_the_successor_keeps_the_station(at_work: Client) -> None:
    station = make_station()
    tariff = make_tariff(model=make_car_model(), station=station)

    at_work.post(step(tariff, "succeed"), AMOUNTS | {"valid_from": in_days(3).isoformat()})

    new = Tariff.objects.exclude(pk=tariff.pk).get()
    assert (new.station, new.city, new.holiday_bp, new.cleaning_fee_amount) == (
        station,
        None,
        15_000,
        100_000,
    )


# --- Calendar -----------------------------------------------------------------------------------------


def test_a_holiday_is_entered_ahead_and_not_over_another(at_work: Client) -> None:
    make_holiday(in_days(30), in_days(33))
    url = reverse("admin:rentals_holiday_add")
    sent = {"name": "Giỗ Tổ", "name_en": "Hung Kings", "minimum_days": "2", "source": "Bộ luật Lao động"}

    today = at_work.post(url, sent | {"first_day": in_days(0), "last_day": in_days(0)})
    over = at_work.post(url, sent | {"first_day": in_days(33), "last_day": in_days(34)})
    done = at_work.post(url, sent | {"first_day": in_days(40), "last_day": in_days(40)})

    assert "Giá mới chỉ áp dụng từ hôm nay trở đi" in today.content.decode()
    assert "Đã có ngày lễ khác trong những ngày này." in over.content.decode()
    assert done.status_code == 302
    assert Holiday.objects.count() == 2


def test_a_holiday_that_has_begun_is_left_alone(at_work: Client) -> None:
    holiday = make_holiday(in_days(0), in_days(2))

    assert "Ngày lễ đã bắt đầu" in at_work.get(page_of(holiday)).content.decode()
    assert at_work.post(page_of(holiday), {"name": "X"}).status_code == 403


def test_busy_hours_are_typed_as_hours_and_end_but_are_not_edited(at_work: Client) -> None:
    url = reverse("admin:rentals_peakhours_add")
    sent = {"weekday": "0", "starts_minute": "16:30", "ends_minute": "19:00", "valid_from": in_days(1)}
    assert at_work.post(url, sent).status_code == 302
    assert PeakHours.objects.get().starts_minute == 990

    running = make_peak(1, 7, 9)
    assert at_work.post(page_of(running), sent).status_code == 403
    assert at_work.post(step(running, "end"), {"last_day": in_days(0)}).status_code == 302
    running.refresh_from_db()
    assert running.valid_until == clock.today()


# --- Offers -------------------------------------------------------------------------------------------


def test_an_add_on_has_one_price_a_day_and_changes_forward(at_work: Client) -> None:
    make_add_on("helmet", valid_until=in_days(9))
    url = reverse("admin:rentals_addon_add")
    sent = {
        "slug": "helmet",
        "kind": "equipment",
        "name": "Mũ",
        "name_en": "Helmet",
        "unit": "day",
        "amount": "15.000",
        "cap_amount": "60.000",
        "most": "2",
        "liability_amount": "0",
    }

    over = at_work.post(url, sent | {"valid_from": in_days(9)})
    past = at_work.post(url, sent | {"valid_from": in_days(-1)})
    done = at_work.post(url, sent | {"valid_from": in_days(10)})

    assert "Đã có bảng giá khác cho những ngày này." in over.content.decode()
    assert "Giá mới chỉ áp dụng từ hôm nay trở đi" in past.content.decode()
    assert done.status_code == 302
    assert AddOn.objects.get(valid_from=in_days(10)).cap_amount == 60_000


def test_a_one_way_fee_per_route_and_kind(at_work: Client) -> None:
    there = make_station()
    make_one_way_fee(90_000, destination=there)
    url = reverse("admin:rentals_onewayfee_add")
    sent = {"vehicle_kind": "car", "destination": there.pk, "amount": "120.000", "valid_from": in_days(1)}

    assert "Đã có bảng giá khác" in at_work.post(url, sent).content.decode()
    assert at_work.post(url, sent | {"vehicle_kind": "scooter"}).status_code == 302
    assert OneWayFee.objects.count() == 2


def test_a_promotion_is_entered_in_capitals_and_its_uses_are_counted(at_work: Client, renter: Any) -> None:
    url = reverse("admin:rentals_promotion_add")
    sent = {
        "code": " chao20 ",
        "name": "Chào",
        "name_en": "Hello",
        "percent": "20",
        "amount": "0",
        "most_amount": "200.000",
        "least_total": "0",
        "most_uses": "50",
        "most_uses_each": "1",
        "valid_from_0": in_days(0),
        "valid_from_1": "00:00",
        "valid_until_0": in_days(30),
        "valid_until_1": "00:00",
        "is_active": "on",
    }
    both = at_work.post(url, sent | {"amount": "50.000"})
    done = at_work.post(url, sent)

    assert "Chọn một trong hai: giảm phần trăm hoặc giảm số tiền." in both.content.decode()
    assert done.status_code == 302
    promotion = Promotion.objects.get(code="CHAO20")
    for state in ("used", "used", "returned"):
        PromotionUse.objects.create(
            promotion=promotion, renter=renter, reference=f"booking:{state}{PromotionUse.objects.count()}",
            amount=30_000, state=state,
        )  # fmt: skip
    words = words_of(at_work.get(reverse("admin:rentals_promotion_changelist")).content).replace(
        "\u00a0", " "
    )
    assert "2/50" in words
    assert "60.000 ₫" in words


def test_the_uses_of_a_promotion_are_only_looked_at(at_work: Client, renter: Any) -> None:
    use = PromotionUse.objects.create(
        promotion=make_promotion(), renter=renter, reference="booking:VG-AAAAAA", amount=1
    )
    assert at_work.get(page_of(use)).status_code == 200
    assert at_work.post(page_of(use), {"state": "returned"}).status_code == 403


# --- Policy -------------------------------------------------------------------------------------------

RULES = {name: str(value) for name, value in Policy().as_json().items()} | {"partial_refund_bp": "50"}


@pytest.fixture
def policy() -> BookingPolicy:
    return BookingPolicy.objects.create(valid_from=date(2020, 1, 1))


def test_a_policy_in_use_is_not_edited_but_succeeded_from_a_day(
    at_work: Client, policy: BookingPolicy
) -> None:
    assert at_work.post(page_of(policy), RULES | {"valid_from": "2020-01-01"}).status_code == 403
    sent = RULES | {"valid_from": in_days(5), "free_cancel_hours": "48", "partial_refund_bp": "40"}

    shown = at_work.post(step(policy, "succeed"), sent | {"preview": "1"})
    assert BookingPolicy.objects.count() == 1
    words = words_of(shown.content)
    assert "hủy miễn phí trước (giờ) 24 48" in words.lower()
    assert "50 % 40 %" in words.replace("\u00a0", " ")

    assert at_work.post(step(policy, "succeed"), sent).status_code == 302
    policy.refresh_from_db()
    new = BookingPolicy.objects.exclude(pk=policy.pk).get()
    assert (policy.valid_until, new.valid_from, new.valid_until) == (in_days(4), in_days(5), None)
    assert (new.free_cancel_hours, new.partial_refund_bp) == (48, 4_000)
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "policy.ended",
        "policy.succeeded",
    ]


@pytest.mark.parametrize("days", [-1, 0])
def test_a_policy_never_begins_backwards(at_work: Client, policy: BookingPolicy, days: int) -> None:
    sent = RULES | {"valid_from": in_days(days)}

    assert at_work.post(step(policy, "succeed"), sent).status_code == 422
    added = at_work.post(reverse("admin:rentals_bookingpolicy_add"), sent)

    assert "Chính sách mới chỉ áp dụng từ ngày mai trở đi" in added.content.decode()
    assert BookingPolicy.objects.count() == 1


def test_numbers_that_do_not_fit_are_refused_in_words(at_work: Client, policy: BookingPolicy) -> None:
    sent = RULES | {"valid_from": in_days(5), "free_cancel_hours": "6"}

    response = at_work.post(step(policy, "succeed"), sent)

    assert response.status_code == 422
    assert "hạn hoàn một phần phải sau hạn hủy miễn phí" in words_of(response.content)


def test_a_successor_of_a_successor_is_refused_as_a_whole(policy: BookingPolicy) -> None:
    BookingPolicy.objects.filter(pk=policy.pk).update(valid_until=in_days(9))
    BookingPolicy.objects.create(valid_from=in_days(10))
    policy.refresh_from_db()

    with pytest.raises(PoliciesOverlap):
        policies.succeed_policy(policy=policy, successor=BookingPolicy(valid_from=in_days(8)), by=SYSTEM)
    with pytest.raises(PolicyBackdated):
        policies.succeed_policy(policy=policy, successor=BookingPolicy(valid_from=in_days(0)), by=SYSTEM)

    policy.refresh_from_db()
    assert policy.valid_until == in_days(9)
    assert not AuditEvent.objects.exists()

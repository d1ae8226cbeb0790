from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rentals.bookings import presentation
from rentals.pricing.engine import Terms
from stations.fleet.models import VehicleModel
from stations.network.hours import Week
from voltgo.core.clock import LOCAL_ZONE, Period

NOW = datetime(2026, 11, 23, 9, tzinfo=LOCAL_ZONE)
TERMS = Terms(
    hour_amount=100_000,
    day_amount=600_000,
    week_amount=3_600_000,
    month_amount=12_000_000,
    weekend_bp=10_000,
    deposit_amount=3_000_000,
    included_km_per_day=300,
    extra_km_amount=5_000,
    late_grace_minutes=29,
    late_first_hour_amount=100_000,
    late_next_hour_amount=200_000,
    return_battery_percent=20,
    energy_fee_amount=50_000,
)


def model(**fields: Any) -> VehicleModel:
    values: dict[str, Any] = {
        "maker": "VinFast",
        "name": "VF 3",
        "category": "car",
        "seats": 4,
        "range_km": 210,
        "battery_kwh": Decimal("18.64"),
        "power_kw": Decimal("30.00"),
        "max_speed_kmh": 100,
    }
    return VehicleModel(**values | fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"category": "moped", "power_kw": Decimal(2)}, "Không cần giấy phép lái xe, từ 16 tuổi"),
        ({"category": "motorbike", "power_kw": Decimal(11)}, "Giấy phép hạng A1 hoặc A, từ 18 tuổi"),
        ({"category": "motorbike", "power_kw": Decimal("11.01")}, "Giấy phép hạng A, từ 18 tuổi"),
        ({"category": "car"}, "Giấy phép hạng B trở lên, từ 18 tuổi"),
    ],
)
def test_the_licence_that_a_model_needs_is_said_in_words(fields: dict[str, Any], words: str) -> None:
    assert presentation.licence_of(model(**fields)) == words


def test_figures_have_no_idle_zeros() -> None:
    facts = {fact["label"]: fact["value"] for fact in presentation.facts_of(model())}

    assert facts["Pin"] == "18,64\u00a0kWh"
    assert facts["Công suất"] == "30\u00a0kW"


def test_days_with_the_same_hours_stand_together() -> None:
    week: Week = {
        0: (360, 1350),
        1: (360, 1350),
        2: (360, 1350),
        3: (360, 1350),
        4: (360, 1350),
        5: (0, 1440),
    }

    assert presentation.hours_of(week) == [
        {"label": "T2–T6", "value": "06:00–22:30"},
        {"label": "T7", "value": "Mở 24 giờ"},
        {"label": "CN", "value": "Đóng cửa"},
    ]


def test_a_station_that_never_closes_says_so_once() -> None:
    assert presentation.hours_of(dict.fromkeys(range(7), (0, 1440))) == [
        {"label": "Mọi ngày", "value": "Mở 24 giờ"}
    ]


def rules(starts_at: datetime, hours: int = 10) -> dict[str, str]:
    period = Period(starts_at, starts_at + timedelta(hours=hours))
    return {rule.label: rule.text for rule in presentation.rules_of(period, TERMS, booked_at=NOW)}


def test_early_bookings_name_both_moments_of_the_cancellation_tiers() -> None:
    assert rules(NOW + timedelta(days=3))["Hủy chuyến"] == (
        "Miễn phí đến 09:00 T4 25/11/2026. Hoàn 50% tiền thuê đến 21:00 T4 25/11/2026. "
        "Sau đó không hoàn tiền thuê. Tiền cọc luôn được hoàn đủ."
    )


def test_bookings_within_a_day_may_be_thought_over_for_an_hour() -> None:
    assert rules(NOW + timedelta(hours=20))["Hủy chuyến"] == (
        "Miễn phí trong 1 giờ đầu sau khi đặt. Hoàn 50% tiền thuê đến 17:00 T2 23/11/2026. "
        "Sau đó không hoàn tiền thuê. Tiền cọc luôn được hoàn đủ."
    )


def test_bookings_within_half_a_day_have_no_half_refund() -> None:
    assert rules(NOW + timedelta(hours=2))["Hủy chuyến"] == (
        "Miễn phí trong 1 giờ đầu sau khi đặt. Sau đó không hoàn tiền thuê. Tiền cọc luôn được hoàn đủ."
    )


def test_rules_name_their_hours_kilometres_and_dong() -> None:
    found = rules(NOW + timedelta(days=3), hours=36)

    assert found["Quãng đường"] == "450\u00a0km trong giá (300\u00a0km mỗi ngày). Vượt: 5.000\u00a0₫ mỗi km."
    assert found["Pin khi trả"] == "Trả xe khi pin còn từ 20%. Thiếu mỗi 10%: 50.000\u00a0₫."
    assert found["Trả trễ"] == (
        "Quá 29 phút: trả thêm tiền thuê của giờ dùng thêm, và phí 100.000\u00a0₫ cho giờ đầu, "
        "200.000\u00a0₫ mỗi giờ sau, tối đa 900.000\u00a0₫."
    )
    assert "3.000.000\u00a0₫" in found["Tiền cọc"]

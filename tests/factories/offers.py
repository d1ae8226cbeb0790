"""Holidays, busy hours, add-ons, one-way fees and promotions as tests need them."""

from datetime import date, timedelta
from typing import Any

from rentals.pricing.calendar_models import Holiday, PeakHours
from rentals.pricing.enums import AddOnKind, AddOnUnit
from rentals.pricing.offer_models import AddOn, OneWayFee, Promotion
from voltgo.core import clock

LONG_AGO = date(2020, 1, 1)


def make_holiday(first: date, last: date | None = None, **fields: Any) -> Holiday:
    defaults: dict[str, Any] = {"name": "Tết Nguyên đán", "name_en": "Lunar New Year"}
    return Holiday.objects.create(first_day=first, last_day=last or first, **defaults | fields)


def make_peak(weekday: int, starts_hour: int, ends_hour: int, **fields: Any) -> PeakHours:
    defaults: dict[str, Any] = {"valid_from": LONG_AGO}
    return PeakHours.objects.create(
        weekday=weekday,
        starts_minute=60 * starts_hour,
        ends_minute=60 * ends_hour,
        **defaults | fields,
    )


def make_add_on(slug: str = "helmet", **fields: Any) -> AddOn:
    """Make an add-on: a helmet for 20,000 a rental, at most two."""
    defaults: dict[str, Any] = {
        "kind": AddOnKind.EQUIPMENT,
        "name": "Mũ bảo hiểm thêm",
        "name_en": "Extra helmet",
        "unit": AddOnUnit.RENTAL,
        "amount": 20_000,
        "most": 2,
        "valid_from": LONG_AGO,
    }
    return AddOn.objects.create(slug=slug, **defaults | fields)


def make_liability(slug: str = "reduced", **fields: Any) -> AddOn:
    """Make reduced liability: 60,000 a day, at most 200,000 a rental."""
    defaults: dict[str, Any] = {
        "kind": AddOnKind.INSURANCE,
        "name": "Giảm mức bồi thường còn 2 triệu",
        "name_en": "Liability reduced to 2 million",
        "unit": AddOnUnit.DAY,
        "amount": 60_000,
        "cap_amount": 200_000,
        "most": 1,
    }
    return make_add_on(slug, **defaults | fields)


def make_one_way_fee(amount: int = 150_000, *, kind: str = "car", **fields: Any) -> OneWayFee:
    return OneWayFee.objects.create(vehicle_kind=kind, amount=amount, **{"valid_from": LONG_AGO} | fields)


def make_promotion(code: str = "CHAO", **fields: Any) -> Promotion:
    """Make a promotion: 20 % off for everybody, once each, from yesterday for a month."""
    defaults: dict[str, Any] = {
        "name": "Chào bạn mới",
        "name_en": "Welcome",
        "valid_from": clock.now() - timedelta(days=1),
        "valid_until": clock.now() + timedelta(days=30),
    }
    if "amount" not in fields:
        defaults["percent"] = 20
    return Promotion.objects.create(code=code, **defaults | fields)

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.users.models import User
from payments.intents.selectors import intents_of
from payments.intents.services import apply_fact
from rentals.bookings.enums import CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, expire_hold, hold_booking
from rentals.pricing import promotions
from rentals.pricing.enums import PromotionUseState
from rentals.pricing.errors import PromotionReason, PromotionRefused, QuoteForAnother
from rentals.pricing.models import Quote
from rentals.pricing.offer_models import Promotion, PromotionUse
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle
from tests.factories.money import paid_fact, pay
from tests.factories.offers import make_promotion
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_city, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM


@pytest.fixture
def car() -> Vehicle:
    model = make_car_model()
    make_tariff(model=model)
    return make_vehicle(station=make_station(), model=model)


def quoted(car: Vehicle, renter: User | None, code: str = "CHAO", *, hours: int = 4) -> Quote:
    return make_quote(
        model=car.model,
        station=car.station,
        period=a_period(hours=hours),
        promotion_code=code,
        renter=renter,
    )


def held(quote: Quote, renter: User) -> Booking:
    return hold_booking(renter=renter, quote=quote, idempotency_key=str(quote.pk), by=SYSTEM)


def uses(promotion: Promotion) -> list[tuple[str, str, int]]:
    rows = PromotionUse.objects.filter(promotion=promotion).order_by("pk")
    return [(use.reference, use.state, use.amount) for use in rows]


def test_a_share_comes_off_the_rent_with_exactly_its_tax(car: Vehicle, renter: User) -> None:
    make_promotion(percent=20)

    quote = quoted(car, renter, " chao ")

    assert (quote.total_amount, quote.net_amount, quote.vat_amount) == (320_000, 296_296, 23_704)
    line = quote.lines[-1]
    assert (line["code"], line["gross"], line["net"], line["vat"]) == ("promotion", -80_000, -74_074, -5_926)


@pytest.mark.parametrize(
    ("rules", "total"),
    [
        ({"amount": 50_000}, 350_000),
        ({"amount": 900_000}, 0),
        ({"percent": 50, "most_amount": 100_000}, 300_000),
        ({"percent": 100}, 0),
        # Never below the least total: otherwise a longer rental would be cheaper.
        ({"percent": 50, "least_total": 350_000}, 350_000),
    ],
)
def test_an_amount_and_every_bound_of_a_promotion(
    car: Vehicle, renter: User, rules: dict[str, Any], total: int
) -> None:
    make_promotion(**rules)
    assert quoted(car, renter).total_amount == total


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"valid_from": clock.now() + timedelta(days=1)}, PromotionReason.NOT_NOW),
        ({"valid_until": clock.now() - timedelta(seconds=1)}, PromotionReason.NOT_NOW),
        ({"vehicle_kind": "scooter"}, PromotionReason.NOT_THIS_VEHICLE),
        ({"is_active": False}, PromotionReason.UNKNOWN),
        ({"least_total": 400_000}, PromotionReason.TOTAL_TOO_SMALL),
    ],
)
def test_a_code_outside_its_rules_is_refused_and_nothing_is_quoted(
    car: Vehicle, renter: User, rules: dict[str, Any], reason: PromotionReason
) -> None:
    make_promotion(**rules)
    with pytest.raises(PromotionRefused) as refused:
        quoted(car, renter)
    assert refused.value.reason == reason
    assert not Quote.objects.exists()


def test_a_code_for_another_model_or_city_is_refused(car: Vehicle, renter: User) -> None:
    make_promotion("MAU", model=make_car_model())
    make_promotion("HANOI", city=make_city(slug="ha-noi", name="Hà Nội"))

    for code, reason in (("MAU", "not_this_vehicle"), ("HANOI", "not_here"), ("GI", "unknown")):
        with pytest.raises(PromotionRefused) as refused:
            quoted(car, renter, code)
        assert refused.value.details["reason"] == reason


def test_a_visitor_is_asked_to_sign_in_first(car: Vehicle) -> None:
    make_promotion()
    make_promotion("XONG", is_active=False)
    # The same answer whatever the code: a visitor must not find out which ones there are.
    for code in ("CHAO", "XONG", "KHONG-CO"):
        with pytest.raises(PromotionRefused) as refused:
            quoted(car, None, code)
        assert str(refused.value) == "Hãy đăng nhập để dùng mã khuyến mãi."


def test_a_use_is_counted_when_the_vehicle_is_held_and_only_once_each(car: Vehicle, renter: User) -> None:
    make_vehicle(station=car.station, model=car.model)
    promotion = make_promotion()
    first, second = quoted(car, renter), quoted(car, renter)
    assert uses(promotion) == []

    booking = held(first, renter)

    assert uses(promotion) == [(booking.reference, "used", 80_000)]
    with pytest.raises(PromotionRefused) as refused:
        held(second, renter)
    assert refused.value.reason == PromotionReason.USED_BY_YOU
    assert Booking.objects.count() == 1
    assert len(uses(promotion)) == 1


def test_the_last_use_of_all_is_refused_to_the_next(car: Vehicle, renter: User, stranger: User) -> None:
    make_vehicle(station=car.station, model=car.model)
    make_promotion(most_uses=1)
    mine, theirs = quoted(car, renter), quoted(car, stranger)
    held(mine, renter)

    with pytest.raises(PromotionRefused) as refused:
        held(theirs, stranger)
    assert refused.value.reason == PromotionReason.USED_UP
    with pytest.raises(PromotionRefused):
        quoted(car, stranger)


def test_a_quote_with_a_promotion_is_its_renters_alone(car: Vehicle, renter: User, stranger: User) -> None:
    make_promotion()
    with pytest.raises(QuoteForAnother):
        held(quoted(car, renter), stranger)
    assert not Booking.objects.exists()


def test_an_expired_hold_gives_its_use_back_and_late_money_takes_it_again(car: Vehicle, renter: User) -> None:
    promotion = make_promotion(valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    with time_machine.travel("2026-11-23T09:00:00+07:00", tick=False) as hand:
        booking = held(quoted(car, renter), renter)
        fact = paid_fact(intents_of(booking.reference).get())
        hand.shift(timedelta(minutes=16))

        assert expire_hold(booking)
        assert uses(promotion) == [(booking.reference, PromotionUseState.RETURNED, 80_000)]

        apply_fact(fact)
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert uses(promotion) == [(booking.reference, PromotionUseState.USED, 80_000)]


def test_a_cancelled_booking_gives_its_use_back(car: Vehicle, renter: User) -> None:
    promotion = make_promotion()
    booking = held(quoted(car, renter), renter)
    pay(booking)
    booking.refresh_from_db()

    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=SYSTEM)

    assert [state for _reference, state, _amount in uses(promotion)] == ["returned"]
    assert quoted(car, renter).promotion == promotion


def test_a_code_for_the_first_booking_asks_whether_there_was_one(car: Vehicle, renter: User) -> None:
    make_vehicle(station=car.station, model=car.model)
    make_promotion("DAU", is_first_booking_only=True)
    first = quoted(car, renter, "DAU")
    booking = held(make_quote(model=car.model, station=car.station, period=a_period()), renter)

    with pytest.raises(PromotionRefused) as refused:
        held(first, renter)
    assert refused.value.reason == PromotionReason.FIRST_BOOKING_ONLY
    pay(booking)
    with pytest.raises(PromotionRefused):
        quoted(car, renter, "DAU")


def test_redeeming_twice_for_one_booking_counts_once(car: Vehicle, renter: User) -> None:
    promotion = make_promotion()
    quote = quoted(car, renter)
    booking = held(quote, renter)

    from django.db import transaction

    with transaction.atomic():
        promotions.redeem(quote=quote, reference=booking.reference, renter=renter)

    assert len(uses(promotion)) == 1

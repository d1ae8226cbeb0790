from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.users.models import User
from rentals.policies.models import BookingPolicy
from rentals.pricing.errors import (
    NoTariff,
    OneWayNotOffered,
    OptionNotOffered,
    QuoteForAnother,
    TooShortForHoliday,
)
from rentals.pricing.models import Quote
from rentals.pricing.offer_models import AddOn
from rentals.pricing.selectors import price_list
from rentals.pricing.services import Option, check_renter, make_quote, price_for, quote_hash, requote
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from tests.factories.offers import (
    make_add_on,
    make_holiday,
    make_liability,
    make_one_way_fee,
    make_peak,
    make_promotion,
)
from tests.factories.rentals import a_period, end_tax_rules, make_tariff
from tests.factories.stations import make_car_model, make_city, make_station
from voltgo.core.clock import LOCAL_ZONE, Period

# A Tuesday.
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=LOCAL_ZONE)


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-23T09:00:00+07:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def station() -> Station:
    return make_station(name="Bến Thành")


@pytest.fixture
def car() -> VehicleModel:
    return make_car_model()


def days(count: float, start: datetime = TUESDAY) -> Period:
    return Period(start, start + timedelta(days=count))


def lines(quote: Quote) -> list[tuple[str, int]]:
    return [(line["code"], line["gross"]) for line in quote.lines]


# --- Which tariff -------------------------------------------------------------------------------------


def test_a_stations_tariff_beats_its_citys_and_that_the_general_one(
    station: Station, car: VehicleModel
) -> None:
    elsewhere = make_station(city=make_city(slug="ha-noi", name="Hà Nội"))
    nearby = make_station()
    make_tariff(model=car, hour_amount=100_000)
    make_tariff(model=car, city=station.city, hour_amount=110_000)
    make_tariff(model=car, station=station, hour_amount=120_000)
    period = a_period(starts_at=TUESDAY, hours=1)

    assert price_for(model=car, station=station, period=period).total == 120_000
    assert price_for(model=car, station=nearby, period=period).total == 110_000
    assert price_for(model=car, station=elsewhere, period=period).total == 100_000
    prices = price_list(TUESDAY.date())
    for place, total in ((station, 120_000), (nearby, 110_000), (elsewhere, 100_000)):
        listed = prices.price(car.pk, place.city_id, period, place.pk)
        assert listed is not None
        assert listed.total == total
        assert make_quote(model=car, station=place, period=period).total_amount == total


def test_a_stations_tariff_does_not_reach_other_stations(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car, station=station)

    with pytest.raises(NoTariff):
        make_quote(model=car, station=make_station(), period=days(1))
    assert not Quote.objects.exists()


def test_the_list_of_prices_takes_one_query_and_one_more_for_a_calendar(
    station: Station, car: VehicleModel, django_assert_num_queries: Any
) -> None:
    tariff = make_tariff(model=car)
    with django_assert_num_queries(1):
        price_list(TUESDAY.date())
    type(tariff).objects.update(holiday_bp=15_000)
    with django_assert_num_queries(2):
        price_list(TUESDAY.date())


# --- The calendar -------------------------------------------------------------------------------------


def test_each_reason_for_a_higher_price_is_a_line_of_its_own(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car, weekend_bp=12_000, peak_bp=13_000, holiday_bp=15_000)
    make_peak(4, 16, 19)
    make_peak(4, 16, 19, city=make_city(slug="ha-noi", name="Hà Nội"))
    make_holiday(date(2026, 11, 29))
    # Friday 17:00 to Sunday 17:00: two days, of which 2 hours peak, 24 hours Saturday, 17 hours holiday.
    period = days(2, datetime(2026, 11, 27, 17, tzinfo=LOCAL_ZONE))

    quote = make_quote(model=car, station=station, period=period)

    assert lines(quote) == [
        ("rent_day", 1_200_000),
        ("holiday", 212_500),
        ("peak", 15_000),
        ("weekend", 120_000),
    ]
    assert price_list(period.starts_at.date()).price(car.pk, station.city_id, period).total == 1_547_500


def test_the_calendar_is_frozen_some_way_past_the_end(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car, holiday_bp=15_000)
    make_holiday(date(2027, 1, 1))
    far = make_holiday(date(2027, 4, 30))
    quote = make_quote(model=car, station=station, period=days(1))
    assert quote.terms["holidays"] == ["2027-01-01"]
    far.delete()

    # New Year's Day is dear, as it was when the price was shown, though the holiday is gone since.
    type(far).objects.all().delete()
    extended = requote(
        quote=quote, period=Period(quote.starts_at, datetime(2027, 1, 1, 9, tzinfo=LOCAL_ZONE))
    )
    assert extended.terms == quote.terms


def test_a_holiday_asks_for_its_shortest_rental_in_words(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car)
    make_holiday(date(2026, 11, 26), date(2026, 11, 28), minimum_days=3)

    with pytest.raises(TooShortForHoliday) as refused:
        make_quote(model=car, station=station, period=days(2))
    assert str(refused.value) == "Thuê xe dịp Tết Nguyên đán ít nhất 3 ngày."
    assert refused.value.status == 422
    assert not Quote.objects.exists()

    # Back before the holiday begins, and three started days that touch it.
    before = Period(TUESDAY, datetime(2026, 11, 26, 0, 0, tzinfo=LOCAL_ZONE))
    assert make_quote(model=car, station=station, period=before).period == before
    assert make_quote(model=car, station=station, period=days(2.5)).total_amount == 1_800_000


# --- What is added ------------------------------------------------------------------------------------


def test_add_ons_cost_per_piece_and_day_up_to_their_cap(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car)
    make_add_on()
    make_liability()
    make_add_on("child-seat", valid_until=date(2026, 11, 23))

    chosen = [Option("helmet", 2), Option("reduced")]
    quote = make_quote(model=car, station=station, period=days(5), options=chosen)

    assert lines(quote) == [("rent_day", 3_000_000), ("add_on", 40_000), ("add_on", 200_000)]
    assert quote.total_amount == 3_240_000
    assert quote.options == [{"slug": "helmet", "quantity": 2}, {"slug": "reduced", "quantity": 1}]
    assert quote.sha256 == quote_hash(quote)


@pytest.mark.parametrize(
    "option", [Option("helmet", 3), Option("parasol"), Option("over", 1), Option("scooter")]
)
def test_what_is_not_offered_is_refused(station: Station, car: VehicleModel, option: Option) -> None:
    make_tariff(model=car)
    make_add_on()
    make_add_on("over", valid_until=date(2026, 11, 23))
    make_add_on("scooter", vehicle_kind="scooter")

    with pytest.raises(OptionNotOffered):
        make_quote(model=car, station=station, period=days(1), options=[option])
    assert not Quote.objects.exists()


def test_an_add_on_that_the_model_does_not_take_is_named(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car)
    make_add_on("scooter", vehicle_kind="scooter")

    with pytest.raises(OptionNotOffered) as refusal:
        make_quote(model=car, station=station, period=days(1), options=[Option("scooter")])

    assert (
        str(refusal.value) == f"Chuyến bạn chọn không kèm được: {AddOn.objects.get()}. "
        "Hãy bỏ dịch vụ này rồi xem lại."
    )


def test_the_most_exact_one_way_fee_counts(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car)
    there, elsewhere = make_station(), make_station()
    with pytest.raises(OneWayNotOffered):
        make_quote(model=car, station=station, period=days(1), return_station=there)
    make_one_way_fee(150_000)
    make_one_way_fee(120_000, origin=station)
    make_one_way_fee(90_000, origin=station, destination=there)
    make_one_way_fee(1_000, kind="scooter", origin=station, destination=there)

    def fee(origin: Station, destination: Station) -> int:
        quote = make_quote(model=car, station=origin, period=days(1), return_station=destination)
        return quote.total_amount - 600_000

    assert fee(station, there) == 90_000
    assert fee(station, elsewhere) == 120_000
    assert fee(there, elsewhere) == 150_000
    assert fee(station, station) == 0
    hanoi = make_station(city=make_city(slug="ha-noi", name="Hà Nội"))
    with pytest.raises(OneWayNotOffered):
        fee(station, hanoi)
    make_one_way_fee(2_000_000, origin=station, destination=hanoi)
    assert fee(station, hanoi) == 2_000_000


def test_a_young_driver_pays_per_day_and_nobody_else_uses_that_quote(
    station: Station, car: VehicleModel, renter: User, stranger: User
) -> None:
    make_tariff(model=car, young_driver_day_amount=50_000, young_driver_age=23)
    User.objects.filter(pk=renter.pk).update(born_on=date(2004, 11, 25))
    User.objects.filter(pk=stranger.pk).update(born_on=date(2003, 11, 24))
    renter.refresh_from_db()
    stranger.refresh_from_db()

    quote = make_quote(model=car, station=station, period=days(1.5), renter=renter)
    grown = make_quote(model=car, station=station, period=days(1.5), renter=stranger)

    assert lines(quote)[-1] == ("young_driver", 100_000)
    listed = price_list(TUESDAY.date())
    for person, expected in ((renter, quote), (stranger, grown)):
        price = listed.price(car.pk, station.city_id, days(1.5), station.pk, born_on=person.born_on)
        assert price is not None
        assert price.total == expected.total_amount
    assert quote.renter == renter
    # On the day of pickup the other one is 23.
    assert grown.total_amount == quote.total_amount - 100_000
    assert grown.renter is None
    check_renter(quote, renter)
    check_renter(grown, stranger)
    with pytest.raises(QuoteForAnother):
        check_renter(quote, stranger)
    with pytest.raises(QuoteForAnother):
        check_renter(grown, renter)


# --- What is frozen -----------------------------------------------------------------------------------


def test_todays_booking_policy_is_frozen_with_the_price(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car)
    BookingPolicy.objects.create(valid_from=date(2026, 1, 1), free_cancel_hours=48)

    quote = make_quote(model=car, station=station, period=days(1))

    assert quote.policy["free_cancel_hours"] == 48
    assert quote.policy["partial_refund_bp"] == 5_000


def test_the_hash_covers_everything_that_was_chosen(
    station: Station, car: VehicleModel, renter: User
) -> None:
    make_tariff(model=car)
    quote = make_quote(model=car, station=station, period=days(1))
    changes: list[dict[str, Any]] = [
        {"options": [{"slug": "helmet", "quantity": 1}]},
        {"policy": {}},
        {"promotion": make_promotion()},
        {"renter": renter},
        {"lines": []},
        {"terms": {}},
        {"return_station": make_station()},
        {"replaces": quote},
    ]
    for change in changes:
        other = Quote.objects.get(pk=quote.pk)
        for name, value in change.items():
            setattr(other, name, value)
        assert quote_hash(other) != quote.sha256
    assert quote_hash(Quote.objects.get(pk=quote.pk)) == quote.sha256


# --- Pricing a change ---------------------------------------------------------------------------------


def test_an_extension_costs_the_whole_less_what_was_paid_by_the_old_rules(
    station: Station, car: VehicleModel
) -> None:
    tariff = make_tariff(model=car, valid_until=date(2026, 11, 24))
    make_tariff(model=car, valid_from=date(2026, 11, 25), hour_amount=200_000, day_amount=1_200_000)
    make_liability()
    booked = make_quote(model=car, station=station, period=days(2), options=[Option("reduced")])

    extended = requote(quote=booked, period=days(3))

    assert (booked.total_amount, extended.total_amount) == (1_320_000, 1_980_000)
    assert extended.tariff == tariff
    assert extended.replaces == booked
    assert extended.policy == booked.policy
    assert extended.options == booked.options
    shorter = requote(quote=extended, period=days(1))
    assert shorter.total_amount == 660_000


def test_a_kept_add_on_keeps_its_price_and_a_new_one_has_todays(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car)
    helmet = make_add_on()
    booked = make_quote(model=car, station=station, period=days(1), options=[Option("helmet")])
    type(helmet).objects.update(amount=30_000)
    make_liability()

    changed = requote(quote=booked, options=[Option("helmet"), Option("reduced")])

    assert lines(changed) == [("rent_day", 600_000), ("add_on", 20_000), ("add_on", 60_000)]


def test_another_model_or_other_days_are_priced_as_of_today(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car, valid_until=date(2026, 11, 24))
    make_tariff(model=car, valid_from=date(2026, 11, 25), day_amount=700_000)
    other = make_car_model()
    make_tariff(model=other, day_amount=900_000)
    booked = make_quote(model=car, station=station, period=days(1))

    moved = requote(quote=booked, period=days(1, TUESDAY + timedelta(days=2)))
    swapped = requote(quote=booked, model=other)

    assert (moved.total_amount, swapped.total_amount) == (700_000, 900_000)
    assert (swapped.model, swapped.pickup_station) == (other, station)


def test_shortening_into_a_holidays_minimum_is_refused_but_extending_is_not(
    station: Station, car: VehicleModel
) -> None:
    make_tariff(model=car)
    short = make_quote(model=car, station=station, period=days(1))
    make_holiday(date(2026, 11, 25), minimum_days=3)
    long = make_quote(model=car, station=station, period=days(3))

    assert requote(quote=short, period=days(2)).total_amount == 1_200_000
    with pytest.raises(TooShortForHoliday):
        requote(quote=long, period=days(2))


def test_a_change_keeps_its_one_way_fee_and_asks_a_new_one_for_another_place(
    station: Station, car: VehicleModel
) -> None:
    make_tariff(model=car)
    there, elsewhere = make_station(), make_station()
    fee = make_one_way_fee(90_000)
    booked = make_quote(model=car, station=station, period=days(1), return_station=there)
    type(fee).objects.update(amount=110_000)

    assert requote(quote=booked, period=days(2)).total_amount == 1_290_000
    assert requote(quote=booked, return_station=elsewhere).total_amount == 710_000
    assert requote(quote=booked, return_station=station).total_amount == 600_000


def test_a_promotion_is_kept_by_its_frozen_rules(station: Station, car: VehicleModel, renter: User) -> None:
    make_tariff(model=car)
    promotion = make_promotion(percent=20, most_amount=150_000)
    booked = make_quote(model=car, station=station, period=days(1), promotion_code="chao", renter=renter)
    type(promotion).objects.update(is_active=False, percent=50)

    extended = requote(quote=booked, period=days(2))

    assert booked.total_amount == 480_000
    assert extended.total_amount == 1_050_000
    assert (extended.promotion, extended.renter) == (promotion, renter)


# --- Tax ----------------------------------------------------------------------------------------------


def test_money_is_taxed_at_the_rate_of_the_day_it_is_collected(
    station: Station, car: VehicleModel, morning: time_machine.Traveller
) -> None:
    make_tariff(model=car)
    end_tax_rules(date(2026, 12, 31), then_bp=1_000)
    last_day = datetime(2026, 12, 31, 9, tzinfo=LOCAL_ZONE)
    morning.move_to(datetime(2026, 12, 31, 23, 59, tzinfo=LOCAL_ZONE))
    in_january = days(1, datetime(2027, 1, 4, 9, tzinfo=LOCAL_ZONE))

    paid_in_december = make_quote(model=car, station=station, period=in_january)
    started = make_quote(model=car, station=station, period=days(2, last_day))
    morning.move_to(datetime(2027, 1, 1, 0, 0, tzinfo=LOCAL_ZONE))
    paid_in_january = make_quote(model=car, station=station, period=in_january)
    extended = requote(quote=started, period=days(3, last_day))

    assert (paid_in_december.total_amount, paid_in_december.vat_amount) == (600_000, 44_444)
    assert (paid_in_january.total_amount, paid_in_january.vat_amount) == (600_000, 54_545)
    # What was paid in December keeps 8 %; the third day has 10 %.
    assert [(line["gross"], line["vat_bp"], line["vat"]) for line in extended.lines] == [
        (1_200_000, 800, 88_889),
        (600_000, 1_000, 54_545),
    ]
    assert extended.vat_amount == 143_434


def test_a_pickup_moved_back_into_a_holiday_pays_the_holiday(station: Station, car: VehicleModel) -> None:
    make_tariff(model=car, holiday_bp=15_000)
    make_holiday(date(2026, 11, 24), date(2026, 11, 25))
    after = Period(TUESDAY + timedelta(days=2), TUESDAY + timedelta(days=3))
    booked = make_quote(model=car, station=station, period=after)

    grown = requote(quote=booked, period=days(3))

    # As somebody who books it at once; and so it stays when it grows on.
    assert grown.total_amount == make_quote(model=car, station=station, period=days(3)).total_amount
    longer = requote(quote=grown, period=days(4))
    assert longer.total_amount == make_quote(model=car, station=station, period=days(4)).total_amount


def test_a_pickup_moved_back_into_busy_hours_that_have_ended_pays_them(
    station: Station, car: VehicleModel
) -> None:
    make_tariff(model=car, peak_bp=15_000)
    # Every Tuesday morning, for the last time on the day before the booking.
    make_peak(1, 8, 12, valid_until=date(2026, 11, 24))
    after = Period(TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=2))
    booked = make_quote(model=car, station=station, period=after)

    grown = requote(quote=booked, period=days(2))

    assert grown.total_amount == make_quote(model=car, station=station, period=days(2)).total_amount

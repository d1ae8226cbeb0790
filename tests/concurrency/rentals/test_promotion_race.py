from collections import Counter
from datetime import timedelta

import pytest

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.pricing.offer_models import PromotionUse
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter
from tests.factories.offers import make_promotion
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

RENTERS = 12


@pytest.fixture
def cars(db: None) -> list[Vehicle]:
    """As many cars as renters, so that only the promotion is scarce."""
    model, station = make_car_model(), make_station()
    make_tariff(model=model)
    return [make_vehicle(station=station, model=model) for _number in range(RENTERS)]


def test_the_last_uses_of_a_code_go_to_exactly_as_many_renters(cars: list[Vehicle]) -> None:
    make_promotion(most_uses=5)
    people = [
        make_renter(email=f"r{number}@example.vn", phone=f"09100000{number:02d}") for number in range(RENTERS)
    ]
    results = contest(cars, people)

    assert outcome(results) == {"Booking": 5, "PromotionRefused": RENTERS - 5}
    assert PromotionUse.objects.filter(state="used").count() == 5
    # Whoever was refused holds no vehicle either.
    assert Booking.objects.count() == 5


def test_one_renter_with_many_windows_uses_a_code_once(cars: list[Vehicle], renter: User) -> None:
    make_promotion(most_uses_each=1)
    results = contest(cars, [renter] * 3)

    assert outcome(results) == {"Booking": 1, "PromotionRefused": 2}
    assert PromotionUse.objects.count() == 1


def contest(cars: list[Vehicle], people: list[User]) -> list[object]:
    start = (clock.now() + timedelta(days=1)).replace(microsecond=0)
    quotes = [
        make_quote(
            model=cars[0].model,
            station=cars[0].station,
            period=a_period(starts_at=start, hours=4),
            promotion_code="CHAO",
            renter=person,
        )
        for person in people
    ]
    return race(
        len(people),
        lambda n: hold_booking(renter=people[n], quote=quotes[n], idempotency_key=f"race-{n}", by=SYSTEM),
    )


def outcome(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)

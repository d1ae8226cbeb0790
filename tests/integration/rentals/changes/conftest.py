import hashlib
from datetime import timedelta

import pytest
import time_machine

from accounts.access.actors import renter_actor, staff_actor
from payments.intents.models import PaymentIntent
from payments.intents.services import apply_fact, start_payment
from payments.ledger.selectors import prove
from rentals.changes import services
from rentals.changes.wanted import as_booked
from tests.factories.handovers import handed_over, paid_booking
from tests.factories.money import paid_fact
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock, pdf, sealing
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period

# A Tuesday morning in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-24T08:00:00+07:00"


@pytest.fixture(autouse=True)
def hand():
    with time_machine.travel(MORNING, tick=False) as hand_of_clock:
        yield hand_of_clock


@pytest.fixture(autouse=True)
def ledger_stays_sound():
    yield
    assert prove().problems == []


@pytest.fixture
def station():
    return make_station(name="Trạm Quận 1")


@pytest.fixture
def elsewhere():
    return make_station(name="Trạm Thủ Đức")


@pytest.fixture
def model():
    """100,000 an hour, 600,000 a day, deposit 3,000,000."""
    model = make_car_model()
    make_tariff(model=model)
    return model


@pytest.fixture
def vehicle(station, model):
    return make_vehicle(model=model, station=station)


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def by(renter):
    return renter_actor(renter)


@pytest.fixture
def staff(attendant):
    return staff_actor(attendant)


@pytest.fixture
def quick_paper(monkeypatch):
    """Spare tests that are not about documents the half second that each rendering takes."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)
    # What is no document cannot be sealed.
    monkeypatch.setattr(sealing, "is_on", lambda: False)


@pytest.fixture
def booking(renter, vehicle):
    """By plate, confirmed, for a day in two days: 600,000 of rent and 3,000,000 of deposit."""
    period = a_period(starts_at=clock.now() + timedelta(hours=48), hours=24)
    return paid_booking(renter=renter, vehicle=vehicle, period=period)


@pytest.fixture
def booking_today(renter, vehicle):
    """Confirmed, 08:30 to 11:30 today: 300,000 of rent."""
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=3)
    return paid_booking(renter=renter, vehicle=vehicle, period=period)


@pytest.fixture
def rental(booking_today, attendant, quick_paper):
    """With the renter since 08:00, due at 11:30 today; 300,000 of rent for three hours."""
    return handed_over(booking=booking_today, attendant=attendant)


@pytest.fixture
def change(by):
    """Preview and request a change: move the start and the end by hours, or set what is wanted."""

    def request(booking, *, start=0, end=0, key="1", **wanted):
        before = as_booked(booking)
        period = Period(
            before.period.starts_at + timedelta(hours=start), before.period.ends_at + timedelta(hours=end)
        )
        preview = services.preview_change(booking=booking, wanted=before.but(period=period, **wanted))
        return services.request_change(booking=booking, quote=preview.after, idempotency_key=key, by=by)

    return request


@pytest.fixture
def extend(by):
    """Preview and request an extension by so many minutes."""

    def request(rental, *, minutes=60, key="1"):
        preview = services.preview_extension(
            rental=rental, ends_at=rental.due_at + timedelta(minutes=minutes)
        )
        return services.request_extension(rental=rental, quote=preview.after, idempotency_key=key, by=by)

    return request


def intent_of(change):
    return PaymentIntent.objects.get(idempotency_key=change.reference)


def open_page(change):
    """Send the renter to the provider; the money may arrive at any time from now on."""
    start_payment(
        intent=intent_of(change),
        origin="http://testserver/",
        ip_address="127.0.0.1",
        language="vi",
        by=SYSTEM,
    )
    return change


def pay(change):
    """Let the money of a change arrive."""
    result = apply_fact(paid_fact(intent_of(change)))
    change.refresh_from_db()
    change.booking.refresh_from_db()
    return result

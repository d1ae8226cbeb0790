from datetime import timedelta

import pytest
import time_machine

from accounts.access.actors import operator_actor
from rentals.fines import services
from rentals.fines.models import TrafficFine
from rentals.policies.models import BookingPolicy
from tests.factories.accounts import make_user, photo_bytes
from tests.factories.handovers import accepted_on_the_glass, handed_over, paid_booking, returned
from tests.integration.rentals.incidents.conftest import (  # noqa: F401 (fixtures)
    MORNING,
    _quick_paper,
    attendant,
    model,
    station,
    vehicle,
)
from voltgo.core import clock


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def operator():
    return operator_actor(make_user(is_staff=True))


@pytest.fixture
def _keeps_for_fines():
    BookingPolicy.objects.create(
        valid_from=clock.today(), fine_retention_amount=500_000, fine_retention_days=30
    )


@pytest.fixture
def rental(renter, vehicle, attendant, traveller, _keeps_for_fines):  # noqa: F811
    """With the renter for two hours now."""
    booking = paid_booking(renter=renter, vehicle=vehicle)
    traveller.move_to(booking.starts_at)
    rental = handed_over(booking=booking, attendant=attendant)
    traveller.move_to(booking.starts_at + timedelta(hours=2))
    return rental


@pytest.fixture
def closed(rental, attendant, traveller):  # noqa: F811
    traveller.move_to(rental.due_at - timedelta(minutes=5))
    returned(rental, attendant)
    accepted_on_the_glass(rental, attendant)
    rental.refresh_from_db()
    return rental


def a_list(plate: str, at, number: str = "TB-1", amount: str = "1.000.000") -> bytes:
    when = f"{clock.local(at):%d/%m/%Y %H:%M}"
    return (
        "cơ quan,số thông báo,biển số,thời gian,địa điểm,lỗi,mức phạt\n"
        f"CSGT TP.HCM,{number},{plate},{when},Hàng Xanh,Vượt đèn đỏ,{amount}\n"
    ).encode()


def told(rental, operator, *, amount: str = "1.000.000") -> TrafficFine:
    """A fine of this rental of which the renter knows."""
    at = rental.started_at + timedelta(hours=1)
    services.import_fines(content=a_list(rental.vehicle.plate, at, amount=amount), by=operator)
    fine = TrafficFine.objects.get()
    services.add_evidence(fine=fine, upload=photo_bytes(640, 480), by=operator)
    return services.tell_driver(fine=fine, by=operator)

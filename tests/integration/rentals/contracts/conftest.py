import hashlib
from datetime import timedelta

import pytest
import time_machine

from accounts.access.actors import staff_actor
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.models import Contract, ContractTemplate
from rentals.contracts.services import current_contract, ensure_rendered
from rentals.contracts.services.wording import install_first
from rentals.handovers.models import Rental
from stations.fleet.models import Vehicle
from stations.network.models import Station
from tests.factories.handovers import paid_booking, ready_to_sign, sign_both
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock, pdf, sealing
from voltgo.core.actors import Actor

# A Tuesday morning in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-24T08:00:00+07:00"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def quick_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare tests that are not about documents the second that each takes; every page still has its own bytes."""

    def render(html: str, **_values: object) -> pdf.Document:
        content = b"%PDF-1.7 " + hashlib.sha256(html.encode()).digest()
        return pdf.Document(content, hashlib.sha256(content).hexdigest())

    monkeypatch.setattr(pdf, "render", render)
    # What is no document cannot be sealed.
    monkeypatch.setattr(sealing, "is_on", lambda: False)


@pytest.fixture
def station() -> Station:
    return make_station(name="Trạm Bến Thành", address="45 Lê Lợi, phường Bến Thành")


@pytest.fixture
def vehicle(station: Station) -> Vehicle:
    model = make_car_model(maker="VinFast", name="VF 6")
    make_tariff(model=model)
    return make_vehicle(model=model, station=station, plate="51K-123.45")


@pytest.fixture
def attendant(attendant: User, station: Station) -> User:
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def by(attendant: User) -> Actor:
    return staff_actor(attendant)


@pytest.fixture
def booking(renter: User, vehicle: Vehicle) -> Booking:
    """Confirmed, 08:30 to 18:30 today: ten hours, 600,000 of rent and 3,000,000 of deposit."""
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10)
    return paid_booking(renter=renter, vehicle=vehicle, period=period)


@pytest.fixture
def contract(booking: Booking) -> Contract:
    """As drafted by the confirmation."""
    contract = current_contract(booking)
    assert contract is not None
    return contract


@pytest.fixture
def rental(booking: Booking, attendant: User) -> Rental:
    """At the counter, inspected, waiting for the signatures."""
    return ready_to_sign(booking=booking, attendant=attendant)


@pytest.fixture
def rendered(contract: Contract) -> Contract:
    """With its document; ask for `rental` too where the vehicle must have been inspected."""
    return ensure_rendered(contract)


@pytest.fixture
def signed(rental: Rental, attendant: User, contract: Contract) -> Contract:
    """Signed by both; the signed copy is promised."""
    sign_both(rental, attendant)
    contract.refresh_from_db()
    return contract


@pytest.fixture
def first() -> ContractTemplate:
    """The wording that comes with VoltGo; tests with transactions of their own empty its table."""
    return ContractTemplate.objects.filter(code="2026-12").first() or install_first()

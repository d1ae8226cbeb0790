import pytest

from rentals.contracts.models import ContractAddendum
from rentals.contracts.services import current_contract
from rentals.handovers import services
from rentals.handovers.enums import RentalState
from rentals.handovers.errors import ReasonMissing, StepClosed, VehicleNotEqual
from rentals.handovers.models import Inspection, InspectionPhoto
from stations.fleet.enums import Condition
from stations.timeline.enums import AllocationState
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import handed_over, inspect, opened, pickup_of, ready_to_sign, sign_both
from tests.factories.rentals import make_booking
from tests.factories.stations import make_car_model, make_vehicle
from tests.integration.rentals.handovers.pages import text_of, url
from voltgo.core.audit.models import AuditEvent

pytestmark = pytest.mark.usefixtures("quick_paper")


@pytest.fixture
def twin(vehicle):
    """Another vehicle of the same model, ready at the same station."""
    return make_vehicle(model=vehicle.model, station=vehicle.station, odometer_km=500)


def swap(rental, vehicle, attendant, by, reason="Lốp thủng"):
    return services.swap_vehicle(rental=rental, vehicle=vehicle, reason=reason, user=attendant, by=by)


def test_an_equal_vehicle_goes_out_instead(booking, vehicle, twin, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    inspect(rental, attendant)
    swap(rental, twin, attendant, by)

    booking.refresh_from_db()
    rental.refresh_from_db()
    assert (rental.vehicle, booking.allocation.vehicle) == (twin, twin)
    assert booking.allocation.state == AllocationState.CONFIRMED
    assert VehicleAllocation.objects.get(vehicle=vehicle).state == AllocationState.RELEASED
    assert rental.papers_checked_by == attendant
    assert (pickup_of(rental).odometer_km, InspectionPhoto.objects.count()) == (None, 0)
    event = AuditEvent.objects.get(action="rental.vehicle_swapped")
    assert (event.reason, event.changes) == ("Lốp thủng", {"before": vehicle.code, "after": twin.code})


def test_the_contract_names_the_new_vehicle(booking, vehicle, twin, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    first = current_contract(booking)
    swap(rental, twin, attendant, by)
    assert rental.state == RentalState.PREPARING
    inspect(rental, attendant, odometer_km=500)
    services.complete_pickup_inspection(rental=rental, by=by)

    contract = current_contract(booking)
    assert (first.data["vehicle"]["plate"], contract.data["vehicle"]["plate"]) == (vehicle.plate, twin.plate)
    assert contract.version == 2
    sign_both(rental, attendant)
    services.hand_over_keys(rental=rental, by=by)
    twin.refresh_from_db()
    vehicle.refresh_from_db()
    assert (twin.condition, vehicle.condition) == (Condition.ON_RENTAL, Condition.READY)


def test_only_a_ready_free_vehicle_of_the_model_is_offered(booking, vehicle, twin, attendant, by, stranger):
    station, model = vehicle.station, vehicle.model
    others = [
        make_vehicle(model=make_car_model(), station=station),
        make_vehicle(model=model),
        make_vehicle(model=model, station=station, condition=Condition.PREPARATION),
        make_vehicle(model=model, station=station, battery_percent=40),
    ]
    taken = make_vehicle(model=model, station=station)
    make_booking(renter=stranger, vehicle=taken, period=booking.period)
    rental = opened(booking=booking, attendant=attendant)

    assert list(services.equal_vehicles(rental)) == [twin]
    for other in [*others, taken, vehicle]:
        with pytest.raises(VehicleNotEqual):
            swap(rental, other, attendant, by)
    booking.refresh_from_db()
    assert booking.allocation.vehicle == vehicle


def test_a_swap_needs_a_word_on_why(booking, twin, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    with pytest.raises(ReasonMissing):
        swap(rental, twin, attendant, by, reason=" ")


def test_after_both_have_signed_an_addendum_names_the_new_vehicle(booking, vehicle, twin, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    sign_both(rental, attendant)
    signed = current_contract(booking)
    swap(rental, twin, attendant, by, reason="Đèn pha hỏng")
    assert ContractAddendum.objects.count() == 0
    inspect(rental, attendant, odometer_km=500)
    services.complete_pickup_inspection(rental=rental, by=by)

    addendum = ContractAddendum.objects.get()
    assert (addendum.kind, addendum.contract) == ("swap", signed)
    assert (addendum.data["before"]["plate"], addendum.data["after"]["plate"]) == (vehicle.plate, twin.plate)
    assert (addendum.data["reason"], addendum.data["handover"]["odometer_km"]) == ("Đèn pha hỏng", 500)
    assert current_contract(booking).data == signed.data
    services.hand_over_keys(rental=rental, by=by)
    twin.refresh_from_db()
    assert twin.condition == Condition.ON_RENTAL


def test_two_swaps_are_two_addenda_each_from_the_vehicle_before(booking, vehicle, twin, attendant, by):
    third = make_vehicle(model=vehicle.model, station=vehicle.station, odometer_km=700)
    rental = ready_to_sign(booking=booking, attendant=attendant)
    sign_both(rental, attendant)
    for other, odometer_km in ((twin, 500), (third, 700)):
        swap(rental, other, attendant, by)
        inspect(rental, attendant, odometer_km=odometer_km)
        services.complete_pickup_inspection(rental=rental, by=by)

    pairs = [
        (addendum.data["before"]["plate"], addendum.data["after"]["plate"])
        for addendum in ContractAddendum.objects.order_by("position")
    ]
    assert pairs == [(vehicle.plate, twin.plate), (twin.plate, third.plate)]


def test_once_the_keys_are_given_the_vehicle_stays(booking, vehicle, twin, attendant, by):
    rental = handed_over(booking=booking, attendant=attendant)
    with pytest.raises(StepClosed):
        swap(rental, twin, attendant, by)
    booking.refresh_from_db()
    assert booking.allocation.vehicle == vehicle


def test_a_swap_on_its_page(tablet, booking, twin, attendant):
    opened(booking=booking, attendant=attendant)
    address = url("handover-swap", booking.code)
    assert twin.plate in text_of(tablet.get(address))
    assert tablet.post(address, {"reason": "Lốp thủng"}).status_code == 422
    answer = tablet.post(address, {"vehicle": twin.code, "reason": "Lốp thủng"})
    assert answer.url == url("handover-detail", booking.code)
    assert Inspection.objects.get().rental.vehicle == twin


def test_without_an_equal_vehicle_the_page_says_what_to_do(tablet, booking, attendant):
    opened(booking=booking, attendant=attendant)
    assert "Không còn xe cùng mẫu" in text_of(tablet.get(url("handover-swap", booking.code)))


def test_nobody_elsewhere_swaps(other_tablet, booking, twin, attendant):
    opened(booking=booking, attendant=attendant)
    answer = other_tablet.post(url("handover-swap", booking.code), {"vehicle": twin.code, "reason": "x"})
    assert answer.status_code == 404


def test_an_active_rental_has_no_swap_page(tablet, booking, attendant):
    handed_over(booking=booking, attendant=attendant)
    assert tablet.get(url("handover-swap", booking.code)).url == url("handover-detail", booking.code)

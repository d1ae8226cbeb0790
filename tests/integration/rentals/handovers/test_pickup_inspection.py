import pytest

from rentals.contracts.services import current_contract
from rentals.handovers import services
from rentals.handovers.enums import RentalState
from rentals.handovers.errors import (
    ChargeNotNow,
    InspectionIncomplete,
    OdometerImplausible,
    PapersNotChecked,
    StepClosed,
    UnknownCode,
    VehicleNotReady,
)
from rentals.handovers.models import DamageMark, InspectionPhoto
from stations.fleet.enums import Condition
from stations.fleet.errors import BatteryTooLow, OdometerWentBack
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import (
    inspect,
    opened,
    pickup_of,
    ready_to_sign,
    sign_both,
    take_photos,
)
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent
from voltgo.core.images import PhotoFormatUnknown


def test_a_draft_is_saved_step_by_step(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    services.save_inspection(
        inspection=inspection, checked=["terms", "exterior"], note=" Kính có vết ố ", by=by
    )
    services.save_inspection(inspection=inspection, odometer_km=12_010, battery_percent=88, by=by)

    inspection.refresh_from_db()
    assert inspection.checked == ["exterior", "terms"]
    assert inspection.note == "Kính có vết ố"
    assert (inspection.odometer_km, inspection.battery_percent) == (12_010, 88)


def test_the_odometer_cannot_run_backwards(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    with pytest.raises(OdometerWentBack) as refusal:
        services.save_inspection(inspection=inspection, odometer_km=11_999, battery_percent=88, by=by)
    inspection.refresh_from_db()
    assert refusal.value.details == {"last_km": 12_000}
    assert (inspection.odometer_km, inspection.battery_percent) == (None, None)


def test_a_digit_typed_twice_on_the_odometer_is_noticed(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    with pytest.raises(OdometerImplausible):
        services.save_inspection(inspection=inspection, odometer_km=120_000, by=by)


def test_an_item_of_another_kind_of_vehicle_is_unknown(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    with pytest.raises(UnknownCode):
        services.save_inspection(inspection=inspection, checked=["helmets"], by=by)


def test_a_photo_taken_again_replaces_the_first(booking, attendant, by, django_capture_on_commit_callbacks):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    first = services.add_photo(inspection=inspection, position="front", upload=photo_bytes(), by=by)
    with django_capture_on_commit_callbacks(execute=True):
        second = services.add_photo(
            inspection=inspection, position="front", upload=photo_bytes(900, 600), by=by
        )

    assert InspectionPhoto.objects.get() == second
    assert not first.file.storage.exists(str(first.file.name))
    assert second.file.storage.exists(str(second.file.name))


def test_what_is_no_picture_is_refused_and_not_kept(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    with pytest.raises(PhotoFormatUnknown):
        services.add_photo(inspection=inspection, position="front", upload=b"<script>", by=by)
    assert not InspectionPhoto.objects.exists()


def test_damage_seen_at_pickup_is_noted_without_a_charge(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    mark = services.add_damage(
        inspection=inspection, part="left_rear", kind="dent", x=700, y=820, note="Cũ", by=by
    )
    with pytest.raises(ChargeNotNow):
        services.add_damage(
            inspection=inspection, part="hood", kind="dent", charge_amount=1, upload=photo_bytes(), by=by
        )
    assert DamageMark.objects.get() == mark
    assert (mark.x, mark.y, mark.part_label) == (700, 820, "Bên trái, phía sau")


def test_a_mark_made_by_mistake_is_taken_back_and_remembered(booking, attendant, by):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    mark = services.add_damage(inspection=inspection, part="hood", kind="scratch", by=by)
    services.remove_damage(mark=mark, by=by)
    assert not DamageMark.objects.exists()
    assert AuditEvent.objects.get(action="damage.removed").changes["part"] == "hood"


@pytest.mark.parametrize(
    ("part", "kind", "x"), [("seat", "dent", 1), ("hood", "rust", 1), ("hood", "dent", 1001)]
)
def test_a_mark_nowhere_on_the_vehicle_is_refused(booking, attendant, by, part, kind, x):
    inspection = pickup_of(opened(booking=booking, attendant=attendant))
    with pytest.raises(UnknownCode):
        services.add_damage(inspection=inspection, part=part, kind=kind, x=x, y=1, by=by)


def test_an_inspection_is_complete_only_with_everything(booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    with pytest.raises(PapersNotChecked):
        services.complete_pickup_inspection(rental=rental, by=by)
    services.record_papers(rental=rental, user=attendant, by=by)
    with pytest.raises(InspectionIncomplete) as refusal:
        services.complete_pickup_inspection(rental=rental, by=by)
    assert refusal.value.details == {"missing": ["checklist", "photos", "readings"]}

    take_photos(pickup_of(rental), by)
    services.save_inspection(inspection=pickup_of(rental), odometer_km=12_000, battery_percent=90, by=by)
    with pytest.raises(InspectionIncomplete) as refusal:
        services.complete_pickup_inspection(rental=rental, by=by)
    assert refusal.value.details == {"missing": ["checklist"]}
    rental.refresh_from_db()
    assert rental.state == RentalState.PREPARING


def test_a_vehicle_with_too_little_battery_does_not_go_out(booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    inspect(rental, attendant, battery_percent=49)
    with pytest.raises(BatteryTooLow) as refusal:
        services.complete_pickup_inspection(rental=rental, by=by)
    assert refusal.value.details == {"minimum": 50}


def test_a_vehicle_that_has_not_passed_its_gate_does_not_go_out(booking, attendant, by, vehicle):
    type(vehicle).objects.update(condition=Condition.PREPARATION)
    rental = opened(booking=booking, attendant=attendant)
    inspect(rental, attendant)
    with pytest.raises(VehicleNotReady) as refusal:
        services.complete_pickup_inspection(rental=rental, by=by)
    assert refusal.value.details == {"condition": "preparation"}


def test_a_completed_inspection_leads_to_the_contract_and_is_closed(booking, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)

    rental.refresh_from_db()
    assert rental.state == RentalState.READY_TO_SIGN
    assert pickup_of(rental).completed_at == clock.now()
    assert current_contract(booking) is not None
    with pytest.raises(StepClosed):
        services.save_inspection(inspection=pickup_of(rental), odometer_km=12_001, by=by)
    with pytest.raises(StepClosed):
        services.add_photo(inspection=pickup_of(rental), position="front", upload=photo_bytes(), by=by)


def test_an_inspection_is_opened_again_before_both_have_signed(booking, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    services.reopen_pickup_inspection(rental=rental, by=by)

    services.save_inspection(inspection=pickup_of(rental), odometer_km=12_001, by=by)
    services.complete_pickup_inspection(rental=rental, by=by)
    rental.refresh_from_db()
    assert (rental.state, pickup_of(rental).odometer_km) == (RentalState.READY_TO_SIGN, 12_001)


def test_a_signed_inspection_stays_closed(booking, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    sign_both(rental, attendant)
    with pytest.raises(StepClosed):
        services.reopen_pickup_inspection(rental=rental, by=by)
    rental.refresh_from_db()
    assert rental.state == RentalState.READY_TO_SIGN

from datetime import timedelta

import pytest

from accounts.access.actors import staff_actor
from accounts.notifications.models import Delivery
from rentals.handovers import services
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.errors import (
    ChargeNeedsPhoto,
    InspectionIncomplete,
    NoteMissing,
    NotOut,
    PresentedAtOutOfRange,
    ReasonMissing,
    StepClosed,
    WrongStation,
)
from rentals.handovers.models import DamageMark, Inspection, InspectionPhoto, Settlement
from stations.fleet.enums import Condition
from stations.fleet.errors import OdometerWentBack
from stations.timeline.enums import AllocationState
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import presented, return_of, returned, take_photos
from tests.factories.stations import make_station
from voltgo.core import clock, states
from voltgo.core.audit.models import AuditEvent

pytestmark = pytest.mark.usefixtures("quick_paper")


def open_return(rental, attendant, **fields):
    return services.open_return(
        rental=rental, station=rental.return_station, user=attendant, by=staff_actor(attendant), **fields
    )


# --- Arrival ---------------------------------------------------------------------------------------


def test_the_fee_clock_stops_when_the_vehicle_stands_at_the_counter(rental, attendant, traveller):
    traveller.shift(timedelta(hours=9))
    inspection = open_return(rental, attendant)

    rental.refresh_from_db()
    assert rental.presented_at == clock.now()
    assert (rental.state, inspection.by) == (RentalState.ACTIVE, attendant)


def test_a_second_call_keeps_the_first_moment(rental, attendant, traveller):
    traveller.shift(timedelta(hours=9))
    first = open_return(rental, attendant)
    moment = clock.now()
    traveller.shift(timedelta(minutes=20))

    assert open_return(rental, attendant) == first
    rental.refresh_from_db()
    assert rental.presented_at == moment
    assert Inspection.objects.filter(kind="return").count() == 1


def test_another_station_does_not_take_it(rental, attendant):
    with pytest.raises(WrongStation):
        services.open_return(rental=rental, station=make_station(), user=attendant, by=staff_actor(attendant))
    rental.refresh_from_db()
    assert rental.presented_at is None


def test_staff_put_the_moment_right_with_a_reason(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=11))
    open_return(rental, attendant)
    earlier = clock.now() - timedelta(minutes=25)
    services.note_presented_at(rental=rental, presented_at=earlier, reason="Khách chờ trong hàng", by=by)

    rental.refresh_from_db()
    assert rental.presented_at == earlier
    event = AuditEvent.objects.get(action="rental.presented_corrected")
    assert (event.reason, event.actor_ref) == ("Khách chờ trong hàng", attendant.public_id)


@pytest.mark.parametrize("hours", [-12, 1])
def test_the_moment_lies_between_the_keys_and_now(rental, attendant, by, traveller, hours):
    traveller.shift(timedelta(hours=11))
    open_return(rental, attendant)
    with pytest.raises(PresentedAtOutOfRange):
        services.note_presented_at(
            rental=rental, presented_at=clock.now() + timedelta(hours=hours), reason="Sai", by=by
        )
    rental.refresh_from_db()
    assert rental.presented_at == clock.now()


def test_the_moment_is_not_changed_without_a_reason(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=11))
    open_return(rental, attendant)
    with pytest.raises(ReasonMissing):
        services.note_presented_at(rental=rental, presented_at=clock.now(), reason=" ", by=by)


def test_a_return_begun_by_mistake_leaves_the_renter_driving(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=2))
    inspection = open_return(rental, attendant)
    services.add_photo(inspection=inspection, position="front", upload=photo_bytes(), by=by)
    services.cancel_return(rental=rental, reason="Khách chỉ hỏi đường", by=by)

    rental.refresh_from_db()
    assert (rental.state, rental.presented_at) == (RentalState.ACTIVE, None)
    assert not Inspection.objects.filter(kind="return").exists()
    assert InspectionPhoto.objects.count() == 6
    assert AuditEvent.objects.get(action="rental.return_cancelled").reason == "Khách chỉ hỏi đường"


# --- Inspection ------------------------------------------------------------------------------------


def test_the_odometer_is_measured_from_the_pickup(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=2))
    inspection = open_return(rental, attendant)
    with pytest.raises(OdometerWentBack) as refusal:
        services.save_inspection(inspection=inspection, odometer_km=11_999, by=by)
    assert refusal.value.details == {"last_km": 12_000}


def test_what_did_not_come_back_needs_a_note(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=2))
    inspection = presented(rental, attendant)
    services.save_inspection(inspection=inspection, checked=["keys"], by=by)
    with pytest.raises(NoteMissing):
        services.finish_return(rental=rental, by=by)
    assert not Settlement.objects.exists()

    services.save_inspection(inspection=inspection, note="Thiếu dây sạc", by=by)
    services.finish_return(rental=rental, by=by)
    assert return_of(rental).note == "Thiếu dây sạc"


def test_a_charge_needs_a_picture(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=2))
    inspection = open_return(rental, attendant)
    with pytest.raises(ChargeNeedsPhoto):
        services.add_damage(inspection=inspection, part="hood", kind="dent", charge_amount=500_000, by=by)
    assert not DamageMark.objects.exists()


# --- Finish ----------------------------------------------------------------------------------------


def test_a_return_is_finished_only_with_photos_and_readings(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=2))
    inspection = open_return(rental, attendant)
    with pytest.raises(InspectionIncomplete) as refusal:
        services.finish_return(rental=rental, by=by)
    assert refusal.value.details == {"missing": ["photos", "readings"]}
    take_photos(inspection, by)
    with pytest.raises(InspectionIncomplete) as refusal:
        services.finish_return(rental=rental, by=by)
    assert refusal.value.details == {"missing": ["readings"]}
    rental.refresh_from_db()
    assert rental.state == RentalState.ACTIVE
    assert not Settlement.objects.exists()


def test_a_finished_return_frees_the_vehicle_for_preparation(rental, attendant, vehicle, booking, traveller):
    traveller.shift(timedelta(hours=9))
    returned(rental, attendant, odometer_km=12_080, battery_percent=41)

    vehicle.refresh_from_db()
    booking.allocation.refresh_from_db()
    assert (rental.state, rental.returned_at) == (RentalState.SETTLING, clock.now())
    assert (vehicle.condition, vehicle.odometer_km, vehicle.battery_percent) == (
        Condition.PREPARATION,
        12_080,
        41,
    )
    assert booking.allocation.state == AllocationState.RELEASED
    assert booking.allocation.period.upper == clock.now()
    assert [event.target for event in states.events_of(RENTAL, rental)] == [
        "preparing",
        "ready_to_sign",
        "active",
        "returned",
        "settling",
    ]


def test_a_return_finished_twice_is_settled_once(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=9))
    settlement = returned(rental, attendant)
    assert services.finish_return(rental=rental, by=by) == settlement
    assert Settlement.objects.count() == 1


def test_the_renter_is_told_line_by_line(rental, attendant, renter, traveller):
    traveller.shift(timedelta(hours=13, minutes=30))
    returned(rental, attendant)

    letter = Delivery.objects.get(kind="settlement_ready")
    assert letter.recipient == renter
    assert letter.subject == f"Quyết toán chuyến {rental.booking.code}: phát sinh 500.000 ₫"
    assert "Phí trả trễ 3 giờ: 500.000\u00a0₫" in letter.body
    assert "Tiền cọc trả lại: 2.500.000\u00a0₫" in letter.body


def test_what_was_not_begun_cannot_be_finished(rental, by):
    with pytest.raises(NotOut):
        services.finish_return(rental=rental, by=by)


def test_after_the_finish_nothing_of_the_inspection_changes(rental, attendant, by, traveller):
    traveller.shift(timedelta(hours=9))
    returned(rental, attendant)
    inspection = return_of(rental)
    with pytest.raises(StepClosed):
        services.save_inspection(inspection=inspection, odometer_km=12_500, by=by)
    with pytest.raises(StepClosed):
        services.add_damage(inspection=inspection, part="hood", kind="dent", by=by)
    with pytest.raises(NotOut):
        services.note_presented_at(rental=rental, presented_at=clock.now(), reason="Sai", by=by)

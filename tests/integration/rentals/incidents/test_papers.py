from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from accounts.kyc.errors import PapersStillNeeded
from accounts.kyc.needs import last_use_of, needs_of
from accounts.kyc.services import erase_person
from rentals.bookings.enums import BookingState
from rentals.drivers.enums import DriverState
from rentals.drivers.models import AdditionalDriver
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.incidents.enums import IncidentState
from rentals.incidents.models import Incident
from tests.factories.rentals import make_booking
from voltgo.core import clock


def rental_of(renter, vehicle, state, **fields):
    booking = make_booking(renter=renter, vehicle=vehicle, state=BookingState.FULFILLED)
    now = clock.now()
    return Rental.objects.create(
        booking=booking,
        renter=renter,
        vehicle=vehicle,
        pickup_station=vehicle.station,
        return_station=vehicle.station,
        state=state,
        due_at=now,
        started_at=now - timedelta(hours=3),
        **fields,
    )


def codes_of(user):
    return [need.code for need in needs_of(user)]


def test_who_rents_nothing_may_have_everything_erased(renter):
    assert needs_of(renter) == []
    assert last_use_of(renter) is None
    assert erase_person(user=renter, by=renter_actor(renter)) == 3


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        (BookingState.CONFIRMED, ["booking"]),
        (BookingState.ARRIVED, ["booking"]),
        (BookingState.CANCELLED, []),
        (BookingState.NO_SHOW, []),
    ],
)
def test_an_open_booking_needs_papers(renter, vehicle, state, codes):
    make_booking(renter=renter, vehicle=vehicle, state=state)
    assert codes_of(renter) == codes


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        (RentalState.ACTIVE, ["rental"]),
        (RentalState.RETURNED, ["rental"]),
        (RentalState.SETTLING, ["rental"]),
        (RentalState.DISPUTED, ["dispute"]),
        (RentalState.CLOSED, []),
        (RentalState.ABORTED, []),
    ],
)
def test_a_rental_needs_papers_until_it_is_settled(renter, vehicle, state, codes):
    rental_of(renter, vehicle, state)
    assert codes_of(renter) == codes


def test_a_dispute_keeps_the_papers(renter, vehicle):
    rental_of(renter, vehicle, RentalState.DISPUTED)

    with pytest.raises(PapersStillNeeded) as refusal:
        erase_person(user=renter, by=renter_actor(renter))

    assert refusal.value.details["needs"] == ["Một khiếu nại của bạn đang được giải quyết."]
    assert renter.documents.filter(state="approved").count() == 3


@pytest.mark.parametrize(
    ("state", "codes"), [(IncidentState.REPORTED, ["incident"]), (IncidentState.RESOLVED, [])]
)
def test_an_open_incident_keeps_the_papers(renter, vehicle, state, codes):
    rental = rental_of(renter, vehicle, RentalState.CLOSED, closed_at=clock.now())
    Incident.objects.create(
        kind="accident", state=state, vehicle=vehicle, station=vehicle.station, rental=rental
    )
    assert codes_of(renter) == codes


def test_who_drives_along_is_kept_as_long_as_the_renter(renter, stranger, vehicle):
    booking = make_booking(renter=renter, vehicle=vehicle)
    AdditionalDriver.objects.create(
        booking=booking,
        code="LT-1",
        email=stranger.email,
        user=stranger,
        state=DriverState.ACCEPTED,
        invited_at=clock.now(),
    )
    assert codes_of(stranger) == ["driver"]


def test_the_year_runs_from_the_end_of_the_last_rental(renter, vehicle):
    closed_at = clock.now() - timedelta(days=20)
    rental_of(renter, vehicle, RentalState.CLOSED, closed_at=closed_at)

    assert last_use_of(renter) == closed_at

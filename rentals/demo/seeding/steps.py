"""The steps that bookings, rentals and vehicles of the past went through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from accounts.access.actors import renter_actor, staff_actor
from rentals.bookings.enums import BOOKING, BookingState, Channel
from rentals.demo.seeding.events import Step
from rentals.demo.seeding.people import People
from rentals.demo.seeding.records import BOOKING_STATES, Keys
from rentals.demo.seeding.trip import Ending, Trip
from rentals.handovers.enums import RENTAL, Acceptance, RentalState
from voltgo.core.actors import SYSTEM, Actor


class Steps:
    """Names who did what to each trip, and when; of old trips only how they began and ended."""

    def __init__(self, people: People) -> None:
        self._staff = {code: staff_actor(user) for code, user in people.attendants.items()}
        self._supervisors = {
            code: staff_actor(user, supervisor=True) for code, user in people.supervisors.items()
        }

    def of(self, rows: Iterable[tuple[Trip, Keys]]) -> Iterator[Step]:
        """Yield the steps of the bookings and of the rentals that came of them."""
        for trip, key in rows:
            renter = renter_actor(trip.renter.user)
            steps = self._booking(trip, str(key.booking), renter)
            yield from steps if trip.is_detailed else first_and_last(steps)
            if trip.ending.has_rental:
                steps = self._rental(trip, str(key.rental), renter)
                yield from steps if trip.is_detailed else first_and_last(steps)

    def _booking(self, trip: Trip, subject: str, renter: Actor) -> Iterator[Step]:
        staff = self._staff[trip.vehicle.station.code]
        state = BookingState
        maker = staff if trip.channel is Channel.COUNTER else renter
        yield Step(BOOKING, subject, "", state.HELD, maker, trip.created_at)
        if trip.ending is Ending.EXPIRED:
            assert trip.ended_at is not None
            yield Step(BOOKING, subject, state.HELD, state.EXPIRED, SYSTEM, trip.ended_at, "hold ran out")
            return
        yield Step(BOOKING, subject, state.HELD, state.CONFIRMED, SYSTEM, trip.paid_at)
        if trip.ended_at is not None:
            by = renter if trip.ending is Ending.CANCELLED else self._supervisors[trip.vehicle.station.code]
            yield Step(BOOKING, subject, state.CONFIRMED, BOOKING_STATES[trip.ending], by, trip.ended_at)
        if trip.arrived_at is not None and trip.started_at is not None:
            yield Step(BOOKING, subject, state.CONFIRMED, state.ARRIVED, staff, trip.arrived_at)
            yield Step(BOOKING, subject, state.ARRIVED, state.FULFILLED, staff, trip.started_at)

    def _rental(self, trip: Trip, subject: str, renter: Actor) -> Iterator[Step]:
        assert trip.arrived_at is not None
        assert trip.started_at is not None
        staff, state = self._staff[trip.vehicle.station.code], RentalState
        yield Step(RENTAL, subject, "", state.PREPARING, staff, trip.arrived_at)
        signing = trip.started_at - timedelta(minutes=2)
        yield Step(RENTAL, subject, state.PREPARING, state.READY_TO_SIGN, staff, signing)
        yield Step(RENTAL, subject, state.READY_TO_SIGN, state.ACTIVE, staff, trip.started_at)
        if trip.returned_at is None:
            return
        yield Step(RENTAL, subject, state.ACTIVE, state.RETURNED, staff, trip.returned_at)
        yield Step(RENTAL, subject, state.RETURNED, state.SETTLING, staff, trip.returned_at)
        if trip.closed_at is not None:
            lapsed = trip.closed_at - trip.returned_at >= timedelta(hours=48)
            by, how = (SYSTEM, Acceptance.LAPSE) if lapsed else (renter, Acceptance.ONLINE)
            yield Step(RENTAL, subject, state.SETTLING, state.CLOSED, by, trip.closed_at, how.value)


def first_and_last(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the first and the last of several steps."""
    first, *_, last = steps
    yield first
    yield last

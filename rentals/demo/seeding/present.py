"""What goes on right now, made by the same services as on any other day: bookings, holds, a cancellation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from accounts.access.actors import renter_actor, staff_actor
from accounts.notifications.enums import DeliveryState
from accounts.notifications.models import Delivery
from payments.demo import pay_in_demo
from payments.intents.models import PaymentIntent
from rentals.bookings.enums import CancelReason, Channel
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, hold_booking
from rentals.demo.seeding.people import People, Renter
from rentals.demo.seeding.riders import licence_needed, may_drive
from rentals.demo.seeding.scale import Scale
from rentals.demo.seeding.trip import Plan, Trip
from rentals.handovers.models import Settlement
from rentals.handovers.services import open_handover
from rentals.handovers.services.receipts import issue_receipt_of
from rentals.handovers.services.sending import send_receipt
from rentals.pricing.services import make_quote
from stations.fleet.enums import Condition, VehicleKind
from stations.fleet.models import Vehicle
from stations.network.hours import is_open_at, week_of
from stations.network.models import Station
from voltgo.core import clock, outbox
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError
from voltgo.core.models import OutboxMessage

# The stations of the staff logins: what stands on their boards has its contract drafted.
SHOWN = ("HCM-01", "HCM-03", "HAN-01", "DAN-01")
MOST_BY_SERVICE = 24
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def take_for_services(plan: Plan) -> list[Trip]:
    """Take some of the coming bookings out of the plan: these are made by the services instead."""
    chosen = [
        trip for trip in plan.coming() if trip.vehicle.station.code in SHOWN and _is_fit(trip.vehicle, trip)
    ]
    chosen = sorted(chosen, key=lambda trip: trip.booked.starts_at)[:MOST_BY_SERVICE]
    taken = {trip.code for trip in chosen}
    plan.trips[:] = [trip for trip in plan.trips if trip.code not in taken]
    return chosen


def _is_fit(vehicle: Vehicle, trip: Trip) -> bool:
    last_day = clock.local(trip.booked.ends_at).date()
    has_battery = vehicle.battery_percent >= vehicle.model.minimum_battery_percent
    return vehicle.condition == Condition.READY and has_battery and vehicle.papers_valid_on(last_day)


class Present:
    """Makes the present through the services; every promise is left to the sweeper."""

    def __init__(
        self,
        *,
        people: People,
        stations: Sequence[Station],
        plan: Plan,
        numbers: Iterator[int],
        scale: Scale,
        say: Callable[[str], None],
    ) -> None:
        self.people = people
        self.stations = {station.code: station for station in stations}
        self.numbers = numbers
        self.scale = scale
        self.say = say
        self.rng = scale.rng("present")
        self._busy = {trip.renter.user.pk for trip in (*plan.out_now(), *plan.coming())}
        self._made = 0

    def create(self, coming: Sequence[Trip]) -> int:
        """Create everything and return how many bookings were made."""
        with outbox.left_to_sweeper():
            for trip in coming:
                self._busy.add(trip.renter.user.pk)
            for trip in coming:
                self._attempt(partial(self._coming, trip))
            self._attempt(self._of_anh)
            self._attempt(self._holds)
            self._attempt(self._cancelled)
            self._attempt(self._at_the_counter)
            self._receipts()
        _quieten(self.people)
        return self._made

    def _attempt(self, make: Callable[[], object]) -> None:
        """A single booking that the day does not allow must not cost the whole demo."""
        try:
            make()
        except DomainError as refusal:
            self.say(f"  bỏ qua một lượt đặt: {refusal.code}")

    # --- The parts -------------------------------------------------------------------------------
    def _coming(self, trip: Trip) -> None:
        self._pay(self._hold(trip.renter, trip.vehicle, trip.booked, is_by_plate=True, channel=trip.channel))

    def _of_anh(self) -> None:
        """Anh picks up a car tomorrow morning, at Bến Thành if there is one."""
        starts_at = self._tomorrow(9)
        period = Period(starts_at, starts_at + DAY + 8 * HOUR)
        car = self._free_vehicle("HCM-01", period, VehicleKind.CAR)
        self._pay(self._hold(self.people.personas["verified"], car, period))

    def _holds(self) -> None:
        """Two people are about to pay."""
        for code, hour in (("HCM-01", 14), ("DAN-04", 10)):
            starts_at = self._tomorrow(hour)
            period = Period(starts_at, starts_at + 5 * HOUR)
            vehicle = self._free_vehicle(code, period, VehicleKind.SCOOTER)
            self._hold(self._somebody(vehicle), vehicle, period)

    def _cancelled(self) -> None:
        """Somebody paid and changed their mind: the refund is on its way."""
        starts_at = self._tomorrow(8) + DAY
        period = Period(starts_at, starts_at + DAY)
        vehicle = self._free_vehicle("HCM-01", period, VehicleKind.CAR)
        renter = self._somebody(vehicle)
        booking = self._hold(renter, vehicle, period)
        self._pay(booking)
        cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter.user))

    def _at_the_counter(self) -> None:
        """Somebody stands at the counter and the handover has begun."""
        starts_at = self.scale.ago(minutes=-1)
        period = Period(starts_at, starts_at + DAY)
        vehicle = self._free_vehicle("HCM-01", period, VehicleKind.SCOOTER)
        booking = self._hold(self._somebody(vehicle), vehicle, period, channel=Channel.COUNTER)
        self._pay(booking)
        attendant = self.people.attendants[vehicle.station.code]
        open_handover(booking=booking, station=vehicle.station, user=attendant, by=staff_actor(attendant))

    def _receipts(self) -> None:
        """The personas have the receipts of their trips."""
        users = [renter.user.pk for renter in self.people.personas.values()]
        settled = Settlement.objects.filter(rental__renter__in=users, accepted_at__isnull=False)
        settled = settled.select_related("rental__booking", "rental__renter", "rental__vehicle__model")
        for settlement in settled.order_by("accepted_at"):
            receipt = issue_receipt_of(settlement, by=renter_actor(settlement.rental.renter))
            # The letter was sent then, not now.
            send_receipt(settlement, receipt)
            letters = Delivery.objects.filter(reference=receipt.reference, sent_at=None)
            letters.update(
                created_at=receipt.issued_at, sent_at=receipt.issued_at, read_at=receipt.issued_at,
                state=DeliveryState.SENT, attachments=[],
            )  # fmt: skip

    # --- The tools -------------------------------------------------------------------------------
    def _hold(
        self,
        renter: Renter,
        vehicle: Vehicle,
        period: Period,
        *,
        is_by_plate: bool = False,
        channel: Channel = Channel.WEB,
    ) -> Booking:
        chosen = vehicle if is_by_plate else None
        quote = make_quote(
            model=vehicle.model,
            station=vehicle.station,
            period=period,
            vehicle=chosen,
            renter=renter.user,
        )
        self._made += 1
        return hold_booking(
            renter=renter.user,
            quote=quote,
            idempotency_key=f"demo-present-{self._made}",
            by=renter_actor(renter.user),
            channel=channel,
        )

    def _pay(self, booking: Booking) -> None:
        intent = PaymentIntent.objects.get(reference=booking.reference)
        pay_in_demo(
            intent=intent,
            provider_ref=str(next(self.numbers)),
            paid_at=self.scale.now.replace(microsecond=0),
            by=renter_actor(booking.renter),
        )
        booking.refresh_from_db()

    def _free_vehicle(self, code: str, period: Period, kind: VehicleKind) -> Vehicle:
        """Return the smallest vehicle of a kind that is free at a station, else at another of the same city."""
        city = self.stations[code].city_id
        others = [station for station in self.stations.values() if station.city_id == city]
        for station in sorted(others, key=lambda station: station.code != code):
            if all(is_open_at(week_of(station), end) for end in (period.starts_at, period.ends_at)):
                free = Vehicle.objects.at(station).rentable(period).free(period.extended_by(HOUR))
                free = free.filter(model__kind=kind).select_related("model", "station__city")
                vehicle = free.order_by("model__power_kw", "plate").first()
                if vehicle is not None:
                    return vehicle
        raise NothingFree

    def _somebody(self, vehicle: Vehicle) -> Renter:
        """Return a renter of the town who may drive the vehicle and has nothing else going on."""
        needed, city = licence_needed(vehicle), vehicle.station.city.slug
        free = [
            renter
            for renter in self.people.drivers
            if renter.fact.city == city and renter.user.pk not in self._busy and may_drive(renter, needed)
        ]
        renter = self.rng.choice(free)
        self._busy.add(renter.user.pk)
        return renter

    def _tomorrow(self, hour: int) -> datetime:
        return clock.day_bounds(self.scale.today + DAY)[0] + hour * HOUR


class NothingFree(DomainError):
    """No vehicle of the wanted kind is free at the station."""

    code = "nothing_free"


def _quieten(people: People) -> None:
    """Keep what was written to made-up people in the log only, and let the worker start on the rest at once."""
    now = clock.now()
    personas = [renter.user.pk for renter in people.personas.values()]
    unsent = Delivery.objects.filter(state=DeliveryState.QUEUED).exclude(recipient__in=personas)
    unsent.update(state=DeliveryState.SENT, sent_at=now, read_at=now)
    OutboxMessage.objects.filter(done_at=None, dead_at=None).update(available_at=now)

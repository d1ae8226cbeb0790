"""Everything that can happen to bookings, in any order that Hypothesis thinks of."""

import contextlib
import hashlib
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.access.actors import operator_actor, renter_actor, staff_actor
from accounts.notifications.models import Delivery
from payments.intents.selectors import balance_of, intents_of
from payments.intents.services import apply_fact
from payments.ledger.selectors import prove
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import (
    cancel_booking,
    expire_due_holds,
    hold_booking,
    mark_no_show,
)
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.handovers.services import accept_settlement
from rentals.pricing.models import Quote
from rentals.pricing.services import make_quote, quote_hash
from stations.fleet.models import Vehicle
from stations.timeline.enums import LIVE_STATES
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import with_turnaround
from tests.factories.accounts import make_renter, make_user
from tests.factories.handovers import STROKES, handed_over, returned, signature_image
from tests.factories.money import paid_fact
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock, pdf
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError

# A Tuesday morning in Vietnam.
MORNING = "2026-11-24T08:00:00+07:00"
OVERLAPS = """
    SELECT count(*) FROM stations_vehicleallocation a JOIN stations_vehicleallocation b
        ON a.vehicle_id = b.vehicle_id AND a.id < b.id AND a.period && b.period
    WHERE a.state IN ('held', 'confirmed', 'on_rental', 'blocked')
      AND b.state IN ('held', 'confirmed', 'on_rental', 'blocked')
"""


# Which of the bookings, modulo their number: what is drawn never depends on what happened.
WHICH = st.integers(0, 30)


# How bookings and rentals ended in all examples: a test that never gets anywhere proves nothing.
SEEN = Counter()


class Lifecycles(RuleBasedStateMachine):
    """Three equal cars, one better one, four renters, and whatever they do."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.clock = time_machine.travel(MORNING, tick=False)
        self.hand = self.clock.start()

    def teardown(self):
        SEEN.update(Booking.objects.values_list("state", flat=True))
        SEEN.update(f"rental {state}" for state in Rental.objects.values_list("state", flat=True))
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        self.clock.stop()

    @initialize()
    def open_the_station(self):
        self.station = make_station()
        self.model = make_car_model()
        self.better = make_car_model(seats=7, range_km=400)
        make_tariff(model=self.model)
        make_tariff(model=self.better, hour_amount=150_000, day_amount=900_000, week_amount=5_000_000)
        self.vehicles = [make_vehicle(model=self.model, station=self.station) for _ in range(3)]
        make_vehicle(model=self.better, station=self.station)
        self.renters = [make_renter(email=f"nguoi{n}@example.vn") for n in range(4)]
        self.attendant = make_user(email="quay@example.vn")
        make_post(user=self.attendant, station=self.station, role="supervisor")
        self.by = staff_actor(self.attendant, supervisor=True)
        self.operator = operator_actor(make_user(email="van.hanh@example.vn", is_staff=True))
        self.keys = 0
        # The timeline picks at random; a failure must come again when Hypothesis shrinks it.
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.5)")
        self.hold(who=0, starts_in=0, half_hours=8, plate=None)

    # --- What people do ----------------------------------------------------------------------------

    @rule(
        who=st.integers(0, 3),
        starts_in=st.integers(0, 40),
        half_hours=st.integers(2, 60),
        plate=st.sampled_from([None, None, None, 0, 1, 2]),
    )
    def hold(self, who, starts_in, half_hours, plate):
        start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(
            minutes=30 * (starts_in + 2)
        )
        period = Period(start, start + timedelta(minutes=30 * half_hours))
        vehicle = None if plate is None else self.vehicles[plate]
        renter = self.renters[who]
        self.keys += 1
        quote = make_quote(model=self.model, station=self.station, period=period, vehicle=vehicle)
        with contextlib.suppress(DomainError):
            hold_booking(renter=renter, quote=quote, idempotency_key=str(self.keys), by=renter_actor(renter))

    @rule(which=WHICH)
    def pay(self, which):
        self.money_comes(self.one(which, "held"))

    @rule(which=WHICH)
    def pay_whatever_its_state(self, which):
        """Late, or once more: money that comes is taken into account."""
        self.money_comes(self.one(which, *BookingState))

    @rule(which=WHICH)
    def go_to_pay(self, which):
        """Open the provider's page and think; the money may come long after."""
        booking = self.one(which, "held")
        if booking is not None:
            with contextlib.suppress(DomainError):
                paid_fact(self.intent_of(booking))

    @rule(which=WHICH)
    def cancel(self, which):
        booking = self.one(which, "held", "confirmed")
        if booking is not None:
            by = renter_actor(booking.renter)
            self.tried(lambda: cancel_booking(booking=booking, reason=CancelReason.RENTER, by=by))

    @rule(which=WHICH)
    def do_not_come(self, which):
        booking = self.one(which, "confirmed")
        if booking is not None:
            self.be_there(booking.starts_at + timedelta(minutes=61))
            self.tried(lambda: mark_no_show(booking=booking, by=self.by))

    @rule(which=WHICH)
    def pick_up(self, which):
        booking = self.one(which, "confirmed")
        if booking is not None:
            self.be_there(booking.starts_at)
            km = booking.allocation.vehicle.odometer_km + 1
            self.tried(lambda: handed_over(booking=booking, attendant=self.attendant, odometer_km=km))

    @rule(which=WHICH, late=st.sampled_from([0, 0, 45, 200]))
    def bring_back(self, which, late):
        booking = self.one(which, "fulfilled")
        rental = Rental.objects.filter(booking=booking, state=RentalState.ACTIVE).first()
        if rental is not None:
            self.be_there(rental.due_at + timedelta(minutes=late))
            returned(rental, self.attendant, odometer_km=rental.vehicle.odometer_km + 50)
            accept_settlement(rental=rental, by=self.by, image=signature_image(), strokes=STROKES)
            Vehicle.objects.filter(pk=rental.vehicle_id).update(condition="ready", battery_percent=90)

    @rule(minutes=st.sampled_from([5, 20, 60, 240, 720]))
    def time_passes(self, minutes):
        self.hand.shift(timedelta(minutes=minutes))

    @rule()
    def beat(self):
        expire_due_holds()

    # --- What must hold ----------------------------------------------------------------------------

    @invariant()
    def no_vehicle_is_promised_twice(self):
        with connection.cursor() as cursor:
            cursor.execute(OVERLAPS)
            assert cursor.fetchone() == (0,)

    @invariant()
    def every_promise_has_its_claim(self):
        live = VehicleAllocation.objects.filter(state__in=LIVE_STATES, claimant__startswith="booking:")
        claims = {claim.claimant: claim for claim in live}
        assert len(claims) == live.count()
        for booking in Booking.objects.filter(state__in=["confirmed", "arrived", "fulfilled"]):
            if booking.state == BookingState.FULFILLED and not self.is_out(booking):
                continue
            claim = claims.pop(booking.reference)
            promised = with_turnaround(booking.period)
            assert booking.allocation_id == claim.pk
            assert (claim.period.lower, claim.period.upper) == (promised.starts_at, promised.ends_at)
        assert all(claim.state == "held" for claim in claims.values())

    @invariant()
    def quotes_are_as_they_were(self):
        for quote in Quote.objects.all():
            assert quote_hash(quote) == quote.sha256

    @invariant()
    def every_dong_is_somewhere(self):
        assert prove().problems == []
        ended = Booking.objects.filter(state__in=["expired", "cancelled", "no_show"])
        for booking in ended:
            assert balance_of(booking.reference).is_zero
        for booking in Booking.objects.filter(state="confirmed"):
            balance = balance_of(booking.reference)
            assert (balance.prepaid, balance.deposit) == (
                booking.quote.total_amount,
                booking.quote.deposit_amount,
            )

    @invariant()
    def everybody_is_told_once(self):
        told = Counter(Delivery.objects.filter(channel="email").values_list("kind", "reference"))
        for booking in Booking.objects.all():
            mails = {
                kind: count for (kind, reference), count in told.items() if reference == booking.reference
            }
            was_confirmed = booking.confirmed_at is not None
            assert mails.get("booking_confirmed", 0) == was_confirmed
            assert mails.get("booking_cancelled", 0) == (booking.state == BookingState.CANCELLED)
            assert mails.get("booking_no_show", 0) == (booking.state == BookingState.NO_SHOW)

    # --- Words of this file --------------------------------------------------------------------------

    def one(self, which, *wanted):
        """Return one of the bookings in these states, or None."""
        rows = Booking.objects.filter(state__in=wanted).order_by("pk")
        return rows.select_related("renter", "allocation__vehicle")[which % len(rows)] if rows else None

    def be_there(self, moment):
        """Let the time come, unless it is past."""
        self.hand.shift(max(moment - clock.now(), timedelta(0)))

    def intent_of(self, booking):
        return intents_of(booking.reference).filter(purpose="booking").last()

    def money_comes(self, booking):
        intent = self.intent_of(booking) if booking is not None else None
        if intent is None:
            return
        try:
            apply_fact(paid_fact(intent))
        except DomainError:
            # Its visit to the provider cannot be begun any more.
            assert not intent.attempts.exists()

    def is_out(self, booking):
        return Rental.objects.filter(booking=booking, state=RentalState.ACTIVE).exists()

    @staticmethod
    def tried(attempt):
        """Do something that may be refused; a refusal must leave nothing behind."""
        try:
            with transaction.atomic():
                attempt()
        except DomainError:
            return


@pytest.fixture(autouse=True)
def _quick_paper(monkeypatch):
    """A contract's half second of rendering is another test's matter."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)


def test_whatever_happens_nothing_is_lost_or_doubled():
    run_state_machine_as_test(
        Lifecycles,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {"held", "confirmed", "expired", "cancelled", "no_show", "rental active", "rental closed"} <= set(
        SEEN
    )

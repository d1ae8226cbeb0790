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
from payments.intents.models import PaymentIntent
from payments.intents.selectors import intents_of
from payments.intents.services import apply_fact
from payments.ledger.models import LedgerAccount
from payments.ledger.selectors import prove
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import (
    cancel_booking,
    expire_due_holds,
    hold_booking,
    mark_no_show,
)
from rentals.changes.models import BookingChange
from rentals.changes.services import (
    lapse_due_changes,
    preview_change,
    preview_extension,
    request_change,
    request_extension,
)
from rentals.changes.wanted import as_booked
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.handovers.services import accept_settlement
from rentals.incidents.services import from_now, put_back_in_service, run_ladder, take_out_of_service
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
from voltgo.core.audit.models import AuditEvent
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError
from voltgo.core.models import StateEvent

# A Tuesday morning in Vietnam.
MORNING = "2026-11-24T08:00:00+07:00"
OVERLAPS = """
    SELECT count(*) FROM stations_vehicleallocation a JOIN stations_vehicleallocation b
        ON a.vehicle_id = b.vehicle_id AND a.id < b.id AND a.period && b.period
    WHERE a.state IN ('held', 'confirmed', 'on_rental', 'blocked')
      AND b.state IN ('held', 'confirmed', 'on_rental', 'blocked')
"""


# What may happen, the usual things more often. Which booking it happens to is drawn as a number and taken
# modulo how many there are: what is drawn never depends on what happened.
EVENTS = [
    *["book"] * 5,
    *["hold", "pick_up", "bring_back", "change", "extend", "time_passes", "beat"] * 2,
    *["pay", "pay_whatever_its_state", "go_to_pay", "pay_for_a_change", "cancel", "do_not_come"],
    *["break_down", "break_down", "break_down", "mend"],
]


# What came about in all examples: a test that never gets anywhere proves nothing.
NECESSARY = {
    *(f"booking {state}" for state in ("held", "confirmed", "expired", "cancelled", "no_show", "fulfilled")),
    *(f"booking_change {state}" for state in ("awaiting_payment", "applied", "lapsed", "withdrawn")),
    *(f"rental {state}" for state in ("active", "returned", "closed")),
    *(f"protected: {ending}" for ending in ("moved", "upgraded", "withdrawn")),
    "booking.moved",
    "vehicle.out_of_service",
    "vehicle.back_in_service",
}
SEEN: Counter[str] = Counter()


class Lifecycles(RuleBasedStateMachine):
    """Three equal cars, one better one, four renters, and whatever they do."""

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.clock = time_machine.travel(MORNING, tick=False)
        self.hand = self.clock.start()

    def teardown(self):
        SEEN.update(" ".join(event) for event in StateEvent.objects.values_list("machine", "target"))
        SEEN.update(AuditEvent.objects.values_list("action", flat=True))
        endings = AuditEvent.objects.filter(action="booking.protected").values_list(
            "changes__ending", flat=True
        )
        SEEN.update(f"protected: {ending}" for ending in endings)
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
        for number in range(4):
            self.book(number, 3 * number, yes=False)

    # --- What happens -------------------------------------------------------------------------------

    @rule(
        event=st.sampled_from(EVENTS), which=st.integers(0, 11), number=st.integers(0, 47), yes=st.booleans()
    )
    def something_happens(self, event, which, number, yes):
        """One rule for all: of many rules Hypothesis leaves some out, and hardly anybody would get to drive."""
        getattr(self, event)(which, number, yes=yes)

    def hold(self, which, number, *, yes):
        """By model, or one time in four by plate; for one hour to 24, from half an hour on to a day ahead."""
        hour = clock.now().replace(minute=0, second=0, microsecond=0)
        start = hour + timedelta(minutes=30 * (number + 2))
        period = Period(start, start + timedelta(hours=1 + (number * 7 + which) % 24))
        renter = self.renters[which % 4]
        quote = make_quote(
            model=self.model,
            station=self.station,
            period=period,
            vehicle=self.vehicles[which % 3] if yes and number % 2 else None,
        )
        with contextlib.suppress(DomainError):
            hold_booking(renter=renter, quote=quote, idempotency_key=self.new_key(), by=renter_actor(renter))

    def book(self, which, number, *, yes):
        """Hold and pay in one go, as most people do."""
        self.hold(which, number, yes=yes)
        self.money_comes(Booking.objects.filter(state="held").order_by("pk").last())

    def pay(self, which, number, *, yes):
        self.money_comes(self.one(which, "held"))

    def pay_whatever_its_state(self, which, number, *, yes):
        """Late, or once more: money that comes is taken into account."""
        self.money_comes(self.one(which, "expired" if yes else "confirmed", "cancelled"))

    def go_to_pay(self, which, number, *, yes):
        """Open the provider's page and think; the money may come long after."""
        booking = self.one(which, "held")
        if booking is not None:
            with contextlib.suppress(DomainError):
                paid_fact(self.intent_of(booking))

    def cancel(self, which, number, *, yes):
        booking = self.one(which, "held", "confirmed")
        if booking is not None:
            cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(booking.renter))

    def do_not_come(self, which, number, *, yes):
        booking = self.one(which, "confirmed")
        if booking is not None:
            self.be_there(booking.starts_at + timedelta(minutes=61))
            with contextlib.suppress(DomainError):
                mark_no_show(booking=booking, by=self.by)

    def pick_up(self, which, number, *, yes):
        booking = self.one(which, "confirmed")
        if booking is None:
            return
        self.be_there(booking.starts_at)
        km = booking.allocation.vehicle.odometer_km + 1
        # Many steps at the counter: of a handover that cannot be finished nothing stays.
        with contextlib.suppress(DomainError), transaction.atomic():
            handed_over(booking=booking, attendant=self.attendant, odometer_km=km)

    def bring_back(self, which, number, *, yes):
        rental = self.out(which)
        if rental is not None:
            self.be_there(rental.due_at + timedelta(minutes=number * 5 if yes else 0))
            returned(rental, self.attendant, odometer_km=rental.vehicle.odometer_km + 50)
            accept_settlement(rental=rental, by=self.by, image=signature_image(), strokes=STROKES)
            Vehicle.objects.filter(pk=rental.vehicle_id).update(condition="ready", battery_percent=90)

    def change(self, which, number, *, yes):
        """Earlier, later, longer, shorter; paid at once or not."""
        booking = self.one(which, "confirmed")
        if booking is None:
            return
        starts_at = booking.starts_at + timedelta(minutes=30 * (number % 16 - 4))
        ends_at = max(booking.ends_at + timedelta(minutes=30 * (number - 16)), starts_at + timedelta(hours=1))
        with contextlib.suppress(DomainError):
            preview = preview_change(
                booking=booking, wanted=as_booked(booking).but(period=Period(starts_at, ends_at))
            )
            request_change(
                booking=booking,
                quote=preview.after,
                idempotency_key=self.new_key(),
                by=renter_actor(booking.renter),
            )
            self.pay_or_think(booking, pays=yes)

    def extend(self, which, number, *, yes):
        rental = self.out(which)
        if rental is None:
            return
        ends_at = rental.due_at + timedelta(minutes=30 * (1 + number % 12))
        with contextlib.suppress(DomainError):
            preview = preview_extension(rental=rental, ends_at=ends_at)
            request_extension(
                rental=rental,
                quote=preview.after,
                idempotency_key=self.new_key(),
                by=renter_actor(rental.renter),
            )
            self.pay_or_think(rental.booking, pays=yes)

    def pay_for_a_change(self, which, number, *, yes):
        """In time, or when it has lapsed."""
        intents = PaymentIntent.objects.filter(purpose="change").order_by("pk")
        if intents:
            self.money_for(intents[which % len(intents)])

    def break_down(self, which, number, *, yes):
        until = clock.now() + timedelta(hours=1 + number) if yes else None
        with contextlib.suppress(DomainError):
            take_out_of_service(
                vehicle=Vehicle.objects.get(pk=self.vehicles[which % 3].pk),
                period=from_now(until),
                reason="hỏng phanh",
                by=self.by,
            )

    def mend(self, which, number, *, yes):
        vehicle = Vehicle.objects.get(pk=self.vehicles[which % 3].pk)
        with contextlib.suppress(DomainError):
            put_back_in_service(vehicle=vehicle, reason="đã thay má phanh", by=self.by)
            Vehicle.objects.filter(pk=vehicle.pk).update(condition="ready", battery_percent=90)

    def time_passes(self, which, number, *, yes):
        self.hand.shift(timedelta(minutes=(1 + number) * (5 if yes else 1)))

    def beat(self, which, number, *, yes):
        expire_due_holds()
        lapse_due_changes()
        run_ladder()

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
        expected = Booking.objects.filter(state__in=["confirmed", "arrived", "fulfilled"])
        back = set(Rental.objects.exclude(state="active").values_list("booking", flat=True))
        for booking in expected.select_related("allocation"):
            if booking.state == BookingState.FULFILLED and booking.pk in back:
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
        kept = Counter(dict(LedgerAccount.objects.filter(tracked=True).values_list("code", "balance")))
        for booking in Booking.objects.select_related("quote"):
            ours = [
                kept[f"{account}:{booking.reference}"]
                for account in ("customer_prepaid", "deposit_liability")
            ]
            assert kept[f"customer_credit:{booking.reference}"] == 0
            if booking.state in {"expired", "cancelled", "no_show"}:
                assert ours == [0, 0]
            if booking.state == "confirmed":
                assert ours == [booking.quote.total_amount, booking.quote.deposit_amount]

    @invariant()
    def everybody_is_told_once(self):
        told = Counter(Delivery.objects.filter(channel="email").values_list("kind", "reference"))
        changes = Counter(
            BookingChange.objects.filter(applied_at__isnull=False).values_list("kind", "booking__code")
        )
        endings = Counter(
            (event.changes["ending"], event.changes["booking"])
            for event in AuditEvent.objects.filter(action="booking.protected")
        )
        for booking in Booking.objects.all():
            mails = Counter(
                {kind: number for (kind, about), number in told.items() if about == booking.reference}
            )
            assert mails["booking_confirmed"] == (booking.confirmed_at is not None)
            assert mails["booking_cancelled"] + mails["booking_withdrawn"] == (booking.state == "cancelled")
            assert mails["booking_no_show"] == (booking.state == "no_show")
            assert mails["booking_changed"] == changes["change", booking.code]
            assert mails["rental_extended"] == changes["extension", booking.code]
            assert mails["vehicle_upgraded"] == endings["upgraded", booking.code]
            assert mails["booking_withdrawn"] == endings["withdrawn", booking.code]
            # Who has never seen a plate need not hear of another one.
            assert mails["vehicle_reassigned"] <= endings["moved", booking.code]
            if not booking.is_by_model and booking.confirmed_at is not None:
                assert mails["vehicle_reassigned"] == endings["moved", booking.code]

    # --- Words of this file --------------------------------------------------------------------------

    def one(self, which, *wanted):
        """Return one of the bookings in these states, or None."""
        rows = Booking.objects.filter(state__in=wanted).order_by("pk")
        return rows.select_related("renter", "allocation__vehicle")[which % len(rows)] if rows else None

    def out(self, which):
        """Return one of the rentals that are under way, or None."""
        rows = Rental.objects.filter(state=RentalState.ACTIVE).order_by("pk")
        return rows.select_related("vehicle", "booking__renter")[which % len(rows)] if rows else None

    def be_there(self, moment):
        """Let the time come, unless it is past."""
        self.hand.shift(max(moment - clock.now(), timedelta(0)))

    def intent_of(self, booking):
        return intents_of(booking.reference).filter(purpose="booking").last()

    def money_comes(self, booking):
        if booking is not None:
            self.money_for(self.intent_of(booking))

    def pay_or_think(self, booking, *, pays):
        """Pay what a change asks for, or go to the provider's page and leave it at that."""
        intent = intents_of(booking.reference).filter(purpose="change").last()
        if intent is not None and pays:
            self.money_for(intent)
        elif intent is not None:
            with contextlib.suppress(DomainError):
                paid_fact(intent)

    @staticmethod
    def money_for(intent):
        try:
            apply_fact(paid_fact(intent))
        except DomainError:
            # Its visit to the provider cannot be begun any more.
            assert not intent.attempts.exists()

    def new_key(self):
        self.keys += 1
        return str(self.keys)


@pytest.fixture(autouse=True)
def _quick_paper(monkeypatch):
    """A contract's half second of rendering is another test's matter."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)


def test_whatever_happens_nothing_is_lost_or_doubled():
    run_state_machine_as_test(
        Lifecycles,
        settings=settings(
            max_examples=12,
            stateful_step_count=50,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(SEEN) >= NECESSARY

from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from accounts.kyc.models import IdentityDocument
from accounts.notifications.models import Delivery
from payments.intents.selectors import intents_of
from payments.intents.services import apply_fact
from rentals.bookings.enums import BookingState, CancelReason, Channel
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, expire_due_holds, mark_no_show
from rentals.waitlist.enums import WaitState
from rentals.waitlist.errors import AlreadyWaiting, NothingToWithdraw, TooManyEntries, VehicleIsFree
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.services import (
    join_waitlist,
    lapse_due_offers,
    offer_next,
    withdraw_entry,
)
from rentals.waitlist.tasks import serve_waitlist
from stations.checklists import first
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from stations.fleet.services import mark_ready
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind
from tests.factories.accounts import make_renter
from tests.factories.money import paid_fact, pay
from tests.factories.rentals import make_booking
from tests.factories.stations import make_station, make_vehicle
from tests.integration.rentals.waitlist.conftest import wait
from voltgo.core import clock, outbox, states
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.clock import Period

OPERATOR = Actor(ActorKind.OPERATOR, "U-OP", "Thu Hà")


def free_it(booking):
    cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=OPERATOR)


def offers():
    return Booking.objects.filter(channel=Channel.WAITLIST)


def messages(kind):
    letters = Delivery.objects.filter(kind=kind, channel="email").order_by("pk")
    return list(letters.values_list("recipient__email", flat=True))


def test_a_cancelled_vehicle_is_offered_to_whoever_waits_longest(
    renter, stranger, taken, station, model, tomorrow
):
    first = wait(renter, station, model, tomorrow)
    second = wait(stranger, station, model, tomorrow)

    free_it(taken)
    outbox.run_all()

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == WaitState.OFFERED
    assert second.state == WaitState.WAITING
    assert first.booking.renter == renter
    assert first.booking.channel == Channel.WAITLIST
    assert first.booking.state == BookingState.HELD
    assert first.offered_until == clock.now() + timedelta(minutes=20)
    assert first.booking.allocation.hold_expires_at == first.offered_until
    assert messages("waitlist_offer") == [renter.email]


def test_an_offer_that_is_paid_is_taken(renter, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()
    entry.refresh_from_db()

    assert entry.booking is not None
    pay(entry.booking)

    entry.refresh_from_db()
    assert entry.state == WaitState.TAKEN
    assert entry.booking.state == BookingState.CONFIRMED


def test_an_offer_that_is_not_paid_lapses_and_the_next_one_is_asked(
    renter, stranger, taken, station, model, tomorrow, morning
):
    first = wait(renter, station, model, tomorrow)
    second = wait(stranger, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()
    morning.shift(timedelta(minutes=21))

    expire_due_holds()
    outbox.run_all()

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == WaitState.LAPSED
    assert second.state == WaitState.OFFERED
    assert messages("waitlist_lapsed") == [renter.email]
    assert messages("waitlist_offer") == [renter.email, stranger.email]


def test_money_that_comes_late_still_takes_the_vehicle(renter, taken, station, model, tomorrow, morning):
    entry = wait(renter, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()
    entry.refresh_from_db()
    money = paid_fact(intents_of(entry.booking.reference).get())
    morning.shift(timedelta(minutes=21))
    lapse_due_offers()
    entry.refresh_from_db()
    assert entry.state == WaitState.LAPSED

    apply_fact(money)

    entry.refresh_from_db()
    assert entry.state == WaitState.TAKEN


def test_the_sweeper_ends_an_offer_that_no_receiver_saw(renter, taken, station, model, tomorrow, morning):
    entry = wait(renter, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()
    morning.shift(timedelta(minutes=21))

    assert lapse_due_offers() == 1
    assert lapse_due_offers() == 0

    entry.refresh_from_db()
    assert entry.state == WaitState.LAPSED
    assert messages("waitlist_lapsed") == [renter.email]


def test_an_entry_whose_start_has_passed_lapses_without_a_word(
    renter, taken, station, model, tomorrow, morning
):
    entry = wait(renter, station, model, tomorrow)
    morning.move_to(tomorrow.starts_at)

    serve_waitlist()

    entry.refresh_from_db()
    assert entry.state == WaitState.LAPSED
    assert messages("waitlist_lapsed") == []
    assert offers().count() == 0


def test_who_may_not_drive_is_passed_over_and_keeps_the_place(
    renter, stranger, taken, station, model, tomorrow
):
    first = wait(renter, station, model, tomorrow)
    second = wait(stranger, station, model, tomorrow)
    IdentityDocument.objects.filter(user=renter).delete()

    free_it(taken)
    outbox.run_all()

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == WaitState.WAITING
    assert second.state == WaitState.OFFERED


def test_who_waits_for_another_time_is_not_asked(renter, taken, station, model, tomorrow):
    later = Period(tomorrow.starts_at + timedelta(days=3), tomorrow.ends_at + timedelta(days=3))
    make_booking(renter=make_renter(), vehicle=taken.allocation.vehicle, period=later)
    entry = wait(renter, station, model, later)

    free_it(taken)
    outbox.run_all()

    entry.refresh_from_db()
    assert entry.state == WaitState.WAITING
    assert offers().count() == 0


def test_a_longer_wish_that_does_not_fit_lets_a_shorter_one_pass(
    renter, stranger, taken, car, station, model, tomorrow
):
    after = Period(tomorrow.ends_at + timedelta(hours=1), tomorrow.ends_at + timedelta(hours=5))
    make_booking(renter=make_renter(), vehicle=car, period=after)
    long = wait(renter, station, model, Period(tomorrow.starts_at, after.ends_at))
    short = wait(stranger, station, model, tomorrow)

    free_it(taken)
    outbox.run_all()

    long.refresh_from_db()
    short.refresh_from_db()
    assert (long.state, short.state) == (WaitState.WAITING, WaitState.OFFERED)


def test_a_renter_who_does_not_come_frees_the_rest_for_the_next(
    renter, taken, station, model, tomorrow, morning
):
    later = Period(tomorrow.starts_at + timedelta(hours=2), tomorrow.starts_at + timedelta(hours=4))
    entry = wait(renter, station, model, later)
    morning.move_to(tomorrow.starts_at + timedelta(minutes=61))

    mark_no_show(booking=taken, by=OPERATOR)
    outbox.run_all()

    entry.refresh_from_db()
    assert entry.state == WaitState.OFFERED


def test_a_block_that_is_lifted_frees_a_vehicle(renter, car, station, model, tomorrow):
    block = timeline.block(
        vehicle=car, period=tomorrow, kind=AllocationKind.MAINTENANCE, reason="Lốp", by=OPERATOR
    )
    entry = wait(renter, station, model, tomorrow)

    timeline.unblock(allocation=block, reason="Xong", by=OPERATOR)
    outbox.run_all()

    entry.refresh_from_db()
    assert entry.state == WaitState.OFFERED


def test_a_vehicle_that_is_ready_again_is_offered(renter, car, station, model, attendant):
    Vehicle.objects.filter(pk=car.pk).update(condition=Condition.PREPARATION)
    start = clock.now() + timedelta(hours=1)
    entry = wait(renter, station, model, Period(start, start + timedelta(hours=3)))
    items = first.checklist("preparation", model.kind).items

    car.refresh_from_db()
    mark_ready(
        vehicle=car,
        checked=[item.code for item in items],
        battery_percent=95,
        user=attendant,
        by=Actor(ActorKind.STAFF, "U-1", "Huy"),
    )
    outbox.run_all()

    entry.refresh_from_db()
    assert entry.state == WaitState.OFFERED


def test_the_sweeper_finds_a_vehicle_that_came_without_a_signal(renter, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)
    make_vehicle(station=station, model=model)

    serve_waitlist()

    entry.refresh_from_db()
    assert entry.state == WaitState.OFFERED


def test_nothing_is_promised_when_nobody_waits(taken):
    free_it(taken)

    assert not [topic for topic in open_topics() if topic == "waitlist.offer"]


def open_topics():
    from voltgo.core.models import OutboxMessage

    return list(OutboxMessage.objects.values_list("topic", flat=True))


def test_an_offer_is_made_once_however_often_it_is_asked(renter, stranger, taken, station, model, tomorrow):
    wait(renter, station, model, tomorrow)
    wait(stranger, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()

    assert offer_next(station=station, model=model, period=tomorrow) == []
    assert offers().count() == 1


def test_withdrawing_an_offer_lets_the_next_one_have_it(renter, stranger, taken, station, model, tomorrow):
    first = wait(renter, station, model, tomorrow)
    second = wait(stranger, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()

    withdraw_entry(entry=first, by=renter_actor(renter))
    withdraw_entry(entry=first, by=renter_actor(renter))
    outbox.run_all()

    second.refresh_from_db()
    assert first.state == WaitState.WITHDRAWN
    assert first.booking.state == BookingState.CANCELLED
    assert second.state == WaitState.OFFERED


def test_a_taken_vehicle_is_not_withdrawn_but_cancelled(renter, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()
    entry.refresh_from_db()
    assert entry.booking is not None
    pay(entry.booking)

    with pytest.raises(NothingToWithdraw):
        withdraw_entry(entry=entry, by=renter_actor(renter))

    entry.booking.refresh_from_db()
    assert entry.booking.state == BookingState.CONFIRMED


def test_nobody_waits_for_what_is_free(renter, car, station, model, tomorrow):
    with pytest.raises(VehicleIsFree):
        wait(renter, station, model, tomorrow)

    assert WaitlistEntry.objects.count() == 0


def test_nobody_waits_twice_for_the_same(renter, taken, station, model, tomorrow):
    wait(renter, station, model, tomorrow)

    with pytest.raises(AlreadyWaiting):
        wait(renter, station, model, tomorrow)

    assert WaitlistEntry.objects.count() == 1


def test_nobody_waits_in_more_than_five_queues(renter, model, tomorrow):
    for _each in range(5):
        wait(renter, make_station(), model, tomorrow)

    with pytest.raises(TooManyEntries):
        wait(renter, make_station(), model, tomorrow)

    assert WaitlistEntry.objects.count() == 5


def test_every_step_of_an_entry_is_kept(renter, taken, station, model, tomorrow):
    from rentals.waitlist.enums import WAIT

    entry = join_waitlist(
        renter=renter, station=station, model=model, period=tomorrow, by=renter_actor(renter)
    )
    free_it(taken)
    outbox.run_all()
    entry.refresh_from_db()
    assert entry.booking is not None
    pay(entry.booking)

    steps = [(event.source, event.target, event.actor_kind) for event in states.events_of(WAIT, entry)]
    assert steps == [
        ("", "waiting", "renter"),
        ("waiting", "offered", "system"),
        ("offered", "taken", "system"),
    ]
    assert SYSTEM.kind == "system"

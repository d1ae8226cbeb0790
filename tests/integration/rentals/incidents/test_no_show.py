from datetime import timedelta

import pytest

from accounts.access.actors import operator_actor, staff_actor
from payments.intents.models import Refund
from payments.intents.selectors import balance_of
from rentals.bookings.enums import BookingState
from rentals.bookings.errors import NotYoursToWaive, StillInGrace, WaitsTooShort, WaitWithoutReason
from rentals.bookings.services import mark_no_show, no_show_preview, wait_longer
from rentals.policies.models import BookingPolicy
from stations.timeline.enums import AllocationState
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import IllegalTransition, NotAllowed

DAY = 600_000
DEPOSIT = 3_000_000


def booked(renter, vehicle, *, hours: int):
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=hours)
    return paid_booking(renter=renter, vehicle=vehicle, period=period)


def after_grace(traveller, booking) -> None:
    traveller.move_to(booking.starts_at + timedelta(minutes=61), tick=False)


@pytest.mark.parametrize(
    ("hours", "paid", "kept"),
    [
        # Less than a day: all of it.
        (3, 300_000, 300_000),
        (24, 600_000, 600_000),
        # Longer: the first day's rent, the rest goes back.
        (27, 900_000, 600_000),
        (72, 1_800_000, 600_000),
        # A week's ticket is cheaper than seven days; the first day still costs a day.
        (168, 3_600_000, 600_000),
    ],
)
def test_at_most_the_first_days_rent_is_kept(traveller, renter, vehicle, by, hours, paid, kept):
    booking = booked(renter, vehicle, hours=hours)
    assert booking.quote.total_amount == paid
    after_grace(traveller, booking)
    preview = no_show_preview(booking)
    assert (preview.fee, preview.rent_refund, preview.deposit_refund) == (kept, paid - kept, DEPOSIT)

    assert mark_no_show(booking=booking, by=by, note="Gọi hai lần") == preview
    refund = Refund.objects.get(reference=booking.reference)
    assert (refund.amount, refund.deposit_amount) == (paid - kept + DEPOSIT, DEPOSIT)
    assert balance_of(booking.reference).is_zero
    booking.refresh_from_db()
    assert booking.allocation.state == AllocationState.RELEASED


def test_the_grace_is_that_of_the_frozen_policy(traveller, renter, vehicle, by):
    BookingPolicy.objects.all().delete()
    policy = BookingPolicy.objects.create(valid_from=clock.today(), no_show_grace_minutes=90)
    booking = booked(renter, vehicle, hours=3)
    assert booking.quote.policy["no_show_grace_minutes"] == 90
    BookingPolicy.objects.filter(pk=policy.pk).update(no_show_grace_minutes=10)
    after_grace(traveller, booking)
    with pytest.raises(StillInGrace) as refused:
        mark_no_show(booking=booking, by=by)
    assert refused.value.details["until"] == booking.starts_at + timedelta(minutes=90)
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    traveller.move_to(booking.starts_at + timedelta(minutes=91), tick=False)
    mark_no_show(booking=booking, by=by)


def test_the_system_never_gives_a_renter_up(traveller, booking):
    after_grace(traveller, booking)
    with pytest.raises(NotAllowed):
        mark_no_show(booking=booking, by=SYSTEM)
    assert not Refund.objects.exists()


def test_a_supervisor_waits_until_a_time_with_a_reason(traveller, booking, supervisor, by):
    after_grace(traveller, booking)
    until = clock.now() + timedelta(minutes=45)
    wait_longer(booking=booking, until=until, reason="Kẹt cầu", by=staff_actor(supervisor, supervisor=True))
    with pytest.raises(StillInGrace):
        mark_no_show(booking=booking, by=by)
    event = AuditEvent.objects.get(action="booking.awaited")
    assert (event.reason, event.actor_ref) == ("Kẹt cầu", supervisor.public_id)
    traveller.move_to(until + timedelta(seconds=1), tick=False)
    mark_no_show(booking=booking, by=by)


def test_waiting_is_refused_without_rank_reason_or_sense(traveller, booking, attendant, operator):
    after_grace(traveller, booking)
    soon = clock.now() + timedelta(minutes=30)
    operator_by = operator_actor(operator)
    with pytest.raises(NotYoursToWaive):
        wait_longer(booking=booking, until=soon, reason="Kẹt cầu", by=staff_actor(attendant))
    with pytest.raises(WaitWithoutReason):
        wait_longer(booking=booking, until=soon, reason=" ", by=operator_by)
    for until in (clock.now(), booking.ends_at):
        with pytest.raises(WaitsTooShort):
            wait_longer(booking=booking, until=until, reason="Kẹt cầu", by=operator_by)
    booking.refresh_from_db()
    assert booking.awaited_until is None
    assert not AuditEvent.objects.filter(action="booking.awaited").exists()


def test_who_is_here_already_is_not_waited_for(traveller, rental, operator):
    with pytest.raises(IllegalTransition):
        wait_longer(
            booking=rental.booking,
            until=clock.now() + timedelta(minutes=30),
            reason="Kẹt cầu",
            by=operator_actor(operator),
        )


def test_the_day_is_a_day_of_600_000(booking):
    assert booking.quote.terms["day_amount"] == DAY

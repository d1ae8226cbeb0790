"""Holding a vehicle for a renter while they pay."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction

from accounts.kyc.eligibility import Eligibility, NotEligible, eligibility_of, lock_account
from accounts.models import User
from payments.intents.models import PaymentIntent
from payments.intents.selectors import debt_of
from payments.intents.services import first_request
from rentals.bookings.enums import BOOKING, Channel
from rentals.bookings.models import Booking, new_booking_code
from rentals.bookings.rules import check_period, judge_open
from rentals.bookings.selectors.licences import demand_of
from rentals.bookings.services.hold_facts import Facts, facts_for
from rentals.bookings.services.limits import check_limits
from rentals.bookings.services.one_way import allocate_one_way, is_one_way
from rentals.bookings.services.repack import claim_any
from rentals.bookings.signals import booking_held
from rentals.policies.rules import Policy
from rentals.pricing import promotions
from rentals.pricing.errors import QuoteExpired
from rentals.pricing.models import Quote
from rentals.pricing.services import check_renter
from stations.fleet.models import Vehicle, VehicleModel
from stations.supply.selectors import check_supply
from stations.timeline import services as timeline
from stations.timeline.candidates import first_claim
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit.services import record
from voltgo.core.clock import Period
from voltgo.core.errors import NotAllowed
from voltgo.core.rows import insert_after, insert_together
from voltgo.core.states import COUNTER

# Who may let a renter book more than the policy's limits.
WAIVERS = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})


def check_eligibility(*, renter: User, model: VehicleModel, period: Period) -> Eligibility:
    """Say whether a renter may drive a model for a period, and if not, why; writes nothing."""
    return eligibility_of(user=renter, demand=demand_of(model), period=period, debt=debt_of(renter))


def hold_booking(
    *,
    renter: User,
    quote: Quote,
    idempotency_key: str,
    by: Actor,
    channel: Channel = Channel.WEB,
    hold_minutes: int | None = None,
    waives_limits: bool = False,
    as_found: bool = False,
) -> Booking:
    """Hold a vehicle for a renter at the quoted price, and ask for the money.

    Locks the renter, then what `timeline` locks. Where stale holds of the model are in the way it starts anew
    after having expired them in a transaction of its own, so that no rival waits for a sweep. The hold lasts
    as many minutes as the policy in the quote says, or `hold_minutes` where the channel has a time of its own.
    Safe to call twice with one key: the second call returns the first one's booking. With `waives_limits` a
    supervisor or an operator lets a renter book more than the policy's limits.

    With `as_found` nothing but the quote and the timeline can refuse it: somebody walked in while the station had no
    network and has left with the vehicle. What they may drive is judged and kept; hours, supply and limits, which
    could only have kept them from leaving, are not. Only the counter may say so, and it is on record.

    Raises:
        QuoteExpired: the quote is too old or already used; ask for a new one.
        QuoteForAnother: the price depends on the person, and is another's; ask for a new one.
        PromotionRefused: the promotion has been used up, or switched off, since the quote was made.
        PeriodNotOffered, StationClosed: the period cannot be booked at this station.
        SupplyTooLow: too few vehicles stand ready for one more pickup soon; the counter may still give one.
        NotEligible: age, licence, identity, block or debt; `reasons` says which.
        TooManyBookings, TooManyBookingsAhead, TooManyBookingsToday: the renter's limits (services/limits.py).
        NotAllowed: limits are waived by somebody who may not.
        VehicleUnavailable: the vehicle, or every vehicle of the model, has just been taken.
    """
    return hold_and_ask(
        renter=renter,
        quote=quote,
        idempotency_key=idempotency_key,
        by=by,
        channel=channel,
        hold_minutes=hold_minutes,
        waives_limits=waives_limits,
        as_found=as_found,
    ).booking


@dataclass(frozen=True, slots=True)
class Held:
    """A booking that is held, and what is asked for it; no intent if an earlier call made the booking."""

    booking: Booking
    intent: PaymentIntent | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants what: the arguments of a hold."""

    renter: User
    quote: Quote
    key: str
    by: Actor
    channel: Channel
    hold_minutes: int | None
    waives_limits: bool
    as_found: bool = False


def hold_and_ask(
    *,
    renter: User,
    quote: Quote,
    idempotency_key: str,
    by: Actor,
    channel: Channel = Channel.WEB,
    hold_minutes: int | None = None,
    waives_limits: bool = False,
    as_found: bool = False,
) -> Held:
    """Do what `hold_booking` does, and return the payment request too; see there.

    Three steps, few round trips each (docs/adr/0017): read what judging needs, judge it without a query, write.
    """
    wish = Wish(
        renter=renter,
        quote=quote,
        key=f"{renter.public_id}:{idempotency_key}",
        by=by,
        channel=channel,
        hold_minutes=hold_minutes,
        waives_limits=waives_limits,
        as_found=as_found,
    )
    try:
        held = _hold(wish, is_swept=False)
        if held is None:
            timeline.expire_stale_at(quote.pickup_station, quote.model)
            held = _hold(wish, is_swept=True)
    except IntegrityError:
        # Somebody else used the quote at the same moment, or made this very booking.
        twin = Booking.objects.filter(idempotency_key=wish.key).first()
        if twin is not None:
            return Held(twin)
        raise QuoteExpired from None
    assert held is not None
    return held


@transaction.atomic
def _hold(wish: Wish, *, is_swept: bool) -> Held | None:
    """Do it all in one transaction; None, with nothing written, if stale holds must be swept first."""
    # First the lock, then the counting: parallel clicks of one renter wait here, and see each other's bookings.
    account = lock_account(wish.renter)
    facts = facts_for(renter=wish.renter, account=account, quote=wish.quote, key=wish.key)
    if facts.twin_id is not None:
        return Held(Booking.objects.get(pk=facts.twin_id))
    if facts.has_stale_holds and not is_swept:
        return None
    return _write(wish, facts, _judge(wish, facts))


def _judge(wish: Wish, facts: Facts) -> Eligibility:
    """Refuse what may not be booked; return the eligibility that is kept on the booking."""
    quote, period = wish.quote, wish.quote.period
    # The price of a change is for that change alone.
    if quote.expires_at <= clock.now() or quote.replaces_id is not None or facts.is_quote_used:
        raise QuoteExpired
    check_renter(quote, wish.renter)
    if wish.as_found:
        return _kept_as_found(wish, facts)
    check_period(period, facts.policy, is_at_counter=wish.channel == Channel.COUNTER)
    judge_open(quote.pickup_station, period, quote.return_station, facts.openings)
    check_supply(station=quote.pickup_station, model=quote.model, period=period, channel=wish.channel.value)
    eligibility = facts.eligibility(quote)
    if not eligibility.is_eligible:
        raise NotEligible(reasons=eligibility.reasons)
    _check_limits(wish, facts)
    return eligibility


def _kept_as_found(wish: Wish, facts: Facts) -> Eligibility:
    """Judge without refusing: the vehicle is on the road already."""
    if wish.by.kind not in COUNTER:
        raise NotAllowed(actor=wish.by.kind.value)
    eligibility = facts.eligibility(wish.quote)
    record(
        "walk_in.as_shown",
        f"user:{wish.renter.public_id}",
        by=wish.by,
        quote=str(wish.quote.pk),
        reasons=[str(reason.code) for reason in eligibility.reasons],
    )
    return eligibility


def _check_limits(wish: Wish, facts: Facts) -> None:
    if not wish.waives_limits:
        check_limits(facts.claims, Policy.from_json(wish.quote.policy))
        return
    if wish.by.kind not in WAIVERS:
        raise NotAllowed(actor=wish.by.kind.value)
    subject = f"user:{wish.renter.public_id}"
    record("booking.limits_waived", subject, by=wish.by, quote=str(wish.quote.pk))


def _write(wish: Wish, facts: Facts, eligibility: Eligibility) -> Held:
    """Claim a vehicle and write the booking, its payment request and their events, in one statement if possible."""
    quote, code = wish.quote, new_booking_code()
    minutes = wish.hold_minutes or Policy.from_json(quote.policy).hold_minutes
    hold_expires_at = clock.now() + timedelta(minutes=minutes)
    booking = Booking(
        pk=facts.booking_id,
        code=code,
        renter=wish.renter,
        quote=quote,
        model=quote.model,
        pickup_station=quote.pickup_station,
        return_station=quote.return_station,
        starts_at=quote.starts_at,
        ends_at=quote.ends_at,
        is_by_model=quote.vehicle_id is None,
        channel=wish.channel,
        eligibility=eligibility.as_json(),
        idempotency_key=wish.key,
    )
    intent, request = first_request(
        payer=wish.renter,
        reference=booking.reference,
        purpose="booking",
        prepayment_amount=quote.total_amount,
        deposit_amount=quote.deposit_amount,
        deposit_id=facts.deposit_id,
        expires_at=hold_expires_at,
        idempotency_key=f"{booking.reference}:1",
        by=wish.by,
        description=f"VoltGo {code}",
    )
    rows = [booking, states.first_event(BOOKING, booking, by=wish.by), *request]
    if not _is_written_at_once(booking, facts.claim_id, hold_expires_at, rows):
        booking.allocation = _allocate(quote, booking.reference, hold_expires_at, as_found=wish.as_found)
        insert_together(rows)
    promotions.redeem(quote=quote, reference=booking.reference, renter=wish.renter)
    booking_held.send(sender=Booking, booking=booking)
    return Held(booking, intent)


def _is_written_at_once(
    booking: Booking, claim_id: int, hold_expires_at: datetime, rows: list[models.Model]
) -> bool:
    """Claim a vehicle of the model and write the rows in one statement, which writes nothing if none was got.

    Nothing is tried for a wish that names a vehicle or another return station: they take more locks than one.
    """
    quote = booking.quote
    if quote.vehicle_id is not None or is_one_way(quote):
        return False
    claim = first_claim(
        key=claim_id,
        station=quote.pickup_station,
        model=quote.model,
        period=timeline.with_turnaround(quote.period),
        claimant=booking.reference,
        hold_expires_at=hold_expires_at,
    )
    booking.allocation_id = claim_id
    found = insert_after(claim.statement, claim.values, rows)
    if found is not None:
        booking.allocation = claim.written(found[0])
    return found is not None


def _allocate(
    quote: Quote, claimant: str, hold_expires_at: datetime, *, as_found: bool = False
) -> VehicleAllocation:
    if is_one_way(quote):
        code = claimant.partition(":")[2]
        return allocate_one_way(quote=quote, code=code, hold_expires_at=hold_expires_at)
    period = timeline.with_turnaround(quote.period)
    if quote.vehicle is None:
        return claim_any(
            station=quote.pickup_station,
            model=quote.model,
            period=period,
            claimant=claimant,
            hold_expires_at=hold_expires_at,
        )
    rentable = Vehicle.objects.at(quote.pickup_station).rentable(quote.period)
    if not as_found and not rentable.filter(pk=quote.vehicle.pk).exists():
        raise VehicleUnavailable(vehicle=quote.vehicle.code)
    return timeline.hold_vehicle(
        vehicle=quote.vehicle, period=period, claimant=claimant, hold_expires_at=hold_expires_at
    )

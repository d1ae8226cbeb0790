"""Holding a vehicle for a renter while they pay."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.kyc.eligibility import Eligibility, NotEligible, VehicleDemand, eligibility_of
from accounts.models import User
from payments.intents.selectors import debt_of
from payments.intents.services import create_intent
from rentals.bookings.enums import BOOKING, Channel
from rentals.bookings.models import Booking, new_booking_code
from rentals.bookings.rules import check_open, check_period
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
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit.services import record
from voltgo.core.clock import Period
from voltgo.core.errors import NotAllowed

# Who may let a renter book more than the policy's limits.
WAIVERS = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})


def check_eligibility(*, renter: User, model: VehicleModel, period: Period) -> Eligibility:
    """Say whether a renter may drive a model for a period, and if not, why; writes nothing."""
    demand = VehicleDemand(category=model.category, power_kw=model.power_kw, seats=model.seats)
    return eligibility_of(user=renter, demand=demand, period=period, debt=debt_of(renter))


def hold_booking(
    *,
    renter: User,
    quote: Quote,
    idempotency_key: str,
    by: Actor,
    channel: Channel = Channel.WEB,
    hold_minutes: int | None = None,
    waives_limits: bool = False,
) -> Booking:
    """Hold a vehicle for a renter at the quoted price, and ask for the money.

    Runs two transactions: stale holds of the model at the station are expired first, so that the second
    never waits for a rival's sweep. The hold lasts HOLD_MINUTES, or `hold_minutes` where the channel has a
    time of its own. Safe to call twice with one key: the second call returns the first one's booking. With
    `waives_limits` a supervisor or an operator lets a renter book more than the policy's limits.

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
    key = f"{renter.public_id}:{idempotency_key}"
    before = Booking.objects.filter(idempotency_key=key).first()
    if before is not None:
        return before
    _check_quote(quote)
    check_renter(quote, renter)
    check_period(quote.period)
    check_open(quote.pickup_station, quote.period, quote.return_station)
    check_supply(station=quote.pickup_station, model=quote.model, period=quote.period, channel=channel.value)
    eligibility = check_eligibility(renter=renter, model=quote.model, period=quote.period)
    if not eligibility.is_eligible:
        raise NotEligible(reasons=eligibility.reasons)
    timeline.expire_stale_at(quote.pickup_station, quote.model)
    try:
        return _hold(
            renter=renter,
            quote=quote,
            key=key,
            eligibility=eligibility,
            by=by,
            channel=channel,
            hold_minutes=hold_minutes or settings.HOLD_MINUTES,
            waives_limits=waives_limits,
        )
    except IntegrityError:
        # The same request ran twice at once: the other one has the booking, this one was rolled back.
        twin = Booking.objects.filter(idempotency_key=key).first()
        if twin is not None:
            return twin
        raise QuoteExpired from None


@transaction.atomic
def _hold(
    *,
    renter: User,
    quote: Quote,
    key: str,
    eligibility: Eligibility,
    by: Actor,
    channel: Channel,
    hold_minutes: int,
    waives_limits: bool,
) -> Booking:
    _check_limits(renter, quote, by, waives_limits=waives_limits)
    code = new_booking_code()
    hold_expires_at = clock.now() + timedelta(minutes=hold_minutes)
    booking = Booking(
        code=code,
        renter=renter,
        quote=quote,
        model=quote.model,
        pickup_station=quote.pickup_station,
        return_station=quote.return_station,
        starts_at=quote.starts_at,
        ends_at=quote.ends_at,
        is_by_model=quote.vehicle_id is None,
        channel=channel,
        eligibility=eligibility.as_json(),
        idempotency_key=key,
    )
    booking.allocation = _allocate(quote, booking.reference, hold_expires_at)
    booking.save(force_insert=True)
    states.begin(BOOKING, booking, by=by)
    create_intent(
        payer=renter,
        reference=booking.reference,
        purpose="booking",
        prepayment_amount=quote.total_amount,
        deposit_amount=quote.deposit_amount,
        expires_at=hold_expires_at,
        idempotency_key=f"{booking.reference}:1",
        by=by,
        description=f"VoltGo {code}",
    )
    promotions.redeem(quote=quote, reference=booking.reference, renter=renter)
    booking_held.send(sender=Booking, booking=booking)
    return booking


def _check_quote(quote: Quote) -> None:
    # The price of a change is for that change alone.
    is_over = quote.expires_at <= clock.now() or quote.replaces_id is not None
    if is_over or Booking.objects.filter(quote=quote).exists():
        raise QuoteExpired


def _check_limits(renter: User, quote: Quote, by: Actor, *, waives_limits: bool) -> None:
    """Count the renter's bookings under a lock on the renter, so that parallel clicks cannot pass together."""
    if waives_limits and by.kind not in WAIVERS:
        raise NotAllowed(actor=by.kind.value)
    User.objects.select_for_update(no_key=True).get(pk=renter.pk)
    if waives_limits:
        record("booking.limits_waived", f"user:{renter.public_id}", by=by, quote=str(quote.pk))
    else:
        check_limits(renter=renter, policy=Policy.from_json(quote.policy))


def _allocate(quote: Quote, claimant: str, hold_expires_at: datetime) -> VehicleAllocation:
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
    if not rentable.filter(pk=quote.vehicle.pk).exists():
        raise VehicleUnavailable(vehicle=quote.vehicle.code)
    return timeline.hold_vehicle(
        vehicle=quote.vehicle, period=period, claimant=claimant, hold_expires_at=hold_expires_at
    )

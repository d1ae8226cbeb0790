"""What could become of a booking whose vehicle cannot be given: reads only, the same answer for the same plan.

In this order: an equal vehicle of the station (repacking has been tried before), a better one at the same price,
nothing. Deterministic, so that what a preview says is what applying it does, unless the world has
changed in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from accounts.kyc.eligibility import VehicleDemand
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import check_eligibility, refund_preview
from rentals.bookings.services.one_way import HORIZON, is_one_way
from rentals.incidents.enums import Ending
from rentals.incidents.rules import WITHDRAWN_BECAUSE, may_withdraw
from rentals.pricing.errors import NoTariff
from rentals.pricing.lookups import tariff_at
from stations.fleet.models import Vehicle, VehicleModel, VehicleQuerySet
from stations.timeline.reshaping import period_of
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong


@dataclass(frozen=True, slots=True)
class Taken:
    """Time of a vehicle that an earlier step of the same plan has given away."""

    vehicle_id: int
    period: Period


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one booking. `vehicle` is what it gets instead, `refund` what goes back in dong."""

    booking: Booking
    ending: Ending
    vehicle: Vehicle | None = None
    refund: Dong = 0

    @property
    def is_settled(self) -> bool:
        """Whether the booking has left, or would leave, the vehicle that cannot be given."""
        return self.ending in {Ending.MOVED, Ending.UPGRADED, Ending.WITHDRAWN}

    @property
    def taken(self) -> Taken | None:
        if self.vehicle is None:
            return None
        return Taken(self.vehicle.pk, period_of(self.booking.allocation))


def fate_of(
    booking: Booking, *, within: timedelta, taken: Sequence[Taken] = (), but: Iterable[int] = ()
) -> Fate:
    """Say what would become of a booking now. `but` are vehicles that were tried in vain.

    A booking that nothing can be given for is withdrawn only when its pickup is nearer than `within`, or
    when nobody has paid for it yet; otherwise a person decides.
    """
    if booking.state == BookingState.ARRIVED:
        return Fate(booking, Ending.AT_COUNTER)
    avoid = {booking.allocation.vehicle_id, *but}
    equal = _first_free(booking, [booking.model], avoid, taken)
    if equal is not None:
        return Fate(booking, Ending.MOVED, equal)
    better = _first_free(booking, better_models(booking), avoid, taken)
    if better is not None:
        return Fate(booking, Ending.UPGRADED, better)
    if booking.state == BookingState.HELD or may_withdraw(booking.starts_at, clock.now(), within):
        refund = refund_preview(booking, WITHDRAWN_BECAUSE).total
        return Fate(booking, Ending.WITHDRAWN, refund=refund)
    return Fate(booking, Ending.UNDECIDED)


def better_models(booking: Booking) -> list[VehicleModel]:
    """Return the models that a renter may get for the same money, the cheapest first.

    The same kind, at least as many seats and as much range, a day price that is not lower, and a licence
    class that the renter has.
    """
    model = booking.model
    candidates = list(
        VehicleModel.objects.filter(
            kind=model.kind,
            seats__gte=model.seats,
            range_km__gte=model.range_km,
            vehicles__station=booking.pickup_station,
        )
        .exclude(pk=model.pk)
        .distinct()
        .order_by("pk")
    )
    day_amounts = _day_amounts(booking, [model, *candidates])
    if model.pk not in day_amounts:
        return []
    least = day_amounts[model.pk]
    better = [each for each in candidates if day_amounts.get(each.pk, -1) >= least]
    better.sort(key=lambda each: (day_amounts[each.pk], each.pk))
    allowed: dict[VehicleDemand, bool] = {}
    return [each for each in better if _may_drive(booking, each, allowed)]


def _day_amounts(booking: Booking, models: Iterable[VehicleModel]) -> dict[int, Dong]:
    """Return {model id: day price} at the pickup station; a model without a price is left out."""
    day = clock.local(booking.starts_at).date()
    amounts: dict[int, Dong] = {}
    for model in models:
        try:
            amounts[model.pk] = tariff_at(day, booking.pickup_station, model).day_amount
        except NoTariff:
            continue
    return amounts


def _may_drive(booking: Booking, model: VehicleModel, allowed: dict[VehicleDemand, bool]) -> bool:
    demand = VehicleDemand(category=model.category, power_kw=model.power_kw, seats=model.seats)
    if demand not in allowed:
        found = check_eligibility(renter=booking.renter, model=model, period=booking.period)
        allowed[demand] = found.is_eligible
    return allowed[demand]


def _first_free(
    booking: Booking, models: Sequence[VehicleModel], avoid: set[int], taken: Sequence[Taken]
) -> Vehicle | None:
    """Return the first vehicle of the first model that is free for all the time that the booking needs."""
    claim = period_of(booking.allocation)
    if is_one_way(booking):
        claim = claim.extended_by(HORIZON)
    gone = avoid | {each.vehicle_id for each in taken if each.period.overlaps(claim)}
    for model in models:
        found = _free(booking, model, claim).exclude(pk__in=gone).first()
        if found is not None:
            return found
    return None


def _free(booking: Booking, model: VehicleModel, claim: Period) -> VehicleQuerySet:
    return (
        Vehicle.objects.at(booking.pickup_station)
        .filter(model=model)
        .rentable(period_of(booking.allocation))
        .free(claim)
        .select_related("model")
        .order_by("plate")
    )

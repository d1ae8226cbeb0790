"""Tariffs, quotes and bookings as tests need them: real rows, sensible defaults."""

import hashlib
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from accounts.users.models import User
from payments.invoices.enums import Activity
from payments.invoices.tax_models import TaxRule
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.models import Booking, new_booking_code
from rentals.pricing.engine import price_rental
from rentals.pricing.models import Quote, Tariff
from rentals.pricing.services import terms_of
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import City, Station
from stations.timeline.enums import AllocationState
from tests.factories.stations import make_allocation
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period

LONG_AGO = date(2020, 1, 1)
VAT_BP = 800
TURNAROUND = timedelta(minutes=30)

ALLOCATION_OF = {
    BookingState.HELD: AllocationState.HELD,
    BookingState.CONFIRMED: AllocationState.CONFIRMED,
    BookingState.ARRIVED: AllocationState.CONFIRMED,
    BookingState.FULFILLED: AllocationState.ON_RENTAL,
    BookingState.EXPIRED: AllocationState.EXPIRED,
}

_numbers = count(1)


def make_tax_rules(
    *, vat_bp: int = VAT_BP, valid_from: date = LONG_AGO, valid_until: date | None = None
) -> None:
    """Let rent and fees carry one rate from this day on and compensation none; as before when asked twice.

    Rules that the migrations have left, and later ones, go: a test says itself what it wants.
    """
    if TaxRule.objects.filter(valid_from=valid_from, activity=Activity.VEHICLE_RENTAL).exists():
        return
    TaxRule.objects.filter(valid_from__gte=valid_from).delete()
    not_subject = {Activity.COMPENSATION, Activity.PENALTY, Activity.DEPOSIT, Activity.FINE}
    TaxRule.objects.bulk_create(
        TaxRule(
            activity=activity,
            vat_bp=None if activity in not_subject else vat_bp,
            valid_from=valid_from,
            valid_until=valid_until,
            source="Luật Thuế GTGT",
        )
        for activity in Activity
    )


def end_tax_rules(last_day: date, *, then_bp: int) -> None:
    """Let today's rules end with a day, and rent and fees carry another rate from the next."""
    taxed = TaxRule.objects.exclude(vat_bp=None)
    activities = list(taxed.values_list("activity", flat=True).distinct())
    taxed.update(valid_until=last_day)
    TaxRule.objects.bulk_create(
        TaxRule(activity=activity, vat_bp=then_bp, valid_from=last_day + timedelta(days=1), source="Luật")
        for activity in activities
    )


def make_tariff(*, model: VehicleModel, city: City | None = None, **fields: Any) -> Tariff:
    """Make a tariff in round figures, and tax rules if there are none.

    100,000 an hour, 600,000 a day, deposit 3,000,000; 300 km a day, then 5,000 a km; 29 minutes of
    grace, then 100,000 and 200,000 an hour; 50,000 for each 10 % of battery under 20 %.
    """
    make_tax_rules()
    defaults: dict[str, Any] = {
        "valid_from": LONG_AGO,
        "hour_amount": 100_000,
        "day_amount": 600_000,
        "week_amount": 3_600_000,
        "month_amount": 12_000_000,
        "weekend_bp": 10_000,
        "deposit_amount": 3_000_000,
        "included_km_per_day": 300,
        "extra_km_amount": 5_000,
        "late_grace_minutes": 29,
        "late_first_hour_amount": 100_000,
        "late_next_hour_amount": 200_000,
        "return_battery_percent": 20,
        "energy_fee_amount": 50_000,
    }
    return Tariff.objects.create(model=model, city=city, **defaults | fields)


def next_half_hour(moment: datetime | None = None) -> datetime:
    """Return the first full half hour after a moment."""
    moment = moment or clock.now()
    past = timedelta(minutes=moment.minute % 30, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past + timedelta(minutes=30)


def a_period(*, starts_at: datetime | None = None, hours: int = 10) -> Period:
    """Return a period of so many hours; without a start, the next half hour."""
    starts_at = starts_at or next_half_hour()
    return Period(starts_at, starts_at + timedelta(hours=hours))


def in_days(first: float, last: float) -> Period:
    """Return the period from so many days ahead to so many, at the same hour."""
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    return a_period(starts_at=start + timedelta(days=first), hours=round((last - first) * 24) - 1)


def make_quote(
    *,
    model: VehicleModel,
    station: Station,
    period: Period | None = None,
    vehicle: Vehicle | None = None,
    **fields: Any,
) -> Quote:
    """Freeze the model's price for a period; makes a tariff if it has none. `fields` overrule what was priced."""
    period = period or a_period()
    tariff = Tariff.objects.filter(model=model).first() or make_tariff(model=model)
    terms = terms_of(tariff)
    priced = price_rental(period, terms, VAT_BP)
    defaults: dict[str, Any] = {
        "return_station": station,
        "tariff": tariff,
        "lines": [line.as_json() for line in priced.lines],
        "terms": terms.as_json(),
        "total_amount": priced.total,
        "net_amount": priced.net,
        "vat_amount": priced.vat,
        "deposit_amount": priced.deposit,
        "sha256": hashlib.sha256(b"").hexdigest(),
        "expires_at": clock.now() + timedelta(minutes=10),
    }
    return Quote.objects.create(
        model=model,
        pickup_station=station,
        vehicle=vehicle,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        **defaults | fields,
    )


def make_booking(
    *,
    renter: User,
    vehicle: Vehicle,
    period: Period | None = None,
    state: str = BookingState.CONFIRMED,
    quote: Quote | None = None,
    hold_expires_at: datetime | None = None,
    **fields: Any,
) -> Booking:
    """Put a booking with its quote and its allocation into the tables, without money.

    For a booking that was really held and paid, go through rentals.bookings.services.
    """
    period = period or (quote.period if quote else a_period())
    quote = quote or make_quote(model=vehicle.model, station=vehicle.station, period=period)
    if state == BookingState.HELD and hold_expires_at is None:
        hold_expires_at = clock.now() + timedelta(minutes=15)
    code = fields.pop("code", None) or new_booking_code()
    allocation = make_allocation(
        vehicle=vehicle,
        period=period.extended_by(TURNAROUND),
        state=ALLOCATION_OF.get(BookingState(state), AllocationState.RELEASED),
        claimant=f"booking:{code}",
        hold_expires_at=hold_expires_at,
    )
    defaults: dict[str, Any] = {
        "pickup_station": vehicle.station,
        "return_station": vehicle.station,
        "idempotency_key": f"test-{next(_numbers)}",
        "cancel_reason": "renter" if state == BookingState.CANCELLED else "",
        "confirmed_at": None if state in {BookingState.HELD, BookingState.EXPIRED} else clock.now(),
    }
    booking = Booking(
        renter=renter,
        quote=quote,
        allocation=allocation,
        model=vehicle.model,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        state=state,
        **defaults | fields,
    )
    booking.code = code
    booking.save()
    states.begin(BOOKING, booking, by=SYSTEM)
    return booking

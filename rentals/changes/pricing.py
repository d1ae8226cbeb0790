"""The price of a change."""

from datetime import timedelta

from django.conf import settings

from rentals.bookings.models import Booking
from rentals.changes.wanted import Wanted
from rentals.pricing.engine import Terms, price_rental
from rentals.pricing.errors import NoTariff
from rentals.pricing.models import Quote
from rentals.pricing.services import quote_hash, tariffs_on, terms_of, vat_bp_on
from voltgo.core import clock


def price_change(booking: Booking, wanted: Wanted) -> Quote:
    """Freeze the price of a booking as it is wanted; the quote names the one that it would replace.

    Raises:
        NoTariff: the model has no price on that day.
    """
    before = booking.quote
    if (wanted.model, wanted.station) == (booking.model, booking.pickup_station):
        tariff, terms = before.tariff, Terms.from_json(before.terms)
    else:
        day = clock.local(wanted.period.starts_at).date()
        found = tariffs_on(day, wanted.station.city, [wanted.model]).get(wanted.model.pk)
        if found is None:
            raise NoTariff
        tariff, terms = found, terms_of(found)
    priced = price_rental(wanted.period, terms, vat_bp_on(clock.today()))
    quote = Quote(
        model=wanted.model,
        vehicle=wanted.vehicle,
        pickup_station=wanted.station,
        return_station=wanted.return_station,
        starts_at=wanted.period.starts_at,
        ends_at=wanted.period.ends_at,
        tariff=tariff,
        lines=[line.as_json() for line in priced.lines],
        terms=terms.as_json(),
        policy=before.policy,
        replaces=before,
        renter=booking.renter,
        total_amount=priced.total,
        net_amount=priced.net,
        vat_amount=priced.vat,
        deposit_amount=priced.deposit,
        expires_at=clock.now() + timedelta(minutes=settings.QUOTE_MINUTES),
    )
    quote.sha256 = quote_hash(quote)
    quote.save(force_insert=True)
    return quote

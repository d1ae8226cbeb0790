"""The price of a change."""

from rentals.bookings.models import Booking
from rentals.changes.wanted import Wanted
from rentals.pricing.models import Quote
from rentals.pricing.services import requote


def price_change(booking: Booking, wanted: Wanted) -> Quote:
    """Freeze the price of a booking as it is wanted; the quote names the one that it would replace.

    Raises:
        NoTariff, TooShortForHoliday, OptionNotOffered, OneWayNotOffered: as for a new quote.
    """
    return requote(
        quote=booking.quote,
        period=wanted.period,
        station=wanted.station,
        return_station=wanted.return_station,
        model=wanted.model,
        vehicle=wanted.vehicle,
        options=wanted.options,
        renter=booking.renter,
    )

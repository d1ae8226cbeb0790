"""Public pages: find a station, choose a vehicle, see the price, hold it."""

from rentals.bookings.views.quotes import booking_hold, quote_create, quote_detail, quote_options
from rentals.bookings.views.search import home, station_list
from rentals.bookings.views.stations import model_detail, station_detail, vehicle_detail

__all__ = [
    "booking_hold",
    "home",
    "model_detail",
    "quote_create",
    "quote_detail",
    "quote_options",
    "station_detail",
    "station_list",
    "vehicle_detail",
]

"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from rentals.bookings import admin as bookings
from rentals.contracts import admin as contracts
from rentals.handovers import admin as handovers
from rentals.pricing import admin as pricing

__all__ = ["bookings", "contracts", "handovers", "pricing"]

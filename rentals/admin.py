"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from rentals.bookings import admin as bookings
from rentals.calendars import admin as calendars
from rentals.changes import admin as changes
from rentals.contracts import admin as contracts
from rentals.contracts import evidence_admin
from rentals.contracts import wording_admin as wordings
from rentals.drivers import admin as drivers
from rentals.fines import admin as fines
from rentals.handovers import admin as handovers
from rentals.incidents import admin as incidents
from rentals.policies import admin as policies
from rentals.pricing import admin as pricing
from rentals.sync import admin as sync
from rentals.waitlist import admin as waitlist

__all__ = [
    "bookings",
    "calendars",
    "changes",
    "contracts",
    "drivers",
    "evidence_admin",
    "fines",
    "handovers",
    "incidents",
    "policies",
    "pricing",
    "sync",
    "waitlist",
    "wordings",
]

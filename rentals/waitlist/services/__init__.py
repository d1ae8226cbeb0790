"""Every write to the waitlist and to favourites."""

from rentals.waitlist.services.favourites import add_favourite, remove_favourite
from rentals.waitlist.services.offers import (
    lapse_due_offers,
    note_cancelled,
    note_confirmed,
    note_expired,
    note_held,
    offer_next,
    promise_offers,
)
from rentals.waitlist.services.queueing import join_waitlist, withdraw_entry

__all__ = [
    "add_favourite",
    "join_waitlist",
    "lapse_due_offers",
    "note_cancelled",
    "note_confirmed",
    "note_expired",
    "note_held",
    "offer_next",
    "promise_offers",
    "remove_favourite",
    "withdraw_entry",
]

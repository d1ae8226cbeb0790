"""The mobile API of the renter's journey: find, quote, hold, pay, follow, cancel."""

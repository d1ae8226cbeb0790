"""News about rentals, sent inside the transaction that makes them true; each carries `rental`."""

from django.dispatch import Signal

# The vehicle is back at the counter and the settlement is written.
rental_returned = Signal()

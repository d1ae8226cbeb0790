"""News of vehicles, sent inside the transaction that makes it true."""

from django.dispatch import Signal

# A vehicle has passed the ready gate. kwargs: vehicle.
vehicle_ready = Signal()

# A vehicle is no longer at its station: with a renter, on its way, missing. kwargs: vehicle, by.
vehicle_left = Signal()

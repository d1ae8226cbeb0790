"""News of vehicles, sent inside the transaction that makes it true."""

from django.dispatch import Signal

# A vehicle has passed the ready gate. kwargs: vehicle.
vehicle_ready = Signal()

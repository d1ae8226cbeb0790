"""News about bookings, sent inside the transaction that makes them true; each carries `booking`."""

from django.dispatch import Signal

booking_held = Signal()
booking_confirmed = Signal()
booking_cancelled = Signal()
booking_expired = Signal()
booking_missed = Signal()
# Another vehicle than before; also carries `before` (the vehicle it had), `reason` and `by`.
booking_moved = Signal()

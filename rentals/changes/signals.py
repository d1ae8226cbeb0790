"""News about changes, sent inside the transaction that makes them true."""

from django.dispatch import Signal

# A booking or a rental has another time, place or vehicle than before. kwargs: booking, change.
booking_changed = Signal()

"""News about additional drivers, sent inside the transaction that makes them true; carries `booking`."""

from django.dispatch import Signal

drivers_changed = Signal()

"""News of the timeline, sent inside the transaction that makes it true."""

from django.dispatch import Signal

# Time of a vehicle that was claimed is free again. kwargs: vehicle_id, station_id, period (the claim's former one).
time_freed = Signal()

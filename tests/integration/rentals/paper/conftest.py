from tests.integration.rentals.sync.conftest import (
    attendant,
    booking,
    by,
    quick_paper,
    station,
    supervisor,
    traveller,
    vehicle,
)

__all__ = [
    "attendant",
    "booking",
    "by",
    "quick_paper",
    "station",
    "supervisor",
    "traveller",
    "vehicle",
]

"""Every write of the counter: pickup, inspections, return, settlement.

Locks everywhere: booking, rental, payment, vehicle. Every call may be repeated after a lost answer.
"""

from rentals.handovers.services.inspections import (
    add_damage,
    add_photo,
    complete_return_inspection,
    remove_damage,
    save_inspection,
)
from rentals.handovers.services.pickup import (
    abort_handover,
    assess_again,
    complete_pickup_inspection,
    hand_over_keys,
    open_handover,
    record_papers,
    reopen_pickup_inspection,
)
from rentals.handovers.services.returns import cancel_return, finish_return, note_presented_at, open_return
from rentals.handovers.services.settlement import (
    accept_settlement,
    close_undisputed,
    dispute_settlement,
    preview_settlement,
    resolve_dispute,
)
from rentals.handovers.services.swap import equal_vehicles, swap_vehicle

__all__ = [
    "abort_handover",
    "accept_settlement",
    "add_damage",
    "add_photo",
    "assess_again",
    "cancel_return",
    "close_undisputed",
    "complete_pickup_inspection",
    "complete_return_inspection",
    "dispute_settlement",
    "equal_vehicles",
    "finish_return",
    "hand_over_keys",
    "note_presented_at",
    "open_handover",
    "open_return",
    "preview_settlement",
    "record_papers",
    "remove_damage",
    "reopen_pickup_inspection",
    "resolve_dispute",
    "save_inspection",
    "swap_vehicle",
]

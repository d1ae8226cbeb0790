"""Everything that moves a fine."""

from rentals.fines.services.answering import accept_fine, contest_fine, lapse_due
from rentals.fines.services.deciding import (
    bear_fine,
    close_with_state,
    dismiss_objection,
    name_driver,
    uphold_fine,
)
from rentals.fines.services.receiving import (
    Imported,
    add_evidence,
    assign_rental,
    import_fines,
    match_fine,
    release_rental,
)
from rentals.fines.services.telling import tell_driver

__all__ = [
    "Imported",
    "accept_fine",
    "add_evidence",
    "assign_rental",
    "bear_fine",
    "close_with_state",
    "contest_fine",
    "dismiss_objection",
    "import_fines",
    "lapse_due",
    "match_fine",
    "name_driver",
    "release_rental",
    "tell_driver",
    "uphold_fine",
]

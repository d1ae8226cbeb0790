"""Every write of reconciliation: taking in files, booking bank lines, comparing days, deciding.

Files are taken in whole or not at all. Only exact matches are booked; what is merely likely is a suggestion.
"""

from payments.reconciliation.services.bank_lines import settle_bank_lines, settle_line
from payments.reconciliation.services.confirming import confirm_statement
from payments.reconciliation.services.deciding import (
    actions_for,
    confirm_line,
    decide_line,
    refuse_line,
    resolve_item,
)
from payments.reconciliation.services.importing import Imported, import_settlement, import_statement
from payments.reconciliation.services.inbox import fetch_files
from payments.reconciliation.services.running import alert_missing_files, reconcile

__all__ = [
    "Imported",
    "actions_for",
    "alert_missing_files",
    "confirm_line",
    "confirm_statement",
    "decide_line",
    "fetch_files",
    "import_settlement",
    "import_statement",
    "reconcile",
    "refuse_line",
    "resolve_item",
    "settle_bank_lines",
    "settle_line",
]

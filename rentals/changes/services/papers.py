"""The papers of a change: the contract drawn up anew before it is signed, an addendum afterwards."""

import logging

from django.db import transaction

from rentals.changes.models import BookingChange
from rentals.contracts.errors import ContractAlreadySigned
from rentals.contracts.services import refresh_contract
from voltgo.core.actors import SYSTEM

logger = logging.getLogger(__name__)


def renew_papers(change: BookingChange) -> None:
    """Let the booking's papers say what is true now.

    A fault in them must not undo the money: the counter draws up what is missing.
    """
    try:
        with transaction.atomic():
            try:
                refresh_contract(booking=change.booking, by=SYSTEM)
            except ContractAlreadySigned:
                _amend(change)
    except Exception:
        logger.exception("change %s has no papers yet", change.code)


def _amend(change: BookingChange) -> None:
    """Add an addendum to the signed contract."""

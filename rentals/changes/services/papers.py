"""The papers of a change: the contract drawn up anew before it is signed, an addendum afterwards."""

import logging

from django.db import transaction

from rentals.changes.enums import CHANGE
from rentals.changes.models import BookingChange
from rentals.contracts.errors import ContractAlreadySigned
from rentals.contracts.services import amend_for_change, refresh_contract
from voltgo.core import states
from voltgo.core.actors import SYSTEM, ActorKind

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
    """Add an addendum to the signed contract; who asked for the change has accepted it by that."""
    asked = states.events_of(CHANGE, change).first()
    is_renters = asked is not None and asked.actor_kind == ActorKind.RENTER
    amend_for_change(
        booking=change.booking,
        before=change.before_quote,
        reference=change.reference,
        due_amount=change.due_amount,
        accepted_at=change.created_at if is_renters else None,
        ip_address=change.ip_address,
        device=change.device,
    )

"""The papers of a rental's end and of a swap: addenda to the signed contract, drawn up at the right moments.

A fault in them is logged and must hold up neither the money nor the people at the counter.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import transaction

from rentals.contracts import services as contracts
from rentals.contracts.errors import ContractNotReady
from rentals.contracts.handover import Answer
from rentals.handovers.enums import Acceptance
from rentals.handovers.evidence import damage_claims, return_record
from rentals.handovers.models import Rental, Settlement, SettlementLine
from voltgo.core import clock
from voltgo.core.actors import Actor

logger = logging.getLogger(__name__)

OBJECTED = "objected"
# What the renter said as a whole; the words of documents, in both languages.
WHOLE: Mapping[str, tuple[str, str]] = {
    Acceptance.SIGNATURE: ("đồng ý, ký tại trạm", "accepted, signed at the station"),
    Acceptance.ONLINE: ("đồng ý trực tuyến", "accepted online"),
    Acceptance.LAPSE: ("không khiếu nại trong thời hạn", "no objection in time"),
    Acceptance.RESOLUTION: ("đã khiếu nại, Bên A đã giải quyết", "objected, decided by Party A"),
    OBJECTED: ("không đồng ý, có khiếu nại", "not accepted, with an objection"),
}
AGREED = frozenset({Acceptance.SIGNATURE, Acceptance.ONLINE})
OF_CLAIMS: Mapping[str, str] = {
    Acceptance.SIGNATURE: "accepted",
    Acceptance.ONLINE: "accepted",
    Acceptance.LAPSE: "lapsed",
}


def draw_up_return(settlement: Settlement, *, how: str, content_sha256: str, by: Actor) -> None:
    """Draw up the return record with the renter's answer; once, with the first answer. Caller holds the lock."""
    rental = settlement.rental
    record = return_record(settlement, partial(_said, how))
    if record is None:
        return
    answer = _answer(settlement, how, content_sha256)
    _try(
        rental,
        lambda: contracts.amend_for_return(
            booking=rental.booking,
            record=record,
            answer=answer,
            accepted_at=_agreed_at(settlement, how),
            by=by,
        ),
    )


def draw_up_damage(settlement: Settlement, *, how: str, content_sha256: str, by: Actor) -> None:
    """Draw up the record of charged damage, mark by mark, now that it is decided. Caller holds the lock."""
    rental = settlement.rental
    claims = damage_claims(settlement, partial(_said, how))
    if not claims:
        return
    answer = _answer(settlement, how, content_sha256)
    _try(
        rental,
        lambda: contracts.amend_for_damage(
            booking=rental.booking,
            claims=claims,
            answer=answer,
            accepted_at=_agreed_at(settlement, how),
            by=by,
        ),
    )


def draw_up_swap(rental: Rental, *, reason: str, by: Actor) -> None:
    """Draw up which vehicle goes out in place of the one that both signed for. Caller holds the lock.

    Not forgiving like the others: without it the keys of a vehicle would be given that no paper names.
    """
    contracts.amend_for_swap(booking=rental.booking, reason=reason, by=by)


def _said(how: str, line: SettlementLine | None) -> str:
    """Say what became of one claim; without a line the decision has dropped it."""
    if how in OF_CLAIMS:
        return OF_CLAIMS[how]
    if line is None:
        return "waived"
    if not line.is_refused:
        return "accepted"
    return "refused" if how == OBJECTED else "kept"


def _answer(settlement: Settlement, how: str, content_sha256: str) -> Answer:
    vi, en = WHOLE[how]
    return Answer(
        vi=vi,
        en=en,
        code=str(how),
        at=clock.now().astimezone(UTC).isoformat(),
        content_sha256=content_sha256,
        strokes_sha256=settlement.strokes_sha256,
        objection=settlement.objection,
        resolution=settlement.resolution,
    )


def _agreed_at(settlement: Settlement, how: str) -> datetime | None:
    return settlement.accepted_at if how in AGREED else None


def _try(rental: Rental, draw_up: Callable[[], Any]) -> None:
    try:
        with transaction.atomic():
            draw_up()
    except ContractNotReady:
        # Rentals from before contracts were signed here have nothing to amend.
        logger.info("rental %s has no signed contract to amend", rental.pk)
    except Exception:
        logger.exception("ALERT rental %s has no papers of its return", rental.pk)

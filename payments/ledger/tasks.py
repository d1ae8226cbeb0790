"""The nightly recount of the ledger."""

import logging

from celery import shared_task

from payments.ledger import selectors

logger = logging.getLogger(__name__)


@shared_task(name="payments.prove_ledger")
def prove_ledger() -> bool:
    """Recount the ledger; shout if it does not hold."""
    proof = selectors.prove()
    for problem in proof.problems:
        logger.critical("ALERT ledger: %s", problem)
    if proof.holds:
        logger.info("ledger holds: %s entries, %s lines", proof.entries, proof.lines)
    return proof.holds

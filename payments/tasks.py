"""Gathers the jobs of every area for Celery and for the outbox."""

from payments.intents import tasks as intents
from payments.ledger import tasks as ledger

__all__ = ["intents", "ledger"]

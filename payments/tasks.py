"""Gathers the jobs of every area for Celery and for the outbox."""

from payments.intents import tasks as intents
from payments.invoices import tasks as invoices
from payments.ledger import tasks as ledger

__all__ = ["intents", "invoices", "ledger"]

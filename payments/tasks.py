"""Gathers the jobs of every area for Celery and for the outbox."""

from payments.cash import tasks as cash
from payments.intents import hold_tasks as holds
from payments.intents import tasks as intents
from payments.invoices import tasks as invoices
from payments.reconciliation import tasks as reconciliation
from payments.webhooks import tasks as webhooks

__all__ = ["cash", "holds", "intents", "invoices", "reconciliation", "webhooks"]

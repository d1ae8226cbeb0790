"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from payments.intents import admin as intents
from payments.invoices import admin as invoices
from payments.ledger import admin as ledger
from payments.webhooks import admin as webhooks

__all__ = ["intents", "invoices", "ledger", "webhooks"]

"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from payments.cash import admin as cash
from payments.intents import admin as intents
from payments.invoices import admin as invoices
from payments.invoices import einvoice_admin, tax_admin
from payments.ledger import admin as ledger
from payments.webhooks import admin as webhooks

__all__ = ["cash", "einvoice_admin", "intents", "invoices", "ledger", "tax_admin", "webhooks"]

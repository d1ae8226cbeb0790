"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from payments.cases import admin as cases
from payments.cash import admin as cash
from payments.intents import admin as intents
from payments.intents import deposit_admin, refund_admin
from payments.invoices import admin as invoices
from payments.invoices import einvoice_admin, tax_admin
from payments.ledger import admin as ledger
from payments.reconciliation import admin as reconciliation
from payments.reconciliation import bank_admin, file_admin
from payments.webhooks import admin as webhooks

__all__ = [
    "bank_admin",
    "cases",
    "cash",
    "deposit_admin",
    "einvoice_admin",
    "file_admin",
    "intents",
    "invoices",
    "ledger",
    "reconciliation",
    "refund_admin",
    "tax_admin",
    "webhooks",
]

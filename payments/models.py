"""The models of every area of payments, gathered for Django."""

from payments.intents.models import Deposit, OutboundCall, Payment, PaymentAttempt, PaymentIntent, Refund
from payments.invoices.models import Receipt, ReceiptCounter
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from payments.webhooks.models import ProviderEvent, RejectedEvent

__all__ = [
    "Deposit",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerLine",
    "OutboundCall",
    "Payment",
    "PaymentAttempt",
    "PaymentIntent",
    "ProviderEvent",
    "Receipt",
    "ReceiptCounter",
    "Refund",
    "RejectedEvent",
]

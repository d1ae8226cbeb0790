"""The models of every area of payments, gathered for Django."""

from payments.cases.models import MoneyCase
from payments.cash.models import CashDrawer, CashDrop, CashMovement, CashSession
from payments.intents.models import (
    Adjustment,
    Chargeback,
    CreditPayout,
    Deposit,
    DepositHold,
    OutboundCall,
    Payment,
    PaymentAttempt,
    PaymentIntent,
    Refund,
    SavedInstrument,
    TransferBatch,
)
from payments.invoices.buyer_models import BuyerDetails
from payments.invoices.einvoice_models import EInvoice, EInvoiceBatch
from payments.invoices.models import Receipt, ReceiptCounter
from payments.invoices.tax_models import TaxRule
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from payments.reconciliation.models import (
    BankLine,
    FeeRule,
    ProviderPayout,
    ReconciliationItem,
    ReconciliationResolution,
    ReconciliationRun,
    StatementConfirmation,
    StatementFile,
    StatementLine,
)
from payments.webhooks.models import ProviderEvent, RejectedEvent

__all__ = [
    "Adjustment",
    "BankLine",
    "BuyerDetails",
    "CashDrawer",
    "CashDrop",
    "CashMovement",
    "CashSession",
    "Chargeback",
    "CreditPayout",
    "Deposit",
    "DepositHold",
    "EInvoice",
    "EInvoiceBatch",
    "FeeRule",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerLine",
    "MoneyCase",
    "OutboundCall",
    "Payment",
    "PaymentAttempt",
    "PaymentIntent",
    "ProviderEvent",
    "ProviderPayout",
    "Receipt",
    "ReceiptCounter",
    "ReconciliationItem",
    "ReconciliationResolution",
    "ReconciliationRun",
    "Refund",
    "RejectedEvent",
    "SavedInstrument",
    "StatementConfirmation",
    "StatementFile",
    "StatementLine",
    "TaxRule",
    "TransferBatch",
]

"""What we want to be paid, each try to pay it, the money that came, deposits, holds and refunds."""

from payments.intents.models.asking import PaymentAttempt, PaymentIntent
from payments.intents.models.by_hand import Adjustment, CreditPayout, TransferBatch
from payments.intents.models.deposits import Deposit, DepositHold, SavedInstrument
from payments.intents.models.receiving import Chargeback, Payment
from payments.intents.models.returning import OutboundCall, Refund

__all__ = [
    "Adjustment",
    "Chargeback",
    "CreditPayout",
    "Deposit",
    "DepositHold",
    "OutboundCall",
    "Payment",
    "PaymentAttempt",
    "PaymentIntent",
    "Refund",
    "SavedInstrument",
    "TransferBatch",
]

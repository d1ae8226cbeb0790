"""The renter's wallet: credit, deposits, payments, refunds, receipts and debts, as a page and as an API."""

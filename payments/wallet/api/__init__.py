"""The wallet for the app: one's own payments, refunds, deposits and receipts."""

"""The double-entry ledger: the only truth about balances."""

"""Money, and nothing about vehicles: a payer, an amount in dong and an opaque reference."""

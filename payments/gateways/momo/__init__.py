"""MoMo, the wallet: payments, holds and refunds by its API of version 2."""

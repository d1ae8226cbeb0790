"""Our own account at the bank: what its statements say."""

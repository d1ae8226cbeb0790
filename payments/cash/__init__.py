"""Cash at the counter: drawers, sessions, counts, drops to the bank."""

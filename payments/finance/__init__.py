"""Money at a glance: what came, what is owed, what waits for somebody."""

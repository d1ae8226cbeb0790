"""The tablet app of the counter: its one document, what it starts from, and what keeps it when there is no network."""

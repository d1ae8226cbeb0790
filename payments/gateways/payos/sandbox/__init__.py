"""A local payOS with a bank account of its own: it asks for transfers, sees them come, and tells."""

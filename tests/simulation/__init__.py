"""A month of money in one process: providers, a bank and payers that misbehave, and the portal's own services."""

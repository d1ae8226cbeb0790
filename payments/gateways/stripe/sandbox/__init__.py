"""A local Stripe: its API, its hosted page and its webhooks over real HTTP, for laptops and tests."""

"""A local MoMo: the provider's side of the protocol over real HTTP, for laptops and tests."""

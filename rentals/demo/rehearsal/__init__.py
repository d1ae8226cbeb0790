"""The whole journey over HTTP, as a renter, an operator and a member of staff would click it."""

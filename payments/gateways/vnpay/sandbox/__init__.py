"""A local VNPay: the provider's side of the protocol over real HTTP, for laptops and tests.

A process of its own that shares only `protocol.py` with the gateway. It moves no money, listens on the
loopback interface only, and refuses to start in production.
"""

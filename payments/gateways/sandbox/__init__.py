"""The frame of the local providers: a web server on the loopback interface, a memory, and callbacks.

Each provider's sandbox is a subclass of `server.Sandbox` in `payments/gateways/<provider>/sandbox`. It speaks
the provider's side of the protocol over real HTTP, shares only `protocol.py` with the gateway, moves no money,
and refuses to start in production. `catalog.py` names them all for `manage.py payment_sandboxes`.
"""

"""Outbound HTTP: always with a timeout, never inside a database transaction that holds locks."""

import ssl
from functools import cache
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(10.0, connect=3.0)


def client(**options: Any) -> httpx.Client:
    """Return a client with VoltGo's timeouts; use it as a context manager."""
    return httpx.Client(
        timeout=TIMEOUT,
        follow_redirects=False,
        headers={"User-Agent": "VoltGo/1"},
        **{"verify": _trust(), **options},
    )


@cache
def _trust() -> ssl.SSLContext:
    """Read the certificate authorities once for each process: for each call it would cost 40 ms of work."""
    return httpx.create_ssl_context()

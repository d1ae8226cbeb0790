"""Where contracts and signatures are stored. Named in a migration: keep this module where it is."""

import secrets
from typing import Any


def contract_path(contract: Any, filename: str) -> str:
    return f"contracts/{contract.booking.code}/{filename}"


def signature_path(_signature: Any, _filename: str) -> str:
    """A random name: a signature's drawing is identity data."""
    token = secrets.token_hex(20)
    return f"signatures/{token[:2]}/{token}.png"

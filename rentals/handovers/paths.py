"""Where photos of inspections are stored. Named in a migration: keep this module where it is."""

import secrets
from typing import Any


def inspection_photo_path(_photo: Any, _filename: str) -> str:
    token = secrets.token_hex(20)
    return f"inspections/{token[:2]}/{token}.jpg"


def acceptance_path(_settlement: Any, _filename: str) -> str:
    """A random name: a signature's drawing is identity data."""
    token = secrets.token_hex(20)
    return f"signatures/{token[:2]}/{token}.png"

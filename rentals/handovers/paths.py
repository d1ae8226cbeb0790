"""Where photos of inspections are stored. Named in a migration: keep this module where it is."""

import secrets
from typing import Any


def inspection_photo_path(_photo: Any, _filename: str) -> str:
    token = secrets.token_hex(20)
    return f"inspections/{token[:2]}/{token}.jpg"

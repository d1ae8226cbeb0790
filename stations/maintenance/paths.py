"""Where photos of tickets are stored. Named in a migration: keep this module where it is."""

import secrets
from typing import Any


def ticket_photo_path(_photo: Any, _filename: str) -> str:
    token = secrets.token_hex(20)
    return f"maintenance/{token[:2]}/{token}.jpg"

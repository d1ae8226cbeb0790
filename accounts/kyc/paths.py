"""Where images of documents are stored. Named in a migration: keep this module where it is."""

import secrets
from typing import Any


def document_image_path(_image: Any, _filename: str) -> str:
    """A random name: neither the person nor the uploaded file name can be guessed from it."""
    token = secrets.token_hex(20)
    return f"kyc/{token[:2]}/{token}.jpg"

"""Where files of tablets lie; named in migrations, so it stays here."""

import uuid
from typing import Any


def sync_file_path(_instance: Any, _filename: str) -> str:
    """Return a name that tells nothing of the content."""
    return f"sync/{uuid.uuid4().hex}"

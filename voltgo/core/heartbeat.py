"""Beat's sign of life, left by beat itself: a long queue must not look like a stopped beat."""

from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache

from voltgo.core import clock

KEY = "beat-heartbeat"


def note(**_signal: Any) -> None:
    """Note that beat is at work; Celery calls it at beat's start and whenever beat sends a job."""
    cache.set(KEY, clock.now().isoformat(), timeout=None)


def age() -> timedelta | None:
    """Return how long ago beat was last at work, or None if it never was."""
    noted = cache.get(KEY)
    return None if noted is None else clock.now() - datetime.fromisoformat(noted)

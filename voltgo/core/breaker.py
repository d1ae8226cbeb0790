"""A circuit breaker: what has failed several times in a row is left alone for a minute.

The count lies in the cache, so that all processes learn from each other; each process also remembers by itself,
for the time in which the cache is away.
"""

import threading
import time
from dataclasses import dataclass

from django.core.cache import cache

FAILURES = 5
AWAY_SECONDS = 60.0
# Failures further apart than this have nothing to do with each other.
MEMORY_SECONDS = 600

_lock = threading.Lock()
_failures: dict[str, int] = {}
_closed_until: dict[str, float] = {}


def forget() -> None:
    """Drop what this process remembers."""
    with _lock:
        _failures.clear()
        _closed_until.clear()


@dataclass(frozen=True, slots=True)
class Breaker:
    """Counts the failures of one service."""

    name: str

    @property
    def is_open(self) -> bool:
        """Whether the service is being left alone. After the minute one call may try; its failure opens again."""
        with _lock:
            here = time.monotonic() < _closed_until.get(self.name, 0.0)
        return here or bool(cache.get(self._key("away")))

    def worked(self) -> None:
        """Forget the failures."""
        with _lock:
            known = _failures.pop(self.name, 0)
            _closed_until.pop(self.name, None)
        # Most calls work: they cost the cache nothing but a look.
        if known or cache.get(self._key("failures")):
            cache.delete(self._key("failures"))

    def failed(self) -> None:
        """Count a failure; the last of them opens the circuit."""
        with _lock:
            here = _failures[self.name] = _failures.get(self.name, 0) + 1
        key = self._key("failures")
        cache.add(key, 0, MEMORY_SECONDS)
        try:
            shared = int(cache.incr(key) or 0)
        except ValueError:  # it has just run out, or the cache is away
            shared = 0
        if max(here, shared) < FAILURES:
            return
        with _lock:
            _closed_until[self.name] = time.monotonic() + AWAY_SECONDS
        cache.set(self._key("away"), 1, AWAY_SECONDS)

    def _key(self, what: str) -> str:
        return f"breaker:{self.name}:{what}"

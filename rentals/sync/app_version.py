"""The version of the tablet app that this server would give out; the app itself says it."""

from collections.abc import Callable

_sources: list[Callable[[], str]] = []


def register(source: Callable[[], str]) -> None:
    """Let the tablet app say its version; the last one counts."""
    _sources[:] = [source]


def current() -> str:
    return _sources[0]() if _sources else ""

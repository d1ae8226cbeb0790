"""Leaving a provider alone for a moment that was just away, so that nobody waits for it again and again."""

import logging

from django.core.cache import cache

logger = logging.getLogger(__name__)

REST_SECONDS = 30


def let_rest(provider: str) -> None:
    """Remember for half a minute that a provider was not reached."""
    logger.warning("%s is away: leaving it alone for %s s", provider, REST_SECONDS)
    try:
        cache.set(_key(provider), 1, REST_SECONDS)
    except Exception:  # noqa: BLE001 (without a cache nobody rests)
        logger.warning("the cache is away too")


def is_resting(provider: str) -> bool:
    return provider in resting([provider])


def resting(providers: list[str]) -> set[str]:
    """Return which of the providers are left alone now, in one look."""
    try:
        found = cache.get_many([_key(provider) for provider in providers])
    except Exception:  # noqa: BLE001 (the same)
        return set()
    return {provider for provider in providers if _key(provider) in found}


def _key(provider: str) -> str:
    return f"payments:resting:{provider}"

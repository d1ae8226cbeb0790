"""Promises that survive a crash: a row in the caller's transaction, a kick after commit, a sweeper behind.

A handler must be idempotent: it runs at least once. An advisory lock, which dies with its connection,
keeps two workers from running one message at the same time.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from voltgo.core import clock, locks
from voltgo.core.models import OutboxMessage

logger = logging.getLogger(__name__)

Handler = Callable[..., None]
LOCK_SPACE = 0x0B0C
# Longer than the longest job (task time limit 110 s), so that a live worker is not overtaken.
LEASE = timedelta(seconds=120)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=10)
MAX_ATTEMPTS = 12
KEEP_DONE = timedelta(days=14)

_handlers: dict[str, Handler] = {}


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that does the work of a topic."""

    def register(function: Handler) -> Handler:
        _handlers[topic] = function
        return function

    return register


def topics() -> list[str]:
    return sorted(_handlers)


def promise(topic: str, *, key: str | None = None, **payload: Any) -> None:
    """Promise a job inside the caller's transaction; it starts after commit.

    `payload` carries ids, never objects. With a `key`, a promise made before is not made again.
    """
    if topic not in _handlers:
        raise LookupError(f"no handler is registered for {topic!r}")
    fields = {"topic": topic, "payload": payload, "available_at": clock.now() + LEASE}
    if key is None:
        message, created = OutboxMessage.objects.create(**fields), True
    else:
        message, created = OutboxMessage.objects.get_or_create(key=key, defaults=fields)
    if created:
        transaction.on_commit(partial(_kick, message.pk), robust=True)


def _kick(message_id: int) -> None:
    from voltgo.core.tasks import run_message

    try:
        run_message.delay(message_id)
    except Exception:  # noqa: BLE001 (the broker may be away; the sweeper sends it later)
        logger.warning("outbox message %s waits for the sweeper: the broker is away", message_id)
        OutboxMessage.objects.filter(pk=message_id).update(available_at=clock.now())


def run(message_id: int) -> bool:
    """Run one message to its end; return whether it is done.

    Opens no transaction around the handler: the handler chooses its own.
    """
    if not locks.try_session_lock(LOCK_SPACE, message_id % 2**31):
        return False
    try:
        message = OutboxMessage.objects.filter(pk=message_id, done_at=None, dead_at=None).first()
        if message is None:
            return True
        OutboxMessage.objects.filter(pk=message_id).update(
            attempts=F("attempts") + 1, available_at=clock.now() + LEASE
        )
        try:
            _handlers[message.topic](**message.payload)
        except Exception as error:
            logger.exception(
                "outbox %s #%s failed at attempt %s", message.topic, message.pk, message.attempts + 1
            )
            _note_failure(message, error)
            return False
        OutboxMessage.objects.filter(pk=message_id).update(done_at=clock.now(), last_error="")
        return True
    finally:
        locks.release_session_lock(LOCK_SPACE, message_id % 2**31)


def _note_failure(message: OutboxMessage, error: Exception) -> None:
    """Keep the error's kind (its text may hold personal data) and set the time of the next try."""
    attempts = message.attempts + 1
    wait = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
    dead = clock.now() if attempts >= MAX_ATTEMPTS else None
    OutboxMessage.objects.filter(pk=message.pk).update(
        available_at=clock.now() + wait, last_error=type(error).__name__, dead_at=dead
    )


def due(limit: int = 200) -> list[int]:
    """Return the ids of open messages whose time has come."""
    rows = OutboxMessage.objects.filter(done_at=None, dead_at=None, available_at__lte=clock.now())
    return list(rows.order_by("available_at").values_list("pk", flat=True)[:limit])


def run_due(limit: int = 200) -> int:
    """Run every due message in this process; for tests, the shell and the demo."""
    return sum(run(message_id) for message_id in due(limit))


def run_all(limit: int = 500) -> int:
    """Run every open message now, also those whose kick is still under way."""
    rows = OutboxMessage.objects.filter(done_at=None, dead_at=None).order_by("pk")
    return sum(run(message_id) for message_id in rows.values_list("pk", flat=True)[:limit])


def revive(message: OutboxMessage) -> None:
    """Give a message that was given up another round of attempts."""
    OutboxMessage.objects.filter(pk=message.pk, done_at=None).update(
        dead_at=None, attempts=0, available_at=clock.now()
    )


def clean() -> int:
    """Delete what was done two weeks ago and has no key to guard."""
    old = OutboxMessage.objects.filter(done_at__lt=clock.now() - KEEP_DONE, key=None)
    return old.delete()[0]

"""Promises that survive a crash: a row in the caller's transaction, a kick after commit, a sweeper behind.

A handler must be idempotent: it runs at least once. An advisory lock, which dies with its connection,
keeps two workers from running one message at the same time. It belongs to a database session, so workers
need a connection of their own: behind a pooler that hands sessions around (PgBouncer in transaction mode)
two workers could run one message together, and only the idempotent handlers would stand.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
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
# A message that was sent again is not sent once more before this, while it waits in a long queue.
RESEND = timedelta(seconds=60)
KEEP_DONE = timedelta(days=14)

# Where a topic's jobs wait. Reading papers and making PDFs take a worker for seconds: in a queue and with workers
# of their own they keep nobody from their money.
QUICK, SLOW = "celery", "documents"

_handlers: dict[str, Handler] = {}
_queues: dict[str, str] = {}
_is_kicking: ContextVar[bool] = ContextVar("is_kicking", default=True)


def handler(topic: str, *, queue: str = QUICK) -> Callable[[Handler], Handler]:
    """Register the function that does the work of a topic, and the queue in which its jobs wait."""

    def register(function: Handler) -> Handler:
        _handlers[topic] = function
        _queues[topic] = queue
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
    fields = {"topic": topic, "payload": payload, "available_at": clock.wall() + LEASE}
    if key is None:
        message, created = OutboxMessage.objects.create(**fields), True
    else:
        message, created = OutboxMessage.objects.get_or_create(key=key, defaults=fields)
    if created and _is_kicking.get():
        transaction.on_commit(partial(_kick, message.pk, topic), robust=True)


@contextmanager
def left_to_sweeper() -> Iterator[None]:
    """Promise within this block without a kick: for bulk work, which needs neither a broker nor a rush."""
    token = _is_kicking.set(False)
    try:
        yield
    finally:
        _is_kicking.reset(token)


def _send(message_id: int, topic: str) -> None:
    from voltgo.core.tasks import run_message

    run_message.apply_async((message_id,), queue=_queues.get(topic, QUICK))


def _kick(message_id: int, topic: str) -> None:
    try:
        _send(message_id, topic)
    except Exception:  # noqa: BLE001 (the broker may be away; the sweeper sends it later)
        logger.warning("outbox message %s waits for the sweeper: the broker is away", message_id)
        OutboxMessage.objects.filter(pk=message_id).update(available_at=clock.wall())


def run(message_id: int) -> bool:
    """Run one message to its end; return whether it is done.

    Opens no transaction around the handler: the handler chooses its own. Inside somebody else's
    transaction (the shell, a test) a savepoint keeps a failing handler from spoiling it.
    """
    with _one_at_a_time(message_id) as is_mine:
        return is_mine and _run_locked(message_id)


@contextmanager
def _one_at_a_time(message_id: int) -> Iterator[bool]:
    """Hold the message's advisory lock if nobody else has it."""
    number = message_id % 2**31
    is_mine = locks.try_session_lock(LOCK_SPACE, number)
    try:
        yield is_mine
    finally:
        # A connection that broke has taken the lock with it.
        if is_mine and connection.connection is not None:
            locks.release_session_lock(LOCK_SPACE, number)


def _run_locked(message_id: int) -> bool:
    message = OutboxMessage.objects.filter(pk=message_id, done_at=None, dead_at=None).first()
    if message is None:
        return True
    if message.attempts >= MAX_ATTEMPTS:
        # Every attempt ended without a word: the job takes its worker with it (memory, time limit).
        OutboxMessage.objects.filter(pk=message_id).update(dead_at=clock.wall(), last_error="WorkerLost")
        logger.error("outbox %s #%s was given up: its workers died", message.topic, message.pk)
        return False
    OutboxMessage.objects.filter(pk=message_id).update(
        attempts=F("attempts") + 1, available_at=clock.wall() + LEASE
    )
    try:
        _handle(message)
    except Exception as error:
        logger.exception(
            "outbox %s #%s failed at attempt %s", message.topic, message.pk, message.attempts + 1
        )
        _drop_lost_connection(error)
        _note_failure(message, error)
        return False
    OutboxMessage.objects.filter(pk=message_id).update(done_at=clock.wall(), last_error="")
    return True


def _handle(message: OutboxMessage) -> None:
    handle = _handlers[message.topic]
    if connection.in_atomic_block:
        with transaction.atomic():
            handle(**message.payload)
    else:
        handle(**message.payload)


def _drop_lost_connection(error: Exception) -> None:
    """Close a connection that the server has ended, so that the next query opens a new one."""
    is_lost = isinstance(error, OperationalError | InterfaceError) and not connection.in_atomic_block
    if is_lost and not connection.is_usable():
        connection.close()


def _note_failure(message: OutboxMessage, error: Exception) -> None:
    """Keep the error's kind (its text may hold personal data) and set the time of the next try."""
    attempts = message.attempts + 1
    wait = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
    dead = clock.wall() if attempts >= MAX_ATTEMPTS else None
    OutboxMessage.objects.filter(pk=message.pk).update(
        available_at=clock.wall() + wait, last_error=type(error).__name__, dead_at=dead
    )


def due(limit: int = 200) -> list[int]:
    """Return the ids of open messages whose time has come."""
    return [message_id for message_id, _topic in _due(limit)]


def _due(limit: int) -> list[tuple[int, str]]:
    rows = OutboxMessage.objects.filter(done_at=None, dead_at=None, available_at__lte=clock.wall())
    return list(rows.order_by("available_at").values_list("pk", "topic")[:limit])


def resend_due() -> int:
    """Hand every due message to the workers again; return how many.

    What waits in the queue already is not handed in again within a minute, so a long queue does not feed
    itself.
    """
    messages = _due(200)
    for message_id, topic in messages:
        # First the row: the worker may be faster than this line and set the time of its own next try.
        OutboxMessage.objects.filter(pk=message_id).update(available_at=clock.wall() + RESEND)
        _send(message_id, topic)
    return len(messages)


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
        dead_at=None, attempts=0, available_at=clock.wall()
    )


def clean() -> int:
    """Delete what was done two weeks ago and has no key to guard."""
    old = OutboxMessage.objects.filter(done_at__lt=clock.wall() - KEEP_DONE, key=None)
    return old.delete()[0]

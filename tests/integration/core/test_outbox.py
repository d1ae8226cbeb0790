import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from voltgo.core import clock, outbox
from voltgo.core.models import OutboxMessage
from voltgo.core.tasks import run_message, sweep_outbox

TOPIC = "test.job"


class Job:
    """A handler that notes its calls and does as it is told."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def __call__(self, **payload: Any) -> None:
        self.calls.append(payload)
        if self.error is not None:
            raise self.error


@pytest.fixture(autouse=True)
def _forget_handlers() -> Iterator[None]:
    yield
    outbox._handlers.pop(TOPIC, None)


@pytest.fixture
def job() -> Job:
    job = Job()
    outbox.handler(TOPIC)(job)
    return job


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was handed to the broker."""
    messages: list[int] = []
    monkeypatch.setattr(run_message, "apply_async", lambda args, queue: messages.append(args[0]))
    return messages


@pytest.fixture
def rival() -> Iterator[psycopg.Connection[Any]]:
    """A worker on a connection of its own."""
    options = connection.get_connection_params()
    for name in ("context", "cursor_factory"):
        options.pop(name, None)
    with psycopg.connect(**options, autocommit=True) as other:
        yield other


def a_message(**fields: Any) -> OutboxMessage:
    return OutboxMessage.objects.create(
        topic=TOPIC, **{"payload": {"n": 1}, "available_at": clock.now()} | fields
    )


def test_a_promise_that_is_rolled_back_was_never_made(
    job: Job, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    def promise_and_fail() -> None:
        with transaction.atomic():
            outbox.promise(TOPIC, n=1)
            raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        promise_and_fail()

    assert not OutboxMessage.objects.exists()
    assert sent == []


def test_a_promise_is_handed_to_the_workers_after_commit(
    job: Job, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        outbox.promise(TOPIC, n=1)
        assert sent == []

    assert sent == [OutboxMessage.objects.get().pk]


def test_the_same_promise_made_twice_is_one(
    job: Job, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        outbox.promise(TOPIC, key="contract:1", n=1)
        outbox.promise(TOPIC, key="contract:1", n=2)

    assert OutboxMessage.objects.get().payload == {"n": 1}
    assert len(sent) == 1


def test_nobody_can_promise_what_nobody_does() -> None:
    with pytest.raises(LookupError):
        outbox.promise("test.unheard_of")

    assert not OutboxMessage.objects.exists()


def test_a_message_is_done_once_its_handler_has_finished(job: Job) -> None:
    message = a_message()

    assert outbox.run(message.pk)
    assert outbox.run(message.pk)

    message.refresh_from_db()
    assert job.calls == [{"n": 1}]
    assert message.done_at is not None
    assert message.attempts == 1


def test_a_failed_message_is_tried_again_later_and_later(job: Job) -> None:
    job.error = ValueError("Nguyễn Văn A")
    waits = []
    with time_machine.travel("2026-11-22T02:00:00Z", tick=False) as now:
        message = a_message()
        for _ in range(9):
            assert not outbox.run(message.pk)
            message.refresh_from_db()
            waits.append(int((message.available_at - clock.now()).total_seconds()))
            now.move_to(message.available_at)

    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert message.last_error == "ValueError"


def test_a_failed_message_is_not_due_before_its_time(job: Job) -> None:
    job.error = ValueError()
    with time_machine.travel("2026-11-22T02:00:00Z", tick=False) as now:
        message = a_message()
        outbox.run(message.pk)
        assert outbox.due() == []
        now.shift(timedelta(seconds=5))
        assert outbox.due() == [message.pk]


def test_a_message_that_keeps_failing_is_given_up_and_can_be_revived(job: Job) -> None:
    job.error = ValueError()
    message = a_message(attempts=outbox.MAX_ATTEMPTS - 1)

    outbox.run(message.pk)
    message.refresh_from_db()
    assert message.dead_at is not None
    assert outbox.run_all() == 0

    job.error = None
    outbox.revive(message)
    assert outbox.run_all() == 1
    message.refresh_from_db()
    assert message.done_at is not None
    assert message.attempts == 1


def test_a_message_that_kills_its_workers_is_given_up(job: Job, caplog: pytest.LogCaptureFixture) -> None:
    message = a_message(attempts=outbox.MAX_ATTEMPTS)

    with caplog.at_level(logging.ERROR):
        assert not outbox.run(message.pk)

    message.refresh_from_db()
    assert job.calls == []
    assert message.dead_at is not None
    assert message.last_error == "WorkerLost"


def test_a_broker_that_is_away_leaves_the_message_to_the_sweeper(
    job: Job, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(_arguments: object, queue: str) -> None:
        raise OperationalError

    monkeypatch.setattr(run_message, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.promise(TOPIC, n=1)

    assert outbox.due() == [OutboxMessage.objects.get().pk]


def test_slow_jobs_wait_in_a_queue_of_their_own(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    queues: list[str] = []
    monkeypatch.setattr(run_message, "apply_async", lambda _args, queue: queues.append(queue))
    outbox.handler(TOPIC, queue=outbox.SLOW)(Job())

    with django_capture_on_commit_callbacks(execute=True):
        outbox.promise(TOPIC, n=1)
    OutboxMessage.objects.update(available_at=clock.now())
    outbox.resend_due()

    assert queues == ["documents", "documents"]


def test_a_message_that_was_handed_over_is_left_to_its_worker(
    job: Job, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        outbox.promise(TOPIC, n=1)

    assert outbox.due() == []


def test_the_sweeper_sends_what_is_due_and_not_twice_within_a_minute(job: Job, sent: list[int]) -> None:
    message = a_message()
    a_message(available_at=clock.now() + timedelta(seconds=30))

    assert sweep_outbox() == 1
    assert sweep_outbox() == 0
    assert sent == [message.pk]


def test_two_workers_never_run_one_message_at_the_same_time(job: Job, rival: psycopg.Connection[Any]) -> None:
    message = a_message()
    rival.execute("SELECT pg_advisory_lock(%s, %s)", [outbox.LOCK_SPACE, message.pk])

    assert not outbox.run(message.pk)
    message.refresh_from_db()
    assert job.calls == []
    assert message.attempts == 0


@pytest.mark.parametrize("error", [None, ValueError()], ids=["done", "failed"])
def test_the_lock_is_free_again_when_a_handler_has_ended(
    job: Job, rival: psycopg.Connection[Any], error: Exception | None
) -> None:
    job.error = error
    message = a_message()
    outbox.run(message.pk)

    row = rival.execute("SELECT pg_try_advisory_lock(%s, %s)", [outbox.LOCK_SPACE, message.pk]).fetchone()
    assert row == (True,)


def test_a_handler_that_breaks_its_transaction_does_not_break_its_caller() -> None:
    @outbox.handler(TOPIC)
    def divide_by_zero(**_payload: Any) -> None:
        OutboxMessage.objects.create(topic="written.by.handler", available_at=clock.now())
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    message = a_message()

    assert not outbox.run(message.pk)
    message.refresh_from_db()
    assert message.last_error == "DataError"
    assert not OutboxMessage.objects.filter(topic="written.by.handler").exists()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_during_a_job_costs_one_attempt() -> None:
    @outbox.handler(TOPIC)
    def lose_connection(**_payload: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    message = a_message()

    assert not outbox.run(message.pk)
    message.refresh_from_db()
    assert message.attempts == 1
    assert message.last_error == "OperationalError"
    assert message.done_at is None


def test_cleaning_keeps_what_guards_a_key(job: Job) -> None:
    old = clock.now() - timedelta(days=15)
    a_message(done_at=old)
    keyed = a_message(done_at=old, key="contract:1")
    recent = a_message(done_at=clock.now())
    open_one = a_message()

    assert outbox.clean() == 1
    assert set(OutboxMessage.objects.all()) == {keyed, recent, open_one}

"""Real processes that die by SIGKILL at one step of their work, as a machine that loses its power does.

A step is what lasts: a call to a provider that was answered, a commit, a write that commits by itself. A process dies
right after one. Dying later, before the next, is the same for everybody else: what was not committed was never there.
"""

import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

PATIENCE_SECONDS = 60
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Life:
    """What a process did: the steps that it passed, and whether it came to its end."""

    steps: list[str]
    was_killed: bool


@dataclass
class _Steps:
    die_at: int
    said: int
    number: int = 0

    def pass_by(self, name: str) -> None:
        self.number += 1
        os.write(self.said, f"{name}\n".encode())
        if self.number == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def live(work: Callable[[], Any], *, die_at: int) -> Life:
    """Do `work` in a process of its own that has everything loaded; it kills itself after step `die_at`.

    A process with fewer steps lives to its end. Raises what the work raised, as text.
    """
    connections.close_all()
    hear, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
        _work_and_leave(work, _Steps(die_at, said))
    os.close(said)
    told = _read_all(hear, child)
    _, status = os.waitpid(child, 0)
    steps, _, trouble = told.partition("!")
    assert not trouble, trouble
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return Life(steps.split("\n")[:-1], was_killed=True)
    assert os.WEXITSTATUS(status) == 0
    return Life(steps.split("\n")[:-1], was_killed=False)


def _read_all(hear: int, child: int) -> str:
    parts: list[bytes] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    with os.fdopen(hear, "rb", buffering=0) as pipe:
        while True:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise AssertionError(f"a process stands still after {b''.join(parts).decode()}")
            part = pipe.read(65_536)
            if not part:
                return b"".join(parts).decode(errors="replace")
            parts.append(part)


def _work_and_leave(work: Callable[[], Any], steps: _Steps) -> None:
    try:
        with _watched(steps):
            work()
        # A connection that nobody closes is closed by the system, as for one that was killed.
        os._exit(0)
    except BaseException:  # noqa: BLE001 (the parent raises it)
        os.write(steps.said, f"!{traceback.format_exc()}".encode())
    finally:
        os._exit(1)


@contextmanager
def _watched(steps: _Steps) -> Iterator[None]:
    send, commit = httpx.Client.send, BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def watched_send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(client, request, **options)
        steps.pass_by("call")
        return answer

    def watched_commit(database: Any) -> None:
        commit(database)
        steps.pass_by("commit")

    def watched_write(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if connection.in_atomic_block or not str(sql).startswith(WRITES):
            return execute(sql, params, many, context)
        result = execute(sql, params, many, context)
        steps.pass_by("write")
        return result

    with (
        patch.object(httpx.Client, "send", watched_send),
        patch.object(BaseDatabaseWrapper, "_commit", watched_commit),
        connection.execute_wrapper(watched_write),
    ):
        yield

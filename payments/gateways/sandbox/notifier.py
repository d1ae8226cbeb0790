"""Sends a sandbox's callbacks, again until the answer says stop, a bounded number of times."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from payments.gateways.sandbox.control import Control
from payments.gateways.sandbox.store import Row, Store

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 15.0
LONGEST_SLEEP = 1.0
LOST = "lost on the way"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One callback over HTTP, ready to be sent."""

    method: str
    url: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mishap:
    """What the switches want to be wrong in one callback."""

    wrong_amount: bool = False
    corrupt_signature: bool = False

    def sign(self, signature: str) -> str:
        """Return a hexadecimal signature as it is to be sent: spoiled in its first digit or as it is."""
        if not self.corrupt_signature:
            return signature
        return ("0" if signature[0] != "0" else "1") + signature[1:]


class Sender(Protocol):
    """What a provider says and how it reads the answer."""

    most_tries: int

    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        """Build a callback for one try; None drops it."""

    def answer_of(self, response: httpx.Response) -> tuple[str, bool]:
        """Return the answer in a word for the log, and whether it says stop."""


class Notifier:
    """A thread that delivers what the store says is due; it goes on where an earlier process stopped."""

    def __init__(
        self, *, name: str, store: Store, control: Control, sender: Sender, interval: Callable[[], float]
    ) -> None:
        self._store = store
        self._control = control
        self._sender = sender
        self._interval = interval
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._first_done: dict[str, threading.Event] = {}
        self._pool = ThreadPoolExecutor(max_workers=24, thread_name_prefix=f"{name}-callback")
        self._thread = threading.Thread(target=self._loop, name=f"{name}-notifier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def announce(self, about: str, data: Row, *, delay_seconds: float, copies: int = 1) -> threading.Event:
        """Queue a callback; the event is set when a first try about the same thing is over."""
        done = self._first_done.setdefault(about, threading.Event())
        for _ in range(copies):
            self._store.add_callback(about, data, delay_seconds)
        self._wake.set()
        return done

    def _loop(self) -> None:
        while not self._stop.is_set():
            for row in self._store.claim_due():
                self._pool.submit(self._deliver, row)
            due_in = self._store.next_due_in()
            self._wake.wait(LONGEST_SLEEP if due_in is None else min(due_in, LONGEST_SLEEP))
            self._wake.clear()

    def _deliver(self, row: Row) -> None:
        about, tries = str(row["about"]), int(row["tries"])
        try:
            answer, is_over = self._try(about, row["data"], tries)
            self._store.note("callback", about=about, attempt=tries, answer=answer)
            is_over = is_over or tries >= self._sender.most_tries
            self._store.settle(row["id"], retry_in=None if is_over else self._interval())
        except Exception:
            if not self._stop.is_set():
                logger.exception("a callback about %s was not built", about)
        self._first_done.setdefault(about, threading.Event()).set()
        self._wake.set()

    def _try(self, about: str, data: Row, tries: int) -> tuple[str, bool]:
        if tries <= self._control.drop:
            return LOST, False
        mishap = Mishap(
            wrong_amount=self._control.take("wrong_amount"),
            corrupt_signature=self._control.take("corrupt_signature"),
        )
        outgoing = self._sender.callback(about, data, mishap)
        if outgoing is None:
            return "nothing to say", True
        try:
            response = httpx.request(
                outgoing.method,
                outgoing.url,
                content=outgoing.body or None,
                headers=outgoing.headers,
                timeout=TIMEOUT_SECONDS,
            )
            return self._sender.answer_of(response)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            return type(error).__name__, False

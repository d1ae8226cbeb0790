"""Sends signed notifications as VNPay does: by GET, again until 00 or 02, ten times at most."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox.control import Control
from payments.gateways.vnpay.sandbox.store import Row, Store

logger = logging.getLogger(__name__)

MOST_TRIES = 10
STOPPING_CODES = frozenset({"00", "02"})
TIMEOUT_SECONDS = 15.0
LONGEST_SLEEP = 1.0


class Notifier:
    """A thread that delivers what the store says is due; it goes on where an earlier process stopped."""

    def __init__(
        self,
        *,
        store: Store,
        control: Control,
        ipn_url: str,
        interval_seconds: float,
        message_of: Callable[[Row], dict[str, str]],
        secret: str,
    ) -> None:
        self._store = store
        self._control = control
        self.ipn_url = ipn_url
        self._interval = interval_seconds
        self._message_of = message_of
        self._secret = secret
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._first_done: dict[str, threading.Event] = {}
        self._pool = ThreadPoolExecutor(max_workers=24, thread_name_prefix="vnpay-ipn")
        self._thread = threading.Thread(target=self._loop, name="vnpay-notifier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def announce(self, token: str, *, delay_seconds: float, copies: int = 1) -> threading.Event:
        """Queue a notification; the event is set when its first try is over."""
        done = self._first_done.setdefault(token, threading.Event())
        for _ in range(copies):
            self._store.add_notification(token, delay_seconds)
        self._wake.set()
        return done

    def _loop(self) -> None:
        while not self._stop.is_set():
            for notification in self._store.claim_due():
                self._pool.submit(self._deliver, notification)
            due_in = self._store.next_due_in()
            self._wake.wait(LONGEST_SLEEP if due_in is None else min(due_in, LONGEST_SLEEP))
            self._wake.clear()

    def _deliver(self, notification: Row) -> None:
        token, tries = str(notification["token"]), int(notification["tries"])
        payment = self._store.payment(token)
        if payment is None:
            self._store.settle(notification["id"], retry_in=None)
            return
        if tries <= self._control.drop:
            answer = "lost on the way"
        else:
            answer = self._send(payment)
        self._store.note("ipn", txn_ref=payment["txn_ref"], attempt=tries, answer=answer)
        is_over = answer in STOPPING_CODES or tries >= MOST_TRIES
        self._store.settle(notification["id"], retry_in=None if is_over else self._interval)
        self._first_done.setdefault(token, threading.Event()).set()
        self._wake.set()

    def _send(self, payment: Row) -> str:
        """Send one notification and return the answer's code, or what went wrong."""
        message = self._message_of(payment)
        if self._take("wrong_amount"):
            message["vnp_Amount"] = str(int(message["vnp_Amount"]) + 100)
        signature = protocol.sign(message, self._secret)
        if self._take("corrupt_signature"):
            signature = ("0" if signature[0] != "0" else "1") + signature[1:]
        url = f"{self.ipn_url}?{protocol.canonical(message)}&vnp_SecureHash={signature}"
        try:
            response = httpx.get(url, timeout=TIMEOUT_SECONDS)
            return str(response.json()["RspCode"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            return type(error).__name__

    def _take(self, switch: str) -> bool:
        left = int(getattr(self._control, switch))
        if left:
            setattr(self._control, switch, left - 1)
        return left > 0

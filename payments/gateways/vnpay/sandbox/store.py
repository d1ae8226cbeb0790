"""What the sandbox remembers: payments, refunds, notifications still to send, and a log."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from payments.gateways.vnpay import protocol
from voltgo.core.clock import LOCAL_ZONE

MOST_LOG_LINES = 2_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    token TEXT PRIMARY KEY, day TEXT NOT NULL, txn_ref TEXT NOT NULL, parameters TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '', transaction_no TEXT NOT NULL DEFAULT '', pay_date TEXT NOT NULL DEFAULT '',
    UNIQUE (day, txn_ref)
);
CREATE TABLE IF NOT EXISTS refunds (
    number TEXT PRIMARY KEY, token TEXT NOT NULL, amount INTEGER NOT NULL, kind TEXT NOT NULL,
    created_at REAL NOT NULL, is_rejected INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (day TEXT NOT NULL, request_id TEXT NOT NULL, UNIQUE (day, request_id));
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    is_done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (last INTEGER NOT NULL);
"""

Row = dict[str, Any]


def store_path() -> Path:
    """Return the file in which the sandbox of this installation remembers; its folder exists afterwards."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    return Path(settings.VAR_DIR) / "vnpay-sandbox.sqlite3"


@dataclass(frozen=True, slots=True)
class PaidElsewhere:
    """A payment that was not made on our page: what was asked, its number and time at the provider."""

    parameters: Mapping[str, str]
    transaction_no: str
    pay_date: str


class Store:
    """One SQLite connection behind a lock; `path` may be `:memory:`.

    Transaction numbers start at the time when the store was made, so a fresh store never repeats the
    numbers of an earlier one that the portal still remembers.
    """

    def __init__(self, path: str = ":memory:", first_number: int | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(_SCHEMA)
        self.clock_offset_seconds = 0.0
        if not self._rows("SELECT last FROM counter"):
            self._run("INSERT INTO counter VALUES (?)", first_number or int(time.time()))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_seconds)

    def today(self) -> str:
        return self.now().astimezone(LOCAL_ZONE).strftime("%Y%m%d")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, values)]

    def _run(self, sql: str, *values: object) -> int:
        """Run a statement and return how many rows it touched."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def next_number(self) -> str:
        with self._lock:
            self._run("UPDATE counter SET last = last + 1")
            return str(self._rows("SELECT last FROM counter")[0]["last"])

    # --- Payments -------------------------------------------------------------------------------
    def open_payment(self, token: str, parameters: Mapping[str, str]) -> bool:
        """Remember a payment that was started; False if its reference was used today."""
        created = self._run(
            "INSERT OR IGNORE INTO payments (token, day, txn_ref, parameters) VALUES (?, ?, ?, ?)",
            token,
            self.today(),
            parameters["vnp_TxnRef"],
            json.dumps(dict(parameters)),
        )
        return created == 1

    def payment(self, token: str) -> Row | None:
        return self._one(self._rows("SELECT * FROM payments WHERE token = ?", token))

    def payment_by_reference(self, txn_ref: str, created: str) -> Row | None:
        """Find a payment as queries and refunds name it: by reference and exact time of creation."""
        rows = self._rows("SELECT * FROM payments WHERE txn_ref = ? ORDER BY day DESC", txn_ref)
        found = [self._read(row) for row in rows]
        return next((row for row in found if row["parameters"].get("vnp_CreateDate") == created), None)

    def latest_payment(self, txn_ref: str) -> Row | None:
        return self._one(
            self._rows("SELECT * FROM payments WHERE txn_ref = ? ORDER BY day DESC LIMIT 1", txn_ref)
        )

    def finish_payment(self, token: str, outcome: str, *, has_number: bool) -> bool:
        """Write how a payment ended; False if it had ended before."""
        with self.transaction():
            if self._rows("SELECT 1 FROM payments WHERE token = ? AND outcome <> ''", token):
                return False
            self._run(
                "UPDATE payments SET outcome = ?, transaction_no = ?, pay_date = ? WHERE token = ?",
                outcome,
                self.next_number() if has_number else "0",
                protocol.to_wire_time(self.now()),
                token,
            )
            return True

    def take_over(self, payments: Iterable[PaidElsewhere]) -> int:
        """Remember successful payments of the demo; return how many were new."""
        with self.transaction():
            return sum(
                self._run(
                    "INSERT OR IGNORE INTO payments (token, day, txn_ref, parameters, outcome, transaction_no, pay_date)"
                    " VALUES (?, ?, ?, ?, 'success', ?, ?)",
                    secrets.token_hex(16),
                    payment.parameters["vnp_CreateDate"][:8],
                    payment.parameters["vnp_TxnRef"],
                    json.dumps(dict(payment.parameters)),
                    payment.transaction_no,
                    payment.pay_date,
                )
                for payment in payments
            )

    def recent_payments(self) -> list[Row]:
        rows = self._rows("SELECT * FROM payments ORDER BY rowid DESC LIMIT 50")
        return [self._read(row) for row in rows]

    def _one(self, rows: list[Row]) -> Row | None:
        return self._read(rows[0]) if rows else None

    def _read(self, row: Row) -> Row:
        return {**row, "parameters": json.loads(row["parameters"])}

    # --- Refunds and requests -------------------------------------------------------------------
    def use_request_id(self, request_id: str) -> bool:
        """Remember a request id; False if it was used today."""
        return self._run("INSERT OR IGNORE INTO requests VALUES (?, ?)", self.today(), request_id) == 1

    def add_refund(self, token: str, amount: int, kind: str, *, is_rejected: bool) -> str:
        number = self.next_number()
        self._run(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?)",
            number,
            token,
            amount,
            kind,
            self.now().timestamp(),
            int(is_rejected),
        )
        return number

    def refunds(self, token: str) -> list[Row]:
        return self._rows("SELECT * FROM refunds WHERE token = ? ORDER BY created_at, number", token)

    # --- Notifications --------------------------------------------------------------------------
    def add_notification(self, token: str, delay_seconds: float) -> int:
        due_at = time.time() + delay_seconds
        self._run("INSERT INTO notifications (token, due_at) VALUES (?, ?)", token, due_at)
        return int(self._rows("SELECT max(id) AS id FROM notifications WHERE token = ?", token)[0]["id"])

    def claim_due(self) -> list[Row]:
        """Take the notifications whose time has come; each is put off far ahead until `settle` says more."""
        with self.transaction():
            rows = self._rows("SELECT * FROM notifications WHERE is_done = 0 AND due_at <= ?", time.time())
            for row in rows:
                self._run(
                    "UPDATE notifications SET due_at = ?, tries = tries + 1 WHERE id = ?",
                    time.time() + 120,
                    row["id"],
                )
            return [{**row, "tries": row["tries"] + 1} for row in rows]

    def settle(self, notification_id: int, *, retry_in: float | None) -> None:
        """End a notification, or set the time of its next try."""
        if retry_in is None:
            self._run("UPDATE notifications SET is_done = 1 WHERE id = ?", notification_id)
        else:
            self._run(
                "UPDATE notifications SET due_at = ? WHERE id = ?", time.time() + retry_in, notification_id
            )

    def next_due_in(self) -> float | None:
        rows = self._rows("SELECT min(due_at) AS due_at FROM notifications WHERE is_done = 0")
        due_at = rows[0]["due_at"]
        return None if due_at is None else max(0.0, due_at - time.time())

    # --- Log ------------------------------------------------------------------------------------
    def note(self, event: str, **data: object) -> None:
        with self._lock:
            self._run(
                "INSERT INTO log (at, event, data) VALUES (?, ?, ?)",
                self.now().isoformat(timespec="milliseconds"),
                event,
                json.dumps(data, ensure_ascii=False),
            )
            self._run("DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?", MOST_LOG_LINES)

    def log(self) -> list[Row]:
        rows = self._rows("SELECT at, event, data FROM log ORDER BY id")
        return [{"at": row["at"], "event": row["event"], **json.loads(row["data"])} for row in rows]

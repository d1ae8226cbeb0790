"""What the sandbox remembers: payments, refunds, notifications still to send, and a log."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from payments.gateways.sandbox import store as frame
from payments.gateways.sandbox.store import Row
from payments.gateways.vnpay import protocol

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    token TEXT PRIMARY KEY, day TEXT NOT NULL, txn_ref TEXT NOT NULL, parameters TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '', transaction_no TEXT NOT NULL DEFAULT '', pay_date TEXT NOT NULL DEFAULT '',
    UNIQUE (day, txn_ref)
);
CREATE TABLE IF NOT EXISTS refunds (
    number TEXT PRIMARY KEY, token TEXT NOT NULL, amount INTEGER NOT NULL, kind TEXT NOT NULL,
    created_at REAL NOT NULL, is_rejected INTEGER NOT NULL, request_id TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS requests (day TEXT NOT NULL, request_id TEXT NOT NULL, UNIQUE (day, request_id));
"""


def store_path() -> Path:
    """Return the file in which the sandbox of this installation remembers; its folder exists afterwards."""
    return frame.store_path("vnpay")


@dataclass(frozen=True, slots=True)
class ReturnedElsewhere:
    """A refund that arrived without our having been asked for it; the amount is in the protocol's unit."""

    number: str
    request_id: str
    amount: int
    kind: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class PaidElsewhere:
    """A payment that was not made on our page: what was asked, its number and time, what of it went back."""

    parameters: Mapping[str, str]
    transaction_no: str
    pay_date: str
    refunds: tuple[ReturnedElsewhere, ...] = ()


class Store(frame.Store):
    """The frame's memory with VNPay's own tables, which the demo fills before the sandbox runs."""

    def __init__(self, path: str = ":memory:", first_number: int | None = None) -> None:
        super().__init__(path, first_number)
        self._connection.executescript(_SCHEMA)
        if "request_id" not in {row["name"] for row in self._rows("PRAGMA table_info(refunds)")}:
            # A file of an earlier version.
            self._run("ALTER TABLE refunds ADD COLUMN request_id TEXT NOT NULL DEFAULT ''")

    def _day(self) -> str:
        return f"{self.today():%Y%m%d}"

    # --- Payments -------------------------------------------------------------------------------
    def open_payment(self, token: str, parameters: Mapping[str, str]) -> bool:
        """Remember a payment that was started; False if its reference was used today."""
        created = self._run(
            "INSERT OR IGNORE INTO payments (token, day, txn_ref, parameters) VALUES (?, ?, ?, ?)",
            token,
            self._day(),
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
        """Remember successful payments of the demo, with their refunds; return how many payments were new."""
        with self.transaction():
            return sum(self._take_over(payment) for payment in payments)

    def _take_over(self, payment: PaidElsewhere) -> int:
        token = secrets.token_hex(16)
        created = self._run(
            "INSERT OR IGNORE INTO payments (token, day, txn_ref, parameters, outcome, transaction_no, pay_date)"
            " VALUES (?, ?, ?, ?, 'success', ?, ?)",
            token,
            payment.parameters["vnp_CreateDate"][:8],
            payment.parameters["vnp_TxnRef"],
            json.dumps(dict(payment.parameters)),
            payment.transaction_no,
            payment.pay_date,
        )
        for refund in payment.refunds if created else ():
            # The numbers of a demo that was here before may come again: what is told last counts.
            self._run(
                "INSERT OR REPLACE INTO refunds (number, token, amount, kind, created_at, is_rejected, request_id)"
                " VALUES (?, ?, ?, ?, ?, 0, ?)",
                refund.number,
                token,
                refund.amount,
                refund.kind,
                refund.arrived_at.timestamp(),
                refund.request_id,
            )
        return created

    def recent_payments(self) -> list[Row]:
        rows = self._rows("SELECT * FROM payments ORDER BY rowid DESC LIMIT 50")
        return [self._read(row) for row in rows]

    def paid_on(self, day: str) -> list[Row]:
        """Return the payments that ended on a day, written yyyymmdd, with their number, oldest first."""
        rows = self._rows(
            "SELECT * FROM payments WHERE substr(pay_date, 1, 8) = ? ORDER BY pay_date, transaction_no", day
        )
        return [self._read(row) for row in rows]

    def refunds_between(self, start: float, end: float) -> list[Row]:
        """Return the refunds asked for in a time, with the reference of their payment."""
        return self._rows(
            "SELECT refunds.*, payments.txn_ref FROM refunds JOIN payments USING (token)"
            " WHERE created_at >= ? AND created_at < ? ORDER BY created_at, number",
            start,
            end,
        )

    def _one(self, rows: list[Row]) -> Row | None:
        return self._read(rows[0]) if rows else None

    def _read(self, row: Row) -> Row:
        return {**row, "parameters": json.loads(row["parameters"])}

    # --- Refunds and requests -------------------------------------------------------------------
    def use_request_id(self, request_id: str) -> bool:
        """Remember a request id; False if it was used today."""
        return self._run("INSERT OR IGNORE INTO requests VALUES (?, ?)", self._day(), request_id) == 1

    def add_refund(
        self, token: str, amount: int, kind: str, *, is_rejected: bool, request_id: str = ""
    ) -> str:
        number = self.next_number()
        self._run(
            "INSERT INTO refunds (number, token, amount, kind, created_at, is_rejected, request_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            number,
            token,
            amount,
            kind,
            self.now().timestamp(),
            int(is_rejected),
            request_id,
        )
        return number

    def refunds(self, token: str) -> list[Row]:
        return self._rows("SELECT * FROM refunds WHERE token = ? ORDER BY created_at, number", token)

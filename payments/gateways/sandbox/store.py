"""What a sandbox remembers: JSON documents, callbacks still to send, and a log, in one SQLite file."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from voltgo.core.clock import LOCAL_ZONE

MOST_LOG_LINES = 2_000
# A callback that is being delivered is put off this far, so that a process that dies does not lose it.
CLAIM_SECONDS = 120.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, UNIQUE (kind, id)
);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, about TEXT NOT NULL, data TEXT NOT NULL, due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, is_done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (last INTEGER NOT NULL);
"""

Row = dict[str, Any]


def store_path(name: str) -> Path:
    """Return the file in which a sandbox of this installation remembers; its folder exists afterwards."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    return Path(settings.VAR_DIR) / f"{name}-sandbox.sqlite3"


class Store:
    """One SQLite connection behind a lock; `path` may be `:memory:`. Safe to use from many threads.

    Numbers start at the time when the store was made, so a fresh store never repeats the numbers of an
    earlier one that the portal still remembers; tests give `first_number`.
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

    # --- Clock and numbers ------------------------------------------------------------------------
    def now(self) -> datetime:
        """Return the sandbox's time, which `clock_offset_seconds` moves."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_seconds)

    def today(self) -> date:
        """Return the day in Vietnam."""
        return self.now().astimezone(LOCAL_ZONE).date()

    def next_number(self) -> str:
        """Return a number that this store gave nobody before."""
        with self._lock:
            self._run("UPDATE counter SET last = last + 1")
            return str(self._rows("SELECT last FROM counter")[0]["last"])

    # --- SQL --------------------------------------------------------------------------------------
    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everybody else out until the end, and undo everything on an error. May be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
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

    # --- Documents --------------------------------------------------------------------------------
    def add(self, kind: str, key: str, data: Row) -> bool:
        """Remember a new document; False (and nothing written) if there is one under this key."""
        text = json.dumps(data, ensure_ascii=False)
        return self._run("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", kind, key, text) == 1

    def get(self, kind: str, key: str) -> Row | None:
        """Return a copy of a document; None if there is none."""
        rows = self._rows("SELECT data FROM documents WHERE kind = ? AND id = ?", kind, key)
        return json.loads(rows[0]["data"]) if rows else None

    def change(self, kind: str, key: str, **changes: object) -> Row:
        """Set fields of a document that exists, and return it as it is now; KeyError if there is none."""
        with self.transaction():
            found = self.get(kind, key)
            if found is None:
                raise KeyError(f"{kind} {key}")
            found.update(changes)
            text = json.dumps(found, ensure_ascii=False)
            self._run("UPDATE documents SET data = ? WHERE kind = ? AND id = ?", text, kind, key)
            return found

    def find(self, kind: str, **equal: object) -> list[Row]:
        """Return the documents with these values, oldest first."""
        rows = self._rows("SELECT data FROM documents WHERE kind = ? ORDER BY rowid", kind)
        found = [json.loads(row["data"]) for row in rows]
        return [row for row in found if all(row.get(name) == value for name, value in equal.items())]

    # --- Callbacks --------------------------------------------------------------------------------
    def add_callback(self, about: str, data: Row, delay_seconds: float) -> None:
        self._run(
            "INSERT INTO callbacks (about, data, due_at) VALUES (?, ?, ?)",
            about,
            json.dumps(data, ensure_ascii=False),
            time.time() + delay_seconds,
        )

    def claim_due(self) -> list[Row]:
        """Take the callbacks whose time has come; each is put off far ahead until `settle` says more."""
        with self.transaction():
            rows = self._rows("SELECT * FROM callbacks WHERE is_done = 0 AND due_at <= ?", time.time())
            for row in rows:
                self._run(
                    "UPDATE callbacks SET due_at = ?, tries = tries + 1 WHERE id = ?",
                    time.time() + CLAIM_SECONDS,
                    row["id"],
                )
            return [{**row, "tries": row["tries"] + 1, "data": json.loads(row["data"])} for row in rows]

    def settle(self, callback_id: int, *, retry_in: float | None) -> None:
        """End a callback, or set the time of its next try."""
        if retry_in is None:
            self._run("UPDATE callbacks SET is_done = 1 WHERE id = ?", callback_id)
        else:
            self._run("UPDATE callbacks SET due_at = ? WHERE id = ?", time.time() + retry_in, callback_id)

    def next_due_in(self) -> float | None:
        due_at = self._rows("SELECT min(due_at) AS due_at FROM callbacks WHERE is_done = 0")[0]["due_at"]
        return None if due_at is None else max(0.0, due_at - time.time())

    # --- Log --------------------------------------------------------------------------------------
    def note(self, event: str, **data: object) -> None:
        """Write a line of the log that GET /_log shows. Never a secret."""
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

"""Log lines with the request's id: one line for people locally, JSON in production."""

import json
import logging
import re
from collections.abc import Collection
from contextvars import ContextVar
from datetime import UTC, datetime

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    return _request_id.get()


def set_request_id(value: str) -> None:
    _request_id.set(value)


# Addresses that open something to whoever knows them: a calendar feed, the way to a new password, a picture.
SECRET_ADDRESS = re.compile(r"(/calendars/|/password/reset/key/|[?&]key=)[^\s?&\"']+")


def without_secrets(text: str) -> str:
    """Return a line with what is secret in its addresses left out."""
    return SECRET_ADDRESS.sub(r"\1…", text)


class ContextFilter(logging.Filter):
    """Adds the request id to every record, and takes secrets out of the addresses in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 (the handler reports a line that cannot be written)
            return True
        safe = without_secrets(said)
        if safe != said:
            record.msg, record.args = safe, ()
        return True


class PeriodicFilter(logging.Filter):
    """Leaves out that a periodic job went well: it happens every few seconds and says nothing."""

    def __init__(self, names: Collection[str] = ()) -> None:
        super().__init__()
        self._names = frozenset(names)

    def filter(self, record: logging.LogRecord) -> bool:
        data = getattr(record, "data", None)
        is_periodic = isinstance(data, dict) and data.get("name") in self._names
        return not is_periodic or record.levelno > logging.INFO


class LineFormatter(logging.Formatter):
    """A short readable line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s", "%H:%M:%S")


class JsonFormatter(logging.Formatter):
    """One JSON object per line, without arguments that might carry personal data."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", ""),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)

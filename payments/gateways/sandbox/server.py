"""The web server of a local provider: routes of its own, and the switches, the log and files of all.

A provider subclasses `Sandbox`, sets `name` and `label`, and writes

- `routes`: its API and its pages, as `Route(method, pattern, handler)`; `{word}` in a pattern matches up to the
  next slash and comes as `request.params["word"]`; routes with `is_api=True` obey `http_status` (answer this
  instead of doing anything) and `api_delay_ms` (do it, answer late);
- `callback` and `answer_of` (see `notifier.Sender`), if it calls us back; `announce` queues one;
- `settled_on` and, if its files have a layout of their own, `settlement_file`.

Handlers take a `Request` and return an `Answer`; they run in many threads at once, so what belongs together is
done under `self.store.transaction()`. `Refused` raised in a handler is the answer.
"""

import json
import logging
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.gateways import settlement_file
from payments.gateways.base import SettledLine
from payments.gateways.sandbox import pages
from payments.gateways.sandbox.control import Control
from payments.gateways.sandbox.notifier import Mishap, Notifier, Outgoing
from payments.gateways.sandbox.settlement import with_discrepancies
from payments.gateways.sandbox.store import Row, Store
from voltgo.core.clock import LOCAL_ZONE

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
# The payer rarely waits longer for us than the portal needs to answer a callback.
REDIRECT_PATIENCE_SECONDS = 3.0
REORDER_DELAY_SECONDS = 1.5
LARGEST_BODY = 100_000
LARGEST_LOG_PAGE = 200


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a handler sees it."""

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    # Names in lower case.
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises ValueError, which answers 400."""
        parsed = json.loads(self.body or b"{}")
        if not isinstance(parsed, dict):
            raise ValueError("an object is expected")
        return parsed

    def form(self) -> dict[str, str]:
        """Return the fields of a form; of a repeated one the last."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        return cls(status, json.dumps(data, ensure_ascii=False).encode(), "application/json", headers or {})

    @classmethod
    def html(cls, text: str, status: int = 200) -> Self:
        return cls(status, text.encode(), "text/html; charset=utf-8")

    @classmethod
    def redirect(cls, address: str) -> Self:
        return cls(302, headers={"Location": address})


class Refused(Exception):
    """Ends a handler with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Route:
    """One address of a provider."""

    method: str
    pattern: str
    handler: Callable[[Request], Answer]
    is_api: bool = False

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the words of the pattern if this route answers; None otherwise."""
        if method != self.method:
            return None
        parts = re.split(r"\{(\w+)\}", self.pattern)
        rule = "".join(
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
        )
        found = re.fullmatch(rule, path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


class Sandbox:
    """One running sandbox. Use `start` and `stop`; it listens on the loopback interface only."""

    name: ClassVar[str]
    label: ClassVar[str]
    # Tries of one callback.
    most_tries = 10

    def __init__(
        self,
        *,
        webhook_url: str,
        port: int = 0,
        store: Store | None = None,
        interval_seconds: float = 5.0,
        control: Control | None = None,
    ) -> None:
        if settings.IS_PRODUCTION:
            raise ImproperlyConfigured("A sandbox never runs in production.")
        self.webhook_url = webhook_url
        self.store = store or Store()
        self.control = control or Control()
        self.interval_seconds = interval_seconds
        self._routes = [*self.routes(), *self._own_routes()]
        handler = type("Handler", (_Handler,), {"sandbox": self})
        self._server = _Server((LOOPBACK, port), handler)
        self.port = int(self._server.server_address[1])
        self.notifier = Notifier(
            name=self.name,
            store=self.store,
            control=self.control,
            sender=self,
            interval=lambda: self.interval_seconds,
        )
        self._thread = threading.Thread(target=self._serve, name=f"{self.name}-sandbox", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Serve in threads of its own."""
        self.notifier.start()
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self.notifier.stop()
        self.store.close()

    def _serve(self) -> None:
        # Looking often whether it shall stop keeps tests quick.
        self._server.serve_forever(poll_interval=0.02 if self.interval_seconds < 1 else 0.5)

    # --- What a provider writes -------------------------------------------------------------------
    def routes(self) -> Sequence[Route]:
        """Return the provider's addresses."""
        raise NotImplementedError

    def callback(self, about: str, data: Row, mishap: Mishap) -> Outgoing | None:
        """Build the callback about a document for one try, with what `mishap` wants to be wrong."""
        raise NotImplementedError

    def answer_of(self, response: httpx.Response) -> tuple[str, bool]:
        """Return the answer in a word for the log, and whether it says stop."""
        return str(response.status_code), response.is_success

    def settled_on(self, day: date) -> Sequence[SettledLine]:
        """Return what happened on a day in Vietnam, as the settlement file tells it."""
        return ()

    def settlement_file(self, lines: Sequence[SettledLine]) -> bytes:
        """Write a settlement file."""
        return settlement_file.write(lines)

    def overview(self) -> str:
        """Return HTML for the index page, above the log."""
        return ""

    # --- What a provider calls ----------------------------------------------------------------------
    def announce(self, about: str, data: Row | None = None) -> None:
        """Queue a callback and wait for its first try, so that the payer rarely returns before it.

        The switches decide on delay, order and copies. Never call it inside `store.transaction()`.
        """
        delay = self.control.delay_ms / 1000
        if self.control.reorder:
            delay = delay or REORDER_DELAY_SECONDS
        copies = 1 + self.control.duplicate
        is_told = self.notifier.announce(about, data or {}, delay_seconds=delay, copies=copies)
        if not delay:
            is_told.wait(REDIRECT_PATIENCE_SECONDS)

    def resend(self, about: str, data: Row | None = None, times: int = 1) -> None:
        """Send a callback again, all copies at once."""
        self.notifier.announce(about, data or {}, delay_seconds=0, copies=times)

    # --- Answering ----------------------------------------------------------------------------------
    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Find the route and let its handler answer."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        for route in self._routes:
            params = route.match(method, parts.path)
            if params is not None:
                return self._handle(route, Request(method, parts.path, params, query, headers, body))
        return Answer.json({"error": "not found"}, status=404)

    def _handle(self, route: Route, request: Request) -> Answer:
        if route.is_api and self.control.http_status:
            return Answer.json({"error": "unavailable"}, status=self.control.http_status)
        try:
            answer = route.handler(request)
        except Refused as refusal:
            answer = refusal.answer
        except (ValueError, TypeError) as error:
            answer = Answer.json({"error": str(error)}, status=400)
        if route.is_api:
            time.sleep(self.control.api_delay_ms / 1000)
        return answer

    def _own_routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/", self._index),
            Route("GET", "/_log", lambda _request: Answer.json(self.store.log())),
            Route("GET", "/_control", lambda _request: Answer.json(self.control.as_data())),
            Route("POST", "/_control", self._change_control),
            Route("GET", "/_settlement", self._settlement),
        )

    def _index(self, _request: Request) -> Answer:
        return Answer.html(
            pages.index_page(
                label=self.label,
                log=self.store.log()[-LARGEST_LOG_PAGE:],
                switches=self.control.as_data(),
                day=self.store.today().isoformat(),
                extra=self.overview(),
            )
        )

    def _change_control(self, request: Request) -> Answer:
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        self.control.change(request.form() if is_form else request.json())
        self.store.clock_offset_seconds = self.control.clock_offset_seconds
        return Answer(303, headers={"Location": "/"}) if is_form else Answer.json(self.control.as_data())

    def _settlement(self, request: Request) -> Answer:
        day = date.fromisoformat(request.query.get("day") or self.store.today().isoformat())
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL_ZONE)
        lines = with_discrepancies(self.settled_on(day), self.control, noon=noon)
        name = f'attachment; filename="{self.name}-{day.isoformat()}.csv"'
        headers = {"Content-Disposition": name}
        return Answer(200, self.settlement_file(lines), "text/csv; charset=utf-8", headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """Reads and writes HTTP; one class per sandbox, made by it."""

    sandbox: ClassVar[Sandbox]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def do_DELETE(self) -> None:
        self._do()

    def _do(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), LARGEST_BODY)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.sandbox.answer(self.command, self.path, headers, self.rfile.read(length))
        self.send_response(answer.status)
        for name, value in {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            "Cache-Control": "no-store",
            **answer.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        logger.debug(format, *args)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, sqlite3.ProgrammingError):
            # The client went away, or the sandbox is being stopped.
            self.close_connection = True

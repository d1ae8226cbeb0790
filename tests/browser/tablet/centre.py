"""A centre of a hundred lines that speaks the tablets' protocol: what the tablet does can be seen without a database.

The portal's own side of the protocol is tested in tests/integration/rentals/sync; here stands what the browser sees.
"""

import hashlib
import json
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from django.conf import settings

STATIC = settings.BASE_DIR / "static"
HERE = Path(__file__).parent
# In place of what other parts of the app do: a vault with a key at hand, a snapshot that only counts.
DOUBLES = {
    "/static/js/tablet/vault.js": "vault_double.js",
    "/static/js/tablet/snapshot.js": "snapshot_double.js",
}
PAGE = """<!doctype html><html lang="vi"><title>Tablet</title>
<body data-app-version="test"><main id="main"></main>
<script type="module" src="/page.js"></script>"""
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'"


@dataclass
class Centre:
    """What it has received, and how it is minded today."""

    epoch: str = field(default_factory=lambda: str(uuid.uuid4()))
    # id -> the body as it came first; every arrival, by id; what came twice with another body.
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrivals: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    files: dict[str, bytearray] = field(default_factory=dict)
    pieces: list[tuple[str, int]] = field(default_factory=list)
    # kind -> (state, code) once everything is there; applied otherwise.
    decides: dict[str, tuple[str, str]] = field(default_factory=dict)
    # Kinds at which it breaks down.
    chokes_on: set[str] = field(default_factory=set)
    knows_schemas: frozenset[int] = frozenset({1})
    is_anybody_signed_in: bool = True
    # (status, code): what it says to everything.
    refuses: tuple[int, str] | None = None
    # The server's clock minus the tablet's.
    ahead: timedelta = timedelta()
    # Damages the last piece of the next so many files.
    garbles: int = 0

    def session(self) -> dict[str, Any]:
        user = {"id": "U-1", "name": "Quang Huy", "role": "attendant"} if self.is_anybody_signed_in else None
        now = (datetime.now(UTC) + self.ahead).isoformat()
        return {
            "tablet": {},
            "user": user,
            "csrf": "token",
            "now": now,
            "epoch": self.epoch,
            "app_version": "test",
        }

    def sync(self, body: dict[str, Any]) -> dict[str, Any] | None:
        sent = body["commands"]
        if any(command["kind"] in self.chokes_on for command in sent):
            return None
        return {
            "epoch": self.epoch,
            "now": self.session()["now"],
            "results": [self.receive(each) for each in sent],
        }

    def receive(self, command: dict[str, Any]) -> dict[str, Any]:
        known = self.commands.setdefault(command["id"], command)
        is_replayed = command["id"] in self.arrivals
        self.arrivals.append(command["id"])
        if known != command:
            self.altered.append(command["id"])
        missing = [
            {"sha256": each["sha256"], "offset": len(self.files.get(each["sha256"], b""))}
            for each in command["files"]
            if not self.is_whole(each["sha256"])
        ]
        state, code = self.decides.get(command["kind"], ("applied", ""))
        if command["schema"] not in self.knows_schemas:
            state, code = "unreadable", "schema_unknown"
        elif missing:
            state, code = "waiting", "waiting_files"
        words = f"Máy chủ: {code}" if code else ""
        answer = {"id": command["id"], "state": state, "code": code, "words": words, "flags": []}
        return answer | {"missing": missing, "replayed": is_replayed}

    def is_whole(self, sha256: str) -> bool:
        return hashlib.sha256(self.files.get(sha256, b"")).hexdigest() == sha256

    def put(self, sha256: str, offset: int, length: int, data: bytes) -> tuple[int, dict[str, Any]]:
        held = self.files.setdefault(sha256, bytearray())
        if offset != len(held):
            return 409, {"code": "wrong_offset", "received": len(held)}
        self.pieces.append((sha256, offset))
        is_last = offset + len(data) == length
        if is_last and self.garbles:
            self.garbles -= 1
            data = bytes(len(data))
        held += data
        if is_last and not self.is_whole(sha256):
            held.clear()
            return 422, {"code": "file_differs"}
        return 200, {"sha256": sha256, "received": len(held), "stored": is_last}

    def seen(self, kind: str) -> list[dict[str, Any]]:
        """Return the commands of a kind in the order of their first arrival."""
        return [command for command in self.commands.values() if command["kind"] == kind]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    centre: Centre

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/station/api/session":
            self._say(200, self.centre.session())
        elif path.startswith("/station/"):
            self._send(200, PAGE.encode(), "text/html", {"Content-Security-Policy": POLICY})
        else:
            self._serve_file(path)

    def do_POST(self) -> None:
        body = json.loads(self._body())
        answer = self.centre.sync(body)
        if answer is None:
            self._send(500, b"<h1>Internal Server Error</h1>", "text/html")
        else:
            self._say(200, answer)

    def do_PUT(self) -> None:
        data = self._body()
        sha256 = self.path.rsplit("/", 1)[-1]
        offset, length = (int(self.headers[f"Upload-{name}"]) for name in ("Offset", "Length"))
        if len(data) != int(self.headers["Content-Length"]):
            # The line broke in the middle of a piece: nothing of it counts.
            self.close_connection = True
            return
        self._say(*self.centre.put(sha256, offset, length, data))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _say(self, status: int, body: dict[str, Any]) -> None:
        if self.centre.refuses:
            status, code = self.centre.refuses
            body = {"code": code}
        self._send(status, json.dumps(body).encode(), "application/json")

    def _serve_file(self, path: str) -> None:
        name = DOUBLES.get(path)
        if path == "/page.js":
            name = "page.js"
        file = HERE / name if name else STATIC / path.removeprefix("/static/")
        if not file.is_file():
            self._send(404, b"", "text/plain")
            return
        self._send(200, file.read_bytes(), guess_type(file.name)[0] or "application/octet-stream")

    def _send(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves one centre after the other: each test gets its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the tests cut connections on purpose."""

    def begin(self) -> Centre:
        Handler.centre = Centre()
        return Handler.centre

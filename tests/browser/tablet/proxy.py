"""A network that can be cut for real: a TCP proxy between the browser and the portal.

Playwright's set_offline stops what the page fetches, but not what its service worker does, and cuts nothing in the
middle. This does: a connection is closed while bytes are on it.
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

PORTAL_PAGE = b"<!doctype html><title>Free WiFi</title><p>Please accept the terms of use."
SYNC = b"POST /station/api/sync"
FILE = b"PUT /station/api/files/"
# So much of a piece gets through before the cut: more than its head, less than the whole.
THROUGH = 2_000


class Mode(StrEnum):
    OPEN = "open"
    # Nothing gets through; what is under way is cut.
    CUT = "cut"
    # A request for synchronisation reaches the server, its answer does not reach the tablet.
    LOSE_SYNC_ANSWER = "lose_sync_answer"
    # The n-th piece of a file from now on is cut in its middle, and everything after it.
    CUT_IN_PIECE = "cut_in_piece"
    # The network of a shopping centre: HTML with 200 for every address.
    PORTAL = "portal"
    # A load balancer without a server behind it.
    HTTP_500 = "http500"


@dataclass
class _Line:
    """What was seen on one connection."""

    drops_answer: bool = False
    # The last bytes of what came before: a head may come in two parts.
    tail: bytes = b""


class Proxy:
    """Passes bytes on, or does to them what its mode says."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._mode = Mode.OPEN
        self._piece = 0
        self._pieces_seen = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # How often it did what the mode says.
        self.struck = 0
        # First lines of requests, in order.
        self.requests: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode | str) -> None:
        self.set(mode)

    def set(self, mode: Mode | str, *, piece: int = 1) -> None:
        """Change the weather; `piece` counts the pieces of files from now on, for CUT_IN_PIECE."""
        self._mode = Mode(mode)
        self._piece, self._pieces_seen, self.struck = piece, 0, 0
        if self._mode in {Mode.CUT, Mode.PORTAL, Mode.HTTP_500}:
            self._hang_up()

    @contextlib.contextmanager
    def being(self, mode: Mode | str) -> Iterator[None]:
        """Have this weather for the length of a block."""
        self.set(mode)
        try:
            yield
        finally:
            self.set(Mode.OPEN)

    def close(self) -> None:
        self._mode = Mode.CUT
        self._listener.close()
        self._hang_up()

    def count(self, start: str) -> int:
        """Count the requests that begin so, 'POST /station/api/sync'."""
        return sum(line.startswith(start) for line in self.requests)

    # --- Inside ---------------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            if self._mode == Mode.CUT:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self._mode in {Mode.PORTAL, Mode.HTTP_500}:
                self._answer_for_the_server(client)
                return
            with socket.create_connection(self._upstream) as server:
                self._keep(client, server)
                try:
                    self._pump(client, server)
                finally:
                    self._forget(client, server)

    def _answer_for_the_server(self, client: socket.socket) -> None:
        client.recv(65_536)
        status = b"200 OK" if self._mode == Mode.PORTAL else b"500 Internal Server Error"
        head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        client.sendall(head % (status, len(PORTAL_PAGE)) + PORTAL_PAGE)
        self.struck += 1

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        line = _Line()
        while True:
            ready, _, _ = select.select([client, server], [], [], 30)
            if not ready:
                return
            for side in ready:
                data = side.recv(65_536)
                if not data:
                    return
                if side is client:
                    if not self._forward(data, client, server, line):
                        return
                elif line.drops_answer:
                    # It has answered, so it has committed.
                    self.struck += 1
                    time.sleep(0.05)
                    return
                else:
                    client.sendall(data)

    def _forward(self, data: bytes, client: socket.socket, server: socket.socket, line: _Line) -> bool:
        """Pass on what the browser sends; say whether the connection lives on."""
        if self._mode == Mode.CUT:
            return False
        self._note(data)
        seen, line.tail = line.tail + data, (line.tail + data)[1 - len(FILE) :]
        if self._mode == Mode.LOSE_SYNC_ANSWER and SYNC in seen:
            line.drops_answer = True
        if self._mode == Mode.CUT_IN_PIECE and FILE in seen:
            self._pieces_seen += 1
            if self._pieces_seen == self._piece:
                self._send_half(data, client, server)
                self.struck += 1
                self._mode = Mode.CUT
                self._hang_up()
                return False
        server.sendall(data)
        return True

    @staticmethod
    def _send_half(data: bytes, client: socket.socket, server: socket.socket) -> None:
        """Send the head of a request and a little of its body."""
        head = data.index(b"\r\n\r\n") + 4 if b"\r\n\r\n" in data else len(data)
        if len(data) == head:
            data += client.recv(THROUGH)
        server.sendall(data[: head + THROUGH])

    def _note(self, data: bytes) -> None:
        first = data.split(b"\r\n", 1)[0]
        if first.endswith(b"HTTP/1.1"):
            self.requests.append(first.decode("latin-1").removesuffix(" HTTP/1.1"))

    def _keep(self, *sockets: socket.socket) -> None:
        with self._guard:
            self._open.update(sockets)

    def _forget(self, *sockets: socket.socket) -> None:
        with self._guard:
            self._open.difference_update(sockets)

    def _hang_up(self) -> None:
        with self._guard:
            sockets, self._open = list(self._open), set()
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

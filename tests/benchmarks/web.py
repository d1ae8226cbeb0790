"""The portal under load: gunicorn as production runs it, and clients that send prepared requests over sockets."""

import os
import selectors
import signal
import socket as sockets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 60


def production(*, var_dir: str, host: str) -> dict[str, str]:
    """Return the settings under which production runs, with made-up secrets."""
    return {
        "VOLTGO_ENV": "production",
        "VOLTGO_VAR_DIR": var_dir,
        "SECRET_KEY": "benchmark-" * 6,
        "DATA_ENCRYPTION_KEYS": "benchmark-" * 6,
        "NUMBER_HASH_KEY": "benchmark-" * 6,
        "SITE_URL": f"https://{host}",
        "ALLOWED_HOSTS": host.partition(":")[0],
        "VNPAY_TMN_CODE": "BENCHMARK",
        "VNPAY_HASH_SECRET": "benchmark",
        "VNPAY_PAY_URL": "https://pay.example/",
        "VNPAY_API_URL": "https://pay.example/api",
        "COMPANY_NAME": "VoltGo",
        "COMPANY_TAX_CODE": "0000000000",
        "COMPANY_ADDRESS": "Benchmark",
        "SEAL_KEY": "none",
        "LOG_LEVEL": "WARNING",
    }


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, its target if it leads elsewhere, and how long it took."""

    status: int
    location: str
    seconds: float
    body: bytes = b""


class Server:
    """Gunicorn with the portal's own configuration, on a port of this machine."""

    def __init__(
        self, port: int, environment: dict[str, str], *, processes: int = 2, threads: int = 4
    ) -> None:
        self.port = port
        sizes = {
            "WEB_BIND": f"127.0.0.1:{port}",
            "WEB_PROCESSES": str(processes),
            "WEB_THREADS": str(threads),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "python:voltgo.web_server", "voltgo.wsgi"],
            env=os.environ | environment | sizes,
            start_new_session=True,
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError("the web server did not start")
            try:
                sockets.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the web server is not ready")

    def cpu_seconds(self) -> float:
        """Return the CPU that the server and its workers have used so far."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return sum(cpu_seconds_of(int(number)) for number in [str(pid), *children])

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()


def free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds_of(pid: int) -> float:
    """Return user and system time of one process; nothing for one that has gone or lives elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def send_all(port: int, requests: Sequence[bytes], *, clients: int, keep_bodies: bool = False) -> list[Reply]:
    """Send the requests over so many connections at once, each one after the other; return every reply."""
    selector = selectors.DefaultSelector()
    replies: list[Reply] = []
    for number in range(min(clients, len(requests))):
        client = _Client(port, list(reversed(requests[number::clients])))
        client.connect()
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send_next()
    while selector.get_map():
        for key, _events in selector.select(timeout=60):
            client = key.data
            reply = client.receive(keep_body=keep_bodies)
            if reply is None:
                continue
            replies.append(reply)
            if client.is_ending or not client.requests:
                selector.unregister(client.socket)
                client.socket.close()
            if client.is_ending and client.requests:
                client.connect()
                selector.register(client.socket, selectors.EVENT_READ, client)
            if client.requests:
                client.send_next()
    return replies


@dataclass
class _Client:
    """One kept-alive connection that sends its requests one after the other."""

    port: int
    requests: list[bytes]
    socket: sockets.socket = field(init=False)
    received: bytes = b""
    started: float = 0.0
    # The server ends a connection from time to time; then another one is opened.
    is_ending: bool = False

    def connect(self) -> None:
        self.socket = sockets.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        self.is_ending = False

    def send_next(self) -> None:
        self.received = b""
        self.started = time.perf_counter()
        self.socket.sendall(self.requests.pop())

    def receive(self, *, keep_body: bool) -> Reply | None:
        """Read what has come; return the reply once it is whole, with status 0 if the connection broke."""
        try:
            piece = self.socket.recv(65536)
        except OSError:
            piece = b""
        self.received += piece
        seconds = time.perf_counter() - self.started
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not piece or not blank:
            self.is_ending = not piece
            return Reply(0, "", seconds) if not piece else None
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        if len(body) < int(headers.get("content-length", "0")):
            return None
        self.is_ending = headers.get("connection") == "close"
        status = int(lines[0].split(" ", 2)[1])
        return Reply(status, headers.get("location", ""), seconds, body if keep_body else b"")

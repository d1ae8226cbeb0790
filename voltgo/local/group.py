"""A group of programs that run together: one log with their names, an orderly end for all of them."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from voltgo.local.processes import kill_group, spawn

COLOURS = ("36", "35", "33", "34", "32", "31")
LARGEST_LOG = 10 * 1024 * 1024
NAME_WIDTH = 8


@dataclass
class Member:
    """One running program and what it has said since its last full line."""

    name: str
    process: subprocess.Popen[bytes]
    output: int
    rest: bytes = b""
    is_open: bool = True
    started: float = field(default_factory=time.monotonic)


class Log:
    """Writes lines to the terminal, with colours, and to a file, without."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._colours: dict[str, str] = {}
        self._terminal = sys.stdout.isatty()

    def say(self, text: str, *, name: str = "voltgo") -> None:
        for line in text.splitlines() or [""]:
            self._file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {name:<{NAME_WIDTH}} {line}\n")
            mark = f"{name:<{NAME_WIDTH}}|"
            if self._terminal:
                colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
                mark = f"\033[{colour}m{mark}\033[0m"
            # A terminal that was closed must not keep us from stopping what runs.
            with contextlib.suppress(OSError, ValueError):
                print(f"{mark} {line}", flush=True)

    def close(self) -> None:
        self._file.close()


class Group:
    """Starts programs, passes on what they say, and notices signals and deaths.

    One thread: a selector waits for output and for signals alike.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self.members: list[Member] = []
        self.stop_requests = 0
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._wake_write)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note_stop)
        # Under nohup the end of the terminal is not ours.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note_stop)
        # Only to wake the selector: children are asked for their end by poll().
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_requests += 1

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> Member:
        read, write = os.pipe()
        os.set_blocking(read, False)
        try:
            process = spawn(command, log=write, environment=environment)
        finally:
            os.close(write)
        member = Member(name, process, read)
        self.members.append(member)
        self._selector.register(read, selectors.EVENT_READ, member)
        return member

    def pump(self, seconds: float) -> None:
        """Wait for something to happen, at most so long, and pass on what was said."""
        for key, _events in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            else:
                self._read(key.data)

    def run(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> int:
        """Run one program to its end, or to ours; return its exit code."""
        member = self.start(name, command, environment)
        while member.process.poll() is None and not self.stop_requests:
            self.pump(0.5)
        if member.process.poll() is None:
            self.stop_all(10)
        self._forget(member)
        return member.process.wait()

    def first_dead(self) -> Member | None:
        return next((member for member in self.members if member.process.poll() is not None), None)

    def stop_all(self, seconds: float) -> None:
        """Ask all to stop, wait, then kill what is left with all its own children."""
        for member in self.members:
            if member.process.poll() is None:
                member.process.terminate()
        requests = self.stop_requests
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(member.process.poll() is None for member in self.members):
            self.pump(0.2)
            if self.stop_requests > requests:
                self.log.say("Stopping at once.")
                break
        for member in list(self.members):
            kill_group(member.process)
            self._forget(member)

    def _forget(self, member: Member) -> None:
        self._read(member)
        if member.rest:
            self.log.say(member.rest.decode(errors="replace"), name=member.name)
        self._close(member)
        if member in self.members:
            self.members.remove(member)

    def _close(self, member: Member) -> None:
        if member.is_open:
            member.is_open = False
            self._selector.unregister(member.output)
            os.close(member.output)

    def _read(self, member: Member) -> None:
        if not member.is_open:
            return
        while True:
            try:
                chunk = os.read(member.output, 65536)
            except BlockingIOError:
                return
            if not chunk:
                self._close(member)
                return
            *lines, member.rest = (member.rest + chunk).split(b"\n")
            for line in lines:
                self.log.say(line.decode(errors="replace").rstrip(), name=member.name)

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import pytest

from voltgo.local.environment import ROOT
from voltgo.local.redis_server import free_port

pytestmark = pytest.mark.slow


class Portal:
    """One `bin/up` in a folder of its own."""

    def __init__(self, var: Path, *arguments: str) -> None:
        self.var = var
        self.port = free_port()
        self.said = var.parent / "said.txt"
        ours = ("DATABASE_URL", "REDIS_URL", "VOLTGO_ENV", "DJANGO_SETTINGS_MODULE", "VOLTGO_TEST_DATABASE")
        self.environment = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment["VOLTGO_VAR_DIR"] = str(var)
        command = [sys.executable, "-m", "voltgo.local.up", "--no-demo", "--port", str(self.port), *arguments]
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 90
        while "VoltGo is ready" not in self.words():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"bin/up did not start:\n{self.words()}")
            time.sleep(0.2)

    def words(self) -> str:
        return self.said.read_text()

    def descendants(self) -> list[str]:
        """Command lines of everything on this machine that works for this portal."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                variables = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = (process / "cwd").readlink()
            except OSError:
                continue
            # Redis writes its title over its variables, but works in its folder.
            is_server = place.is_relative_to(self.var)
            if f"VOLTGO_VAR_DIR={self.var}".encode() in variables.split(b"\0") or is_server:
                found.append(command)
        return found

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    with TemporaryDirectory(prefix="voltgo-up-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "var"


@pytest.fixture(scope="module")
def portal(var: Path) -> Iterator[Portal]:
    portal = Portal(var)
    portal.wait_until_ready()
    yield portal
    if portal.process.poll() is None:
        portal.end(signal.SIGINT)


def test_one_command_brings_up_web_worker_and_beat(portal: Portal) -> None:
    with urlopen(f"http://127.0.0.1:{portal.port}/readyz", timeout=10) as answer:
        assert json.load(answer) == {"status": "ready"}
    running = " ".join(portal.descendants())

    for program in (
        "gunicorn",
        "celery --quiet --app voltgo worker",
        "celery --quiet --app voltgo beat",
        "redis",
        "payment_sandboxes",
    ):
        assert program in running


def test_the_local_providers_answer_where_the_printed_lines_say(portal: Portal) -> None:
    for label in ("VNPay", "MoMo", "payOS", "Stripe"):
        line = next(line for line in portal.words().splitlines() if f"{label} (test)" in line)
        with urlopen(line.split()[-1], timeout=10) as page:
            assert f"{label} (thử)" in page.read().decode()


def test_a_second_terminal_speaks_to_the_running_servers(portal: Portal) -> None:
    asked = subprocess.run(
        [sys.executable, "manage.py", "showmigrations", "--plan", "core"],
        cwd=ROOT, env=portal.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert asked.returncode == 0, asked.stderr
    assert "[X]  core.0001_initial" in asked.stdout


def test_a_second_start_in_the_same_folder_says_where_the_first_runs(portal: Portal) -> None:
    second = Portal(portal.var)

    assert second.process.wait(30) == 1
    assert f"already running from this folder: http://127.0.0.1:{portal.port}" in second.words()


def test_when_a_part_dies_the_rest_stops_and_says_which(portal: Portal) -> None:
    beat = next(pid for pid in _pids_of(portal) if b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(beat, signal.SIGKILL)

    assert portal.process.wait(40) == 1
    assert "VoltGo stops: beat ended unexpectedly (exit code -9)" in portal.words()
    assert portal.descendants() == []


def test_ctrl_c_stops_everything_and_the_next_start_finds_its_data(portal: Portal, var: Path) -> None:
    if portal.process.poll() is None:
        portal.end(signal.SIGINT)
    again = Portal(var)
    again.wait_until_ready()
    code = again.end(signal.SIGINT)

    assert code == 0
    assert "Stopping. The data stays." in again.words()
    assert "Bringing the tables up to date" not in again.words()
    assert again.descendants() == []
    assert not (var / "run" / "environment.json").exists()


def test_a_taken_port_is_named_with_a_free_one(var: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        start = Portal(var.parent / "other", "--port", str(taken))
        assert start.process.wait(30) == 1

    assert f"Port {taken} on 127.0.0.1 is taken" in start.words()
    assert "bin/up --port " in start.words()


def test_starting_over_needs_a_clear_yes(var: Path) -> None:
    start = Portal(var.parent / "other", "--fresh")

    assert start.process.wait(30) == 1
    assert "Add --yes to say that you mean it." in start.words()


def _pids_of(portal: Portal) -> list[int]:
    children = Path(f"/proc/{portal.process.pid}/task/{portal.process.pid}/children").read_text()
    return [int(pid) for pid in children.split()]

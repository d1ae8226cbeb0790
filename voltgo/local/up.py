"""Second half of `bin/up`: starts the servers and VoltGo's processes, and stops them in order."""

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from voltgo.local import prepare
from voltgo.local.environment import ROOT, read_dotenv, running_note, var_folder
from voltgo.local.group import Group, Log
from voltgo.local.postgres_server import PostgresServer
from voltgo.local.processes import CannotStart
from voltgo.local.redis_server import RedisServer, free_port
from voltgo.local.sandboxes import Sandboxes

DATABASE = "voltgo"
# Pictures of papers come and go in megabytes; one arena that gives back what is free keeps the reader small.
ENVIRONMENTS = {
    "worker": {
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_TRIM_THRESHOLD_": "65536",
        "MALLOC_MMAP_THRESHOLD_": "65536",
        "OMP_THREAD_LIMIT": "1",
    }
}
READY_SECONDS = 90
STOP_SECONDS = 12
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (compared, never bound unless asked)


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    read_dotenv(ROOT / ".env")
    var = var_folder()
    try:
        (var / "run").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _complain(
            f"{var} cannot be written ({error.strerror}). Set VOLTGO_VAR_DIR to a folder of yours."
        )
    with _only_one(var / "run" / "up.lock") as earlier:
        if earlier is not None:
            return _complain(f"VoltGo is already running from this folder: {earlier}")
        return Launch(options, var).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/up", add_help=False)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("--no-demo", dest="demo", action="store_false")
    return parser


def _complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[str | None]:
    """Hold the folder's lock; yield what the holder wrote into it if somebody else has it."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            yield file.read().strip() or "it is just starting."
            return
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield None
        file.truncate(0)


class Launch:
    """One run of `bin/up`, from the first check to the last process stopped."""

    def __init__(self, options: argparse.Namespace, var: Path) -> None:
        self.options = options
        self.var = var
        self.log = Log(var / "log" / "voltgo.log")
        self.group = Group(self.log)
        self.postgres = self.redis = None
        if not os.environ.get("DATABASE_URL"):
            self.postgres = PostgresServer(var / "postgres", log=var / "log" / "postgres.log")
        if not os.environ.get("REDIS_URL"):
            self.redis = RedisServer(var / "redis", log=var / "log" / "redis.log")
        self.environment = dict(os.environ)
        self.started = time.monotonic()
        self.is_ready = False

    def run(self) -> int:
        try:
            self._check_ports()
            if self.options.fresh and not self._forget_everything():
                return 1
            self._start_servers()
            self._prepare()
            self._start_processes()
            self._wait_until_ready()
            if not self.group.stop_requests:
                self._greet()
            return self._watch()
        except Interrupted:
            return 0
        except CannotStart as problem:
            self.log.say(f"{'VoltGo stops' if self.is_ready else 'VoltGo could not start'}: {problem}")
            return 1
        finally:
            self._stop()

    # --- before ---------------------------------------------------------------------------------
    def _check_ports(self) -> None:
        _refuse_taken_port(self.options.host, self.options.port, "--port")
        self.sandboxes = Sandboxes.planned(os.environ, but=self.options.port)

    def _forget_everything(self) -> bool:
        if self.postgres is None or self.redis is None:
            raise CannotStart("--fresh empties only the embedded servers. Unset DATABASE_URL and REDIS_URL.")
        if not self.options.yes:
            if not sys.stdin.isatty():
                raise CannotStart("--fresh forgets all data. Add --yes to say that you mean it.")
            self.log.say(f"This deletes every booking, document and mail in {self.var}.")
            if input("Start over? Type yes: ").strip().lower() != "yes":
                self.log.say("Nothing was deleted.")
                return False
        self.postgres.remove()
        names = ("redis", "media", "mail", "settlements", "run/prepared", "run/seeded", "celerybeat-schedule")
        # What the local providers remember was paid in the data that is gone.
        for path in (*(self.var / name for name in names), *self.var.glob("*-sandbox.sqlite3")):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return True

    def _start_servers(self) -> None:
        if self.postgres is not None:
            if self.postgres.moved:
                self.log.say(
                    f"PostgreSQL cannot run as root; as the user 'voltgo' it keeps its data in {self.postgres.home}."
                )
            self.postgres.start()
            self.postgres.ensure_database(DATABASE)
            self.environment["DATABASE_URL"] = self.postgres.url(DATABASE)
        if self.redis is not None:
            self.redis.start()
            self.environment["REDIS_URL"] = self.redis.url
        self._stop_if_asked()
        public = _public_host(self.options.host)
        self.site = f"http://{public}:{self.options.port}"
        defaults = {
            "VOLTGO_ENV": "local",
            "VOLTGO_VAR_DIR": str(self.var),
            "DJANGO_SETTINGS_MODULE": "voltgo.settings",
            "SITE_URL": self.site,
            "ALLOWED_HOSTS": f"127.0.0.1,localhost,[::1],{public}",
            "WEB_BIND": f"{self.options.host}:{self.options.port}",
            "PYTHONUNBUFFERED": "1",
            # Celery warns root at length; a laptop's container has nobody else.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        defaults |= self.sandboxes.variables()
        # The local providers drop their files here on the day after.
        defaults["SETTLEMENT_INBOX"] = str(self.var / "settlements")
        self.environment = defaults | self.environment
        self._note_environment(defaults)

    def _note_environment(self, defaults: dict[str, str]) -> None:
        """Leave our variables for `manage.py` in a second terminal."""
        note = running_note()
        names = [*defaults, "DATABASE_URL", "REDIS_URL"]
        note.touch(mode=0o600)
        note.write_text(
            json.dumps({name: self.environment[name] for name in names if not name.startswith("PYTHON")})
        )

    def _prepare(self) -> None:
        """Migrate, collect and seed, unless nothing has changed since the last start."""
        done = self.var / "run" / "prepared"
        wanted = prepare.fingerprint(demo=self.options.demo) + self._cluster()
        if self.postgres is not None and done.exists() and done.read_text() == wanted:
            return
        command = [
            sys.executable,
            "-m",
            "voltgo.local.prepare",
            *([] if self.options.demo else ["--no-demo"]),
        ]
        code = self.group.run("prepare", command, self.environment)
        self._stop_if_asked()
        if code != 0:
            raise CannotStart("Preparing the tables, files or demo data failed; the lines above say why.")
        # Translations are compiled now, which is part of the fingerprint.
        done.write_text(prepare.fingerprint(demo=self.options.demo) + self._cluster())

    def _cluster(self) -> str:
        """Tell one database cluster from another that took its place."""
        if self.postgres is None:
            return ""
        birth = (self.postgres.data / "PG_VERSION").stat()
        return f" {birth.st_ino} {birth.st_mtime_ns}"

    # --- running ----------------------------------------------------------------------------------
    def _start_processes(self) -> None:
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "--quiet", "--app", "voltgo"]
        manage = [sys.executable, str(ROOT / "manage.py")]
        commands = {
            "web": [
                *python,
                "gunicorn",
                "--config",
                "python:voltgo.web_server",
                "--graceful-timeout",
                "5",
                "voltgo.wsgi",
            ],
            "worker": [
                *celery,
                "worker",
                "--concurrency",
                "2",
                "--loglevel",
                "INFO",
                "--without-gossip",
                "--without-mingle",
            ],
            "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""],
        }
        if self.sandboxes.providers:
            commands["payments"] = [*manage, *self.sandboxes.command()]
        for name, command in commands.items():
            self.group.start(name, command, self.environment | ENVIRONMENTS.get(name, {}))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.group.stop_requests and not (
            _answers(self.options.host, self.options.port) and self.sandboxes.answer()
        ):
            self._refuse_deaths()
            if time.monotonic() > deadline:
                raise CannotStart(f"The portal did not answer within {READY_SECONDS} s.")
            self.group.pump(0.2)

    def _watch(self) -> int:
        while not self.group.stop_requests:
            self._refuse_deaths()
            self.group.pump(1.0)
        self.log.say("Stopping. The data stays.")
        return 0

    def _refuse_deaths(self) -> None:
        dead = self.group.first_dead()
        if dead is not None:
            raise CannotStart(f"{dead.name} ended unexpectedly (exit code {dead.process.returncode}).")
        for name, server in (("PostgreSQL", self.postgres), ("Redis", self.redis)):
            if server is not None and server.has_stopped():
                raise CannotStart(f"{name} ended unexpectedly; see {server.log}.")

    def _stop_if_asked(self) -> None:
        if self.group.stop_requests:
            raise Interrupted

    def _greet(self) -> None:
        self.is_ready = True
        with (self.var / "run" / "up.lock").open("w") as note:
            note.write(f"{self.site} (process {os.getpid()})")
        lines = ["", f"VoltGo is ready: {self.site} (after {time.monotonic() - self.started:.1f} s)", ""]
        lines += [f"  station tablet  {self.site}/station/", f"  administration  {self.site}/admin/"]
        lines += [f"  API             {self.site}/api/docs/", f"  mail            {self.var / 'mail'}"]
        lines += [f"  this log        {self.var / 'log' / 'voltgo.log'}", *self.sandboxes.lines(), ""]
        if (self.var / "run" / "seeded").exists():
            lines += self._logins()
        self.log.say("\n".join([*lines, "Ctrl-C stops everything.", ""]))

    def _logins(self) -> list[str]:
        from rentals.demo.logins import DEMO_PASSWORD, DEMO_PIN, demo_logins

        head = f"Sign in at {self.site}/account/login/ with one of these, password {DEMO_PASSWORD}:"
        tablet = f"A supervisor enrols a tablet at {self.site}/station/tablets/; staff named here have PIN {DEMO_PIN}."
        return [
            head,
            "",
            *(f"  {email:<34} {label}" for label, email, _password in demo_logins()),
            "",
            tablet,
            "",
        ]

    # --- after --------------------------------------------------------------------------------------
    def _stop(self) -> None:
        self.group.stop_all(STOP_SECONDS)
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()
        running_note().unlink(missing_ok=True)
        self.log.say("Stopped.")
        self.log.close()


class Interrupted(Exception):
    """Somebody pressed Ctrl-C while we were still starting."""


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections of an earlier run that are only fading away are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _refuse_taken_port(host: str, port: int, option: str) -> None:
    if _is_free(host, port):
        return
    other = next(
        (candidate for candidate in range(port + 10, port + 200, 10) if _is_free(host, candidate)),
        free_port(),
    )
    raise CannotStart(
        f"Port {port} on {host} is taken by another program, or not yours to open. "
        f"Stop that program, or choose another port: bin/up {option} {other}"
    )


def _public_host(host: str) -> str:
    """Return the address that a browser should use for what is bound to `host`."""
    if host not in EVERYWHERE:
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # No packet is sent: it only asks which interface leads out.
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1" if host in EVERYWHERE else host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

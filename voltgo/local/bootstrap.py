"""First half of `bin/up` and `bin/test`: makes .venv whole, sees to system libraries, then goes on inside it.

Runs under any Python from 3.11 on with nothing but its standard library, so it imports nothing of ours.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from ctypes import CDLL
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "voltgo.json"
LOCK = ROOT / "var" / "install.lock"
OLDEST = (3, 11)

USAGE = {
    "up": """\
bin/up: start VoltGo on this machine. Ctrl-C stops everything; the data stays.

  --port N        address of the portal (8000)
  --host H        interface to listen on (127.0.0.1; 0.0.0.0 lets a phone in the same network in)
  --fresh         forget all data and start over; asks first, unless --yes
  --yes           do not ask
  --no-demo       start with empty tables instead of the demo city

DATABASE_URL and REDIS_URL, if set, are used instead of the embedded servers; a file .env is read.
""",
    "test": """\
bin/test: run everything that must hold. `bin/test PATH...` runs pytest on one part.

  bin/test                                  linters, types, imports, migrations, all tests
  bin/test tests/unit                       one folder
  bin/test tests/unit/core/test_money.py    one file; file.py::test_name runs one test
  bin/test tests/unit -k word -x            pytest's own options follow the path

DATABASE_URL and REDIS_URL, if set, are used instead of throw-away servers.
""",
}
SECOND_HALF = {"up": "voltgo.local.up", "test": "voltgo.local.check_all"}
REQUIREMENTS = {"up": ["requirements.txt"], "test": ["requirements.txt", "requirements-dev.txt"]}


class Stop(Exception):
    """Something is in the way; the text says what and how to cure it."""


def main(command: str, arguments: list[str]) -> None:
    if "--help" in arguments or "-h" in arguments:
        print(USAGE[command])
        return
    os.umask(0o022)
    _refuse_read_only()
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        _take_turn(lock.fileno())
        ensure_system_packages(command)
        ensure_environment(REQUIREMENTS[command])
    arguments = [_from_root(argument) for argument in arguments] if command == "test" else arguments
    os.chdir(ROOT)
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):
        os.environ.pop(name, None)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", SECOND_HALF[command], *arguments])  # noqa: S606 (our own)


def say(text: str) -> None:
    print(f"\033[36m•\033[0m {text}" if sys.stdout.isatty() else f"* {text}", flush=True)


def _from_root(argument: str) -> str:
    """Rewrite a path given from where the caller stands as one from the root of the checkout."""
    path, separator, test = argument.partition("::")
    if argument.startswith("-") or not Path(path).exists():
        return argument
    absolute = Path(path).resolve()
    return f"{absolute.relative_to(ROOT)}{separator}{test}" if absolute.is_relative_to(ROOT) else argument


def _refuse_read_only() -> None:
    if not os.access(ROOT, os.W_OK):
        raise Stop(
            f"{ROOT} is not writable (a read-only disk, or another user's folder).\n"
            f"Copy it to a place of your own and start there:\n"
            f"    git clone {shlex.quote(str(ROOT))} ~/voltgo && cd ~/voltgo && bin/up"
        )


def _take_turn(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("Another bin/up or bin/test is installing in this folder; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


# --- Python packages -------------------------------------------------------------------------------
def ensure_environment(requirements: list[str]) -> None:
    """Bring .venv in line with the requirement files; a stamp written at the very end says that it is."""
    wanted = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in requirements}
    version = _version_of(VENV_PYTHON)
    stamp = _read_stamp(version)
    if all(stamp.get(name) == digest for name, digest in wanted.items()):
        return
    if VENV.exists() and not _is_sound(version):
        say("Found an unfinished or moved Python environment (.venv); making it anew.")
        _remove_environment()
    if not VENV.exists():
        _make_environment()
        version = _version_of(VENV_PYTHON)
    STAMP.unlink(missing_ok=True)
    _install([name for name in requirements if stamp.get(name) != wanted[name]][-1])
    STAMP.write_text(json.dumps({"path": str(VENV), "python": version, "installed": stamp | wanted}))


def _version_of(python: Path) -> str:
    """Return e.g. "3.11", or nothing if that interpreter does not run."""
    try:
        asked = subprocess.run(
            [python, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _read_stamp(version: str) -> dict[str, str]:
    """Return which requirements are installed; nothing if the folder was moved or its Python replaced."""
    try:
        stamp = json.loads(STAMP.read_text())
        if stamp["path"] == str(VENV) and stamp["python"] == version:
            return dict(stamp["installed"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _is_sound(version: str) -> bool:
    """Tell whether .venv can be installed into: its Python runs, knows this place and has pip."""
    if not version or tuple(int(part) for part in version.split(".")) < OLDEST:
        return False
    asked = subprocess.run(
        [VENV_PYTHON, "-I", "-c", "import sys, pip; print(sys.prefix)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        belongs_here = json.loads(STAMP.read_text())["path"] == str(VENV)
    except (OSError, ValueError, KeyError, TypeError):
        belongs_here = True
    return asked.returncode == 0 and Path(asked.stdout.strip()) == VENV and belongs_here


def _remove_environment() -> None:
    if not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()) and not (VENV / "bin").exists():
        raise Stop(f"{VENV} holds something that is not a Python environment. Move it away and start again.")
    shutil.rmtree(VENV)


def _make_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        install_system_packages(
            ["python3-venv"], reason="Python's venv module is a package of its own on this system."
        )
    say(f"Making a Python environment in .venv (Python {sys.version.split()[0]}).")
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Stop(f"Python could not make an environment in {VENV}:\n{(made.stdout + made.stderr).strip()}")


def _install(requirements: str) -> None:
    say("Installing Python packages. The first time takes a minute or two.")
    progress = Progress()
    command: list[str | Path] = [
        VENV_PYTHON, "-m", "pip", "install", "--requirement", ROOT / requirements,
        "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
    ]  # fmt: skip
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    ) as pip:  # fmt: skip
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line.rstrip())
            progress.note_pip(line)
    progress.end()
    if pip.returncode != 0:
        raise Stop(_pip_failure(requirements, lines))


def _pip_failure(requirements: str, lines: list[str]) -> str:
    telling = [line for line in lines if "error" in line.lower()][-5:] or lines[-8:]
    listed = "\n".join(f"    {line[:300]}" for line in telling)
    cure = "Check the network, or pip's index setting"
    if any("No space left on device" in line for line in lines):
        cure = "VoltGo needs about 1 GB on this disk: free some space"
    return (
        f"pip could not install {requirements}. Its last words:\n{listed}\n"
        f"{cure}, then start again: it goes on where it stopped."
    )


class Progress:
    """One line that moves on a terminal; a line now and then in a file."""

    def __init__(self) -> None:
        self.packages = 0
        self._on_terminal = sys.stdout.isatty()
        self._last = time.monotonic()

    def note_pip(self, line: str) -> None:
        if line.startswith("Collecting "):
            self.packages += 1
            self._show(f"{self.packages} packages found: {line.split()[1]}")
        elif line.startswith("Installing collected"):
            self._show(f"{self.packages} packages found, unpacking them")

    def _show(self, text: str) -> None:
        if self._on_terminal:
            print(f"\r\033[K  {text[:76]}", end="", flush=True)
        elif time.monotonic() - self._last > 5 or "unpacking" in text:
            self._last = time.monotonic()
            print(f"  {text}", flush=True)

    def end(self) -> None:
        if self._on_terminal:
            print("\r\033[K", end="", flush=True)


# --- System libraries --------------------------------------------------------------------------------
@dataclass(frozen=True)
class SystemNeed:
    """One thing of the operating system: how to see whether it is there, and Debian's name for it."""

    packages: tuple[str, ...]
    library: str = ""
    program: tuple[str, ...] = ()
    # Patterns below the folders of fonts.
    files: tuple[str, ...] = ()
    # Patterns from the root of the disk, all of which must be there.
    paths: tuple[str, ...] = ()
    is_optional: bool = False

    def is_met(self) -> bool:
        if self.library:
            return _has_library(self.library)
        if self.program:
            return any(shutil.which(name) for name in self.program)
        if self.paths:
            return all(_is_on_disk(pattern) for pattern in self.paths)
        return any(_has_file(pattern) for pattern in self.files)


FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
)
TESSERACT_DATA = ("tesseract-ocr-eng", "tesseract-ocr-vie")
TESSERACT_FILES = (
    "usr/share/tesseract-ocr/*/tessdata/eng.traineddata",
    "usr/share/tesseract-ocr/*/tessdata/vie.traineddata",
)
NEEDS_TO_RUN = (
    # WeasyPrint lays contracts and receipts out with Pango.
    SystemNeed(("libpango-1.0-0",), library="libpango-1.0.so.0"),
    SystemNeed(("libpangoft2-1.0-0",), library="libpangoft2-1.0.so.0"),
    SystemNeed(("libharfbuzz-subset0",), library="libharfbuzz-subset.so.0"),
    # Any font with Vietnamese letters; pages and documents bring their own and fall back to this one.
    SystemNeed(("fonts-dejavu-core",), files=("**/*.ttf", "**/*.otf", "**/*.ttc")),
    # What the reader of identity papers knows of letters; without it a person types what stands on them.
    SystemNeed(TESSERACT_DATA, paths=TESSERACT_FILES, is_optional=True),
)
NEEDS_TO_TEST = (
    *NEEDS_TO_RUN,
    SystemNeed(("chromium",), program=("chromium", "chromium-browser", "google-chrome")),
    # Playwright's driver is linked against it.
    SystemNeed(("libatomic1",), library="libatomic.so.1"),
    # Synthetic identity cards are printed in the letters of real ones, and really read.
    SystemNeed(TESSERACT_DATA, paths=TESSERACT_FILES),
    SystemNeed(("fonts-ocr-b",), files=("**/OCRB*",)),
    SystemNeed(("fonts-dejavu-core",), files=("**/DejaVuSans-Bold.ttf",)),
    # pdftotext reads what a rendered contract says, pdfsig judges its seal.
    SystemNeed(("poppler-utils",), program=("pdftotext",)),
)
NEEDS = {"up": NEEDS_TO_RUN, "test": NEEDS_TO_TEST}


def missing_packages(needs: Iterable[SystemNeed], *, with_optional: bool) -> list[str]:
    return [
        package
        for need in needs
        if (with_optional or not need.is_optional) and not need.is_met()
        for package in need.packages
    ]


def ensure_system_packages(command: str) -> None:
    """Install as root what is missing; as an ordinary user say what an administrator should install."""
    required = missing_packages(NEEDS[command], with_optional=False)
    if not VENV.exists() and importlib.util.find_spec("ensurepip") is None:
        # Debian keeps Python's venv module in a package of its own.
        required.insert(0, "python3-venv")
    optional = [
        package for package in missing_packages(NEEDS[command], with_optional=True) if package not in required
    ]
    if required:
        packages = required + optional if _can_install() else required
        install_system_packages(packages, reason="Some packages of the operating system are missing.")
    elif optional and _can_install():
        _install_optional(optional)


def _install_optional(packages: list[str]) -> None:
    """Try once per package list; VoltGo runs without them."""
    tried = LOCK.parent / "optional-packages-tried"
    if tried.exists() and tried.read_text() == " ".join(packages):
        return
    try:
        install_system_packages(packages, reason="")
    except Stop as problem:
        say(f"Going on without {' '.join(packages)}: {str(problem).splitlines()[0]}")
    tried.write_text(" ".join(packages))


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_system_packages(packages: list[str], *, reason: str) -> None:
    """Install Debian packages as root.

    Raises:
        Stop: we may not, or apt-get failed; the text holds the command to run.
    """
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if not _can_install():
        if shutil.which("apt-get"):
            raise Stop(f"{reason} Run this, then start again:\n    sudo {' '.join(command)}")
        raise Stop(
            f"{reason} Install these with your system's package manager, then start again "
            f"(Debian's names): {' '.join(packages)}"
        )
    say(f"Installing system packages: {' '.join(packages)}.")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    install = ["apt-get", *options, *command[1:]]
    # Lists may be absent (a minimal image) or too old to find the packages they name.
    steps = [install] if any(Path("/var/lib/apt/lists").glob("*_Packages*")) else []
    steps += [["apt-get", *options, "update"], install]
    result = None
    for step in steps:
        result = subprocess.run(
            step, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        if step == install and result.returncode == 0:
            return
    assert result is not None
    last_words = "\n".join(f"    {line}" for line in result.stdout.splitlines()[-6:])
    raise Stop(
        f"apt-get could not install {' '.join(packages)}:\n{last_words}\nTry by hand: {' '.join(command)}"
    )


def _has_library(name: str) -> bool:
    if sys.platform == "darwin":
        name = name.replace(".so.0", ".0.dylib")
        return any((Path(folder) / name).exists() for folder in ("/opt/homebrew/lib", "/usr/local/lib"))
    try:
        CDLL(name)
    except OSError:
        return False
    return True


def _has_file(pattern: str) -> bool:
    return any(next(Path(folder).expanduser().glob(pattern), None) for folder in FONT_FOLDERS)


def _is_on_disk(pattern: str) -> bool:
    return next(Path("/").glob(pattern), None) is not None


def _explain(error: OSError) -> str:
    place = error.filename or str(ROOT)
    cures = {
        errno.ENOSPC: f"The disk is full ({place}). VoltGo needs about 1 GB. Free some space and start again.",
        errno.EDQUOT: f"Your disk quota is used up ({place}). Free some space and start again.",
        errno.EROFS: f"{place} lies on a read-only disk. Clone VoltGo to a writable one.",
        errno.EACCES: f"{place} may not be written by this user. Was an earlier start done as root? "
        f'Then: sudo chown -R "$(id -u)" {shlex.quote(str(ROOT))}',
    }
    return cures.get(error.errno or 0, f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except Stop as problem:
        sys.exit(f"\n{problem}")
    except OSError as problem:
        sys.exit(f"\n{_explain(problem)}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next start goes on from here.")

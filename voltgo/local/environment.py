"""Variables of a laptop: from the shell, else from `.env`, else from the `bin/up` that is running."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def adopt(*, root: Path = ROOT) -> None:
    """Fill unset variables so that `manage.py` in a second terminal speaks to the servers of `bin/up`."""
    read_dotenv(root / ".env")
    if "DATABASE_URL" not in os.environ and "REDIS_URL" not in os.environ:
        note = running_note(root)
        if note.exists():
            _fill(json.loads(note.read_text()))


def var_folder(root: Path = ROOT) -> Path:
    chosen = os.environ.get("VOLTGO_VAR_DIR", "").strip()
    return Path(chosen).expanduser().resolve() if chosen else root / "var"


def running_note(root: Path = ROOT) -> Path:
    """Where a running `bin/up` leaves its variables; it is gone when nothing runs."""
    return var_folder(root) / "run" / "environment.json"


def read_dotenv(file: Path) -> None:
    """Read NAME=value lines; the shell wins, `#` starts a comment line, quotes around a value go."""
    if not file.exists():
        return
    found: dict[str, str] = {}
    for line in file.read_text().splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    _fill(found)


def _fill(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        if value:
            os.environ.setdefault(name, value)

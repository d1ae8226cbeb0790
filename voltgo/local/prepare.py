"""What stands between fresh servers and a working portal: translations, tables, the demo city."""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from voltgo.local import translations
from voltgo.local.environment import ROOT, var_folder


def fingerprint(*, demo: bool) -> str:
    """Return what changes whenever one of the steps below has something to do."""
    digest = hashlib.sha256(f"demo={demo}".encode())
    for path in [
        ROOT / "requirements.txt",
        ROOT / "voltgo" / "settings.py",
        *sorted(ROOT.glob("*/migrations/*.py")),
    ]:
        digest.update(path.read_bytes())
    for path in sorted((ROOT / "voltgo" / "core" / "migrations").glob("*.py")):
        digest.update(path.read_bytes())
    for path in translations.sources():
        digest.update(f"{path}{path.stat().st_mtime_ns}{translations.is_stale(path)}".encode())
    return digest.hexdigest()


def main(*, demo: bool) -> None:
    with step("Compiling translations"):
        translations.compile_all()

    import django
    from django.core.management import call_command

    django.setup()
    with step("Bringing the tables up to date"):
        call_command("migrate", interactive=False, verbosity=0)
    if demo:
        _fill_demo_city()


def _fill_demo_city() -> None:
    """Seed a database without people; a seeding that was cut short is done again."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command, get_commands

    unfinished = var_folder() / "run" / "seeding"
    if "seed_demo" not in get_commands():
        return
    if unfinished.exists() or not get_user_model().objects.exists():
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.touch()
        with step("Filling in the demo city"):
            call_command("seed_demo")
        # Tells bin/up that the demo's logins work here.
        unfinished.replace(unfinished.with_name("seeded"))


@contextmanager
def step(name: str) -> Iterator[None]:
    print(f"{name} …", flush=True)
    started = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    main(demo="--no-demo" not in sys.argv[1:])

"""What a test run needs before Django is imported: test mode, a folder and servers of its own."""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from voltgo.local import translations
from voltgo.local.postgres_server import PostgresServer
from voltgo.local.processes import is_alive
from voltgo.local.redis_server import RedisServer

PREFIX = "voltgo-test-"


def prepare() -> None:
    """Set test mode, start what DATABASE_URL and REDIS_URL do not name, and set Django up.

    The parallel workers of one run inherit the servers of the process that started them.
    """
    os.environ["VOLTGO_ENV"] = "test"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        translations.compile_all()
        folder = _new_folder()
        os.environ["VOLTGO_TEST_FOLDER"] = str(folder)
        stack = ExitStack()
        atexit.register(stack.close)
        serve_for_tests(folder, stack)
    var = Path(os.environ["VOLTGO_TEST_FOLDER"]) / (worker or "main")
    os.environ["VOLTGO_VAR_DIR"] = str(var)
    var.mkdir(parents=True, exist_ok=True)

    import django

    django.setup()
    if worker is None:
        # Otherwise pytest-django reads the settings in a worker before it has its own folder.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def serve_for_tests(folder: Path, stack: ExitStack) -> None:
    """Start throw-away servers in a folder, set their addresses, and stop them when the stack closes."""
    if not os.environ.get("DATABASE_URL"):
        postgres = PostgresServer(folder / "postgres", log=folder / "postgres.log", throw_away=True)
        stack.callback(postgres.stop)
        postgres.start()
        os.environ["DATABASE_URL"] = postgres.url("postgres")
    if not os.environ.get("REDIS_URL"):
        redis = RedisServer(folder / "redis", log=folder / "redis.log", throw_away=True)
        stack.callback(redis.stop)
        redis.start()
        os.environ["REDIS_URL"] = redis.url


def _new_folder() -> Path:
    """Make a folder that is removed at the end, and remove those of runs that were killed."""
    base = Path(tempfile.gettempdir())
    for rest in base.glob(f"{PREFIX}*"):
        owner = rest.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(rest, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    # PostgreSQL may run as another user, who must be able to pass through.
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder

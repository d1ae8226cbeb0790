"""Second half of `bin/test`: everything that must hold, with the time each part took."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from voltgo.local import translations
from voltgo.local.environment import ROOT
from voltgo.local.processes import CannotStart
from voltgo.local.testing import serve_for_tests

# Real secrets of nobody: enough for `check --deploy` to judge the production settings.
PRODUCTION = {
    "VOLTGO_ENV": "production",
    "SECRET_KEY": "only-for-checking-Zq7mX2vK9pLw4tRn8sYb3cHd6fJg1aQe5uTi0oPk",
    "DATA_ENCRYPTION_KEYS": "only-for-checking-0123456789-0123456789-0123456789",
    "NUMBER_HASH_KEY": "only-for-checking-9876543210-9876543210-9876543210",
    "SITE_URL": "https://voltgo.example",
    "ALLOWED_HOSTS": "voltgo.example",
    "MEDIA_BUCKET": "voltgo-media",
    "DATA_KEY_PROVIDER": "alias/voltgo",
    "VNPAY_TMN_CODE": "CHECKING",
    "VNPAY_HASH_SECRET": "only-for-checking-0123456789-0123",
    "VNPAY_PAY_URL": "https://pay.vnpay.example/vpcpay.html",
    "VNPAY_API_URL": "https://pay.vnpay.example/merchant_webapi/api/transaction",
    "EMAIL_HOST": "mail.voltgo.example",
    "COMPANY_NAME": "Checking",
    "COMPANY_TAX_CODE": "0000000000",
    "COMPANY_ADDRESS": "Checking",
    "SEAL_KEY": "none",
    "TABLET_SIGNING_KEY": "b25seS1mb3ItY2hlY2tpbmctMDEyMzQ1Njc4OS0wMTI=",
}
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-q"]
# Migrating takes longer than copying what was migrated, and every worker of every part needs its own.
TEMPLATE = "voltgo_test_template"


@dataclass(frozen=True)
class Part:
    """One thing that must hold."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] | None = None


@dataclass
class Result:
    """How a part went."""

    name: str
    code: int
    seconds: float
    output: str = ""

    @property
    def passed(self) -> bool:
        return self.code == 0


def static_parts() -> list[Part]:
    """Everything that reads the code without running it, but for the types, which take longest."""
    templates = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    return [
        Part("lint (ruff check)", [PYTHON, "-m", "ruff", "check", "--output-format", "concise", "."]),
        Part(
            "format (ruff format)",
            [PYTHON, "-m", "ruff", "format", "--check", "--output-format", "concise", "."],
        ),
        Part("templates (djhtml)", [PYTHON, "-m", "djhtml", "--check", *templates]),
        Part(
            "imports (import-linter)",
            [PYTHON, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        ),
        Part("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
        Part("system checks", [PYTHON, "manage.py", "check", "--fail-level", "WARNING"]),
        Part(
            "system checks, production",
            [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            PRODUCTION,
        ),
    ]


def template_part() -> Part:
    """Migrate the database that every worker of the tests copies; a left-over of an earlier run is made anew."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        name = sql.Identifier(TEMPLATE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    parts = urlsplit(server)
    address = urlunsplit((parts.scheme, parts.netloc, f"/{TEMPLATE}", parts.query, ""))
    return Part("migrate", [PYTHON, "manage.py", "migrate", "--verbosity", "0"], {"DATABASE_URL": address})


def parts_beside() -> list[Part]:
    """What keeps the second core busy while the first one races: one after the other."""
    server = urlsplit(os.environ["REDIS_URL"])
    # Another database of each server: jobs and rows of the races are none of the browser's.
    own = {
        "VOLTGO_TEST_DATABASE": "test_voltgo_browser",
        "REDIS_URL": urlunsplit((server.scheme, server.netloc, "/1", server.query, "")),
    }
    return [
        Part("types (mypy)", [PYTHON, "-m", "mypy"]),
        Part("tests, browser", [*PYTEST, "tests/browser"], own),
    ]


def races() -> Part:
    """Real threads and processes against each other, in one pytest: jobs that they send are in one queue."""
    return Part("tests, concurrency", [*PYTEST, "tests/concurrency"])


def other_tests() -> Part:
    """Every other test, on both cores."""
    ignored = [f"--ignore=tests/{folder}" for folder in ("concurrency", "browser")]
    return Part("tests, in parallel", [*PYTEST, "-n", "2", "--dist", "worksteal", *ignored, "tests"])


def main(arguments: list[str]) -> int:
    # What a shell happens to hold must not change the verdict.
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "DJANGO_SETTINGS_MODULE", "MYPYPATH"):
        os.environ.pop(name, None)
    os.environ["VOLTGO_ENV"] = "test"
    translations.compile_all()
    if arguments:
        return subprocess.run([PYTHON, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode
    started = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voltgo-checks-")))
        # PostgreSQL may run as another user, who must be able to pass through.
        folder.chmod(0o711)
        serve_for_tests(folder, stack)
        os.environ["VOLTGO_VAR_DIR"] = str(folder / "var")
        results = _run_quietly([template_part(), *static_parts()])
        os.environ["VOLTGO_TEST_TEMPLATE"] = TEMPLATE
        with _threads(1) as pool:
            beside = [pool.submit(_run, part) for part in parts_beside()]
            results.append(_run_aloud(races()))
            for each in beside:
                results.append(each.result())
                _show(results[-1])
        results.append(_run_aloud(other_tests()))
    return _sum_up(results, time.monotonic() - started)


def _run_quietly(parts: list[Part]) -> list[Result]:
    """Run two parts at a time and show only what failed."""

    def run_and_show(part: Part) -> Result:
        result = _run(part)
        _show(result)
        return result

    with _threads(2) as pool:
        return list(pool.map(run_and_show, parts))


_running: set[subprocess.Popen[str]] = set()


@contextmanager
def _threads(number: int) -> Iterator[ThreadPoolExecutor]:
    """Run parts in threads; whoever interrupts us interrupts them too."""
    with ThreadPoolExecutor(max_workers=number) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(_running):
                process.send_signal(signal.SIGINT)
            raise


def _run(part: Part) -> Result:
    """Run a part and keep what it says."""
    begun = time.monotonic()
    process = subprocess.Popen(
        list(part.command), cwd=ROOT, env=os.environ | (part.environment or {}), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    _running.add(process)
    try:
        said, _ = process.communicate()
    finally:
        _running.discard(process)
    return Result(part.name, process.returncode, time.monotonic() - begun, said)


def _show(result: Result) -> None:
    said = "" if result.passed else f"\n{result.output.rstrip()}\n"
    print(f"{_verdict(result)}  {result.name} ({result.seconds:.1f} s){said}", flush=True)


def _run_aloud(part: Part) -> Result:
    """Run a part of the tests with its output passed straight on."""
    print(f"\n── {part.name} " + "─" * max(4, 76 - len(part.name)), flush=True)
    begun = time.monotonic()
    code = subprocess.run(list(part.command), cwd=ROOT, check=False).returncode
    return Result(part.name, code, time.monotonic() - begun)


def _verdict(result: Result) -> str:
    word = "ok    " if result.passed else "FAILED"
    if not sys.stdout.isatty():
        return word
    return f"\033[{'32' if result.passed else '31'}m{word}\033[0m"


def _sum_up(results: list[Result], seconds: float) -> int:
    print("\n── summary " + "─" * 68)
    for result in results:
        print(f"{_verdict(result)}  {result.name:<32} {result.seconds:7.1f} s")
    failed = [result for result in results if not result.passed]
    minutes, rest = divmod(round(seconds), 60)
    closing = f"{len(failed)} of {len(results)} parts failed" if failed else f"all {len(results)} parts hold"
    print(f"{closing}, {minutes} min {rest} s")
    return 1 if failed else 0


if __name__ == "__main__":
    # A build server ends us with SIGTERM: then the servers must end as they do at Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")

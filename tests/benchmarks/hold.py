"""The hold over HTTP against a bare SQL function that writes the same rows, side by side in one run.

    python -m tests.benchmarks.hold [--vehicles 4000] [--past 100000] [--clients 16] [--rounds 4] [--keep]

Builds a database of its own on the server of DATABASE_URL (`voltgo_benchmark_hold_<vehicles>_<past>`), verified
renters with sessions, and a fresh quote for each. Then, in turns:

- rows: the function `bare_rows` (tests/benchmarks/bare_hold.py), which writes the rows and judges nothing;
- bare: the function `bare_hold`, which does in one call all that the hold does in the database;
- sql: the same statements one by one in a transaction, prepared, through psycopg without Django;
- web: kept-alive connections post the hold's form to gunicorn, run as production runs it, with session, CSRF,
  sign-in, throttle, payment request and deposit; each is led to the page of its payment.

The first three use as many connections as the web server has threads, from as many processes. A hold promises nothing to the outbox (nobody is told before the money has come), so no side does.

Prints holds per second, p50 and p99, CPU per hold of the app and of PostgreSQL, and what one hold costs inside
one process: CPU and round trips to the database. Fails when web reaches less than 0.30 of bare, or the app takes
more than 6 ms of CPU or more than 7 statements. `--keep` leaves the database for the next run. Clients, server
and database share the machine: trust ratios and CPU, not holds per second.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import django

from tests.benchmarks.web import Reply, Server, cpu_seconds_of, production, send_all

PORT = int(os.environ.get("BENCHMARK_PORT", "8108"))
HOST = f"127.0.0.1:{PORT}"

if __name__ == "__main__":
    os.environ |= production(var_dir=tempfile.mkdtemp(prefix="voltgo-benchmark-"), host=HOST)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    django.setup()

from django.core.management import call_command  # noqa: E402 (after the setup)
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.access.actors import renter_actor  # noqa: E402
from accounts.users.models import User  # noqa: E402
from rentals.bookings.errors import VehicleUnavailable  # noqa: E402
from rentals.bookings.models import new_booking_code  # noqa: E402
from rentals.bookings.services import hold_booking  # noqa: E402
from rentals.pricing.models import Quote  # noqa: E402
from tests.benchmarks.bare_hold import Answer, BareClients, functions  # noqa: E402
from tests.benchmarks.fleet import Size, build  # noqa: E402
from tests.benchmarks.renters import Renter, make_renters, post_of  # noqa: E402

LEAST_RATIO = 0.30
MOST_CPU_MS = 6.0
MOST_QUERIES = 7
PROCESSES, THREADS = 2, 4
WARM_UP = 200
SWEEP = "UPDATE stations_vehicleallocation SET state = 'expired' WHERE state = 'held' AND hold_expires_at <= now()"
SERVICE_CALLS = 200
PAYMENT = "/payments/"


@dataclass
class Series:
    """What one contestant did over all rounds."""

    name: str
    rates: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    app_cpu: float = 0.0
    database_cpu: float = 0.0
    client_cpu: float = 0.0
    held: int = 0
    refused: int = 0

    def note(
        self, answers: Sequence[Answer], wall: float, *, app: float, database: float, client: float
    ) -> None:
        held = sum(answer.is_held for answer in answers)
        self.rates.append(held / wall)
        self.seconds += [answer.seconds for answer in answers if answer.is_held]
        self.app_cpu += app
        self.database_cpu += database
        self.client_cpu += client
        self.held += held
        self.refused += len(answers) - held

    @property
    def app_ms(self) -> float:
        return self.app_cpu / self.held * 1000

    @property
    def whole_ms(self) -> float:
        """The CPU of one hold: client, app and database together."""
        return (self.app_cpu + self.database_cpu + self.client_cpu) / self.held * 1000

    @property
    def database_ms(self) -> float:
        return self.database_cpu / self.held * 1000

    def __str__(self) -> str:
        cuts = statistics.quantiles(self.seconds, n=100)
        app = f"app {self.app_ms:5.2f} ms" if self.app_cpu else " " * 12
        return (
            f"{self.name:5} {statistics.median(self.rates):6.0f} holds/s ({min(self.rates):.0f} to "
            f"{max(self.rates):.0f})  p50 {cuts[49] * 1000:5.1f} ms  p99 {cuts[98] * 1000:6.1f} ms  CPU a hold: "
            f"{app}, PostgreSQL {self.database_ms:.2f} ms, in all {self.whole_ms:.2f} ms  refused {self.refused}"
        )


def backends() -> list[int]:
    """Return the processes of PostgreSQL that serve this database, but for our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def measured(
    series: Series,
    run: Callable[[], Sequence[Answer]],
    *,
    app_cpu: Callable[[], float],
    client_cpu: Callable[[], float],
) -> None:
    """Run one round and note what it took, the database's processes included."""
    # As beat does every minute: only in the first seconds of a run would a hold have to sweep.
    with connection.cursor() as cursor:
        cursor.execute(SWEEP)
    before = {pid: cpu_seconds_of(pid) for pid in backends()}
    app_before, client_before, started = app_cpu(), client_cpu(), time.perf_counter()
    answers = run()
    wall = time.perf_counter() - started
    app, client = app_cpu() - app_before, client_cpu() - client_before
    database = sum(cpu_seconds_of(pid) - before.get(pid, 0.0) for pid in backends())
    series.note(answers, wall, app=app, database=database, client=client)


def post_all(renters: Sequence[Renter], clients: int) -> list[Answer]:
    """Let each renter press the button; held is who was led to the payment."""
    replies = send_all(PORT, [post_of(renter, host=HOST) for renter in renters], clients=clients)
    failed = Counter(reply.status for reply in replies if reply.status not in {302, 409})
    if failed:
        raise RuntimeError(f"unexpected answers: {dict(failed)}")
    return [Answer(_is_held(reply), reply.seconds) for reply in replies]


def _is_held(reply: Reply) -> bool:
    return reply.status == 302 and reply.location.startswith(PAYMENT)


def call_all(clients: BareClients, function: str, renters: Sequence[Renter]) -> list[Answer]:
    return clients.run(
        function, [(renter.quote_id, renter.user_id, new_booking_code()) for renter in renters]
    )


def contest(count: int, rounds: int, each: int) -> list[Series]:
    """Let the contestants hold in turns; return what each did: rows, bare, sql, web."""
    rows, bare, sql, web = (Series(name) for name in ("rows", "bare", "sql", "web"))
    hands = make_renters(4 * (WARM_UP + rounds * each))

    def dealt(cards: int) -> list[Renter]:
        return [hands.pop() for _ in range(cards)]

    with ExitStack() as stack:
        server = Server(PORT, {"DATABASE_URL": database_url()}, processes=PROCESSES, threads=THREADS)
        stack.callback(server.stop)
        clients = BareClients(PROCESSES, THREADS, database_address())
        stack.callback(clients.stop)
        by_function = {"bare_rows": rows, "bare_hold": bare, "transaction": sql}
        for function in by_function:
            call_all(clients, function, dealt(WARM_UP))
        post_all(dealt(WARM_UP), count)
        for _ in range(rounds):
            for function, series in by_function.items():
                run = partial(call_all, clients, function, dealt(each))
                measured(series, run, app_cpu=float, client_cpu=clients.cpu_seconds)
            run = partial(post_all, dealt(each), count)
            measured(web, run, app_cpu=server.cpu_seconds, client_cpu=time.process_time)
    return [rows, bare, sql, web]


def database_address() -> dict[str, Any]:
    """Return what psycopg needs to reach the benchmark's database."""
    known = connection.get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "password", "host", "port") if known.get(name)}


def database_url() -> str:
    """Return the address of the benchmark's database."""
    name = str(connection.settings_dict["NAME"])
    return os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + name


@dataclass(frozen=True, slots=True)
class Inside:
    """What one hold costs within one process: the service alone, and the whole request."""

    service_ms: float
    request_ms: float
    queries: list[str]


def inside() -> Inside:
    """Hold in this process, as the view does, and count what it takes."""
    from django.test import Client

    renters = make_renters(2 * SERVICE_CALLS + 20)
    prepared = [(User.objects.get(pk=r.user_id), Quote.objects.get(pk=r.quote_id)) for r in renters[20::2]]
    for user, quote in prepared[:20]:
        _hold(user, quote)
    prepared = prepared[20:]
    started = time.process_time()
    for user, quote in prepared:
        _hold(user, quote)
    service = (time.process_time() - started) / len(prepared)
    client = Client(enforce_csrf_checks=True, headers={"x-forwarded-proto": "https", "host": HOST})
    with CaptureQueriesContext(connection) as captured:
        _press(client, renters[15])
    # Read at once: the next request empties the list.
    queries = [query["sql"] for query in captured]
    started = time.process_time()
    for renter in renters[21::2]:
        _press(client, renter)
    request = (time.process_time() - started) / len(renters[21::2])
    return Inside(service * 1000, request * 1000, queries)


def _hold(user: User, quote: Quote) -> None:
    # Now and then the random quotes want the same vehicle.
    with suppress(VehicleUnavailable):
        hold_booking(renter=user, quote=quote, idempotency_key=f"web:{quote.pk}", by=renter_actor(user))


def _press(client: object, renter: Renter) -> None:
    head, _, body = post_of(renter, host=HOST).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    kind = headers.pop("Content-Type")
    path = head.decode().split(" ", 2)[1]
    client.post(path, body.decode(), content_type=kind, headers=headers)  # type: ignore[attr-defined]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--vehicles", type=int, default=4_000)
    options.add_argument("--past", type=int, default=100_000)
    options.add_argument("--clients", type=int, default=16, help="HTTP connections")
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--each", type=int, default=600, help="holds per round and contestant")
    options.add_argument("--keep", action="store_true", help="leave the database for the next run")
    options.add_argument("--show-queries", action="store_true")
    chosen = options.parse_args()
    size = Size(chosen.vehicles, chosen.past)
    database = f"voltgo_benchmark_hold_{chosen.vehicles}_{chosen.past}"

    # The page of a refusal names static files by their hash.
    call_command("collectstatic", interactive=False, verbosity=0)
    connection.settings_dict["TEST"]["NAME"] = database
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=chosen.keep)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM stations_vehicle)")
            if not cursor.fetchone()[0]:
                build(size)
            for function in functions():
                cursor.execute(function)
            cursor.execute(SWEEP)
            cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
            fsync, commit = cursor.fetchone()
        print(f"{size}; {chosen.clients} clients; fsync {fsync}, synchronous_commit {commit}")
        within = inside()
        contestants = contest(chosen.clients, chosen.rounds, chosen.each)
    finally:
        if not chosen.keep:
            connection.creation.destroy_test_db(database, verbosity=0)
    return report(contestants, within, show=chosen.show_queries)


def ratio_of(web: Series, other: Series) -> float:
    return statistics.median(ours / theirs for ours, theirs in zip(web.rates, other.rates, strict=True))


def report(contestants: list[Series], within: Inside, *, show: bool) -> int:
    """Print the figures; return 1 if one of them misses its target."""
    rows, bare, sql, web = contestants
    print(*contestants, sep="\n")
    for other in (bare, sql, rows):
        print(
            f"web to {other.name}: {ratio_of(web, other):.2f} of the holds a second, {other.whole_ms / web.whole_ms:.2f} by CPU"
        )
    print(
        f"in one process: service {within.service_ms:.2f} ms, whole request {within.request_ms:.2f} ms of CPU, "
        f"{len(within.queries)} statements to the database"
    )
    ratio = ratio_of(web, bare)
    if show:
        print("\n".join(f"  {query[:260]}" for query in within.queries))
    failures = []
    if ratio < LEAST_RATIO:
        failures.append(f"the endpoint reaches {ratio:.2f} of the bare function, wanted {LEAST_RATIO}")
    if web.app_ms > MOST_CPU_MS:
        failures.append(f"a hold takes {web.app_ms:.1f} ms of CPU in the app, allowed {MOST_CPU_MS}")
    if len(within.queries) > MOST_QUERIES:
        failures.append(f"a hold takes {len(within.queries)} statements, allowed {MOST_QUERIES}")
    print("\n".join(failures) or "within the targets")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

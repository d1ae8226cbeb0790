"""Workers that die in the middle of a contract job: real processes, a real broker, a real SIGKILL."""

import hashlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from celery import current_app
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, connections

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts import handover
from rentals.contracts.enums import CONTRACT, ContractEventKind, ContractState, Signer
from rentals.contracts.models import Contract, ContractSignature
from rentals.contracts.services import draft_contract, ensure_rendered, render_signed_copy, sign
from rentals.contracts.services.evidence import check_chain
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter, make_user
from tests.factories.handovers import STROKES, signature_image
from tests.factories.rentals import make_booking, make_tariff
from tests.factories.stations import make_car_model, make_post, make_vehicle
from voltgo.core import clock, outbox, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.models import OutboxMessage
from voltgo.core.sealing import SealState, judge
from voltgo.core.tasks import sweep_outbox

WORKER = "tests.concurrency.rentals.contracts.pausing_worker"
PATIENCE_SECONDS = 150
# Long enough to be anywhere between the first query and the last commit of a job.
LONGEST_LIFE_SECONDS = 1.5
MOMENTS = 10
FOUND: handover.HandoverRecord = {
    "odometer_km": 12_000,
    "battery_percent": 90,
    "inspected_by": "Bùi Quang Huy",
    "completed_at": "2026-11-24T01:00:00+00:00",
    "note": "",
    "checked": [],
    "photos": [],
    "damages": [],
}


@pytest.fixture
def booking() -> Booking:
    model = make_car_model()
    make_tariff(model=model)
    return make_booking(renter=make_renter(), vehicle=make_vehicle(model=model))


@pytest.fixture
def signed(booking: Booking, monkeypatch: pytest.MonkeyPatch) -> Contract:
    """A contract that both have just signed; its copy is promised."""
    monkeypatch.setattr(handover, "_reader", lambda _booking: FOUND)
    staff = make_user()
    make_post(user=staff, station=booking.pickup_station)
    contract = ensure_rendered(draft_contract(booking=booking))
    OutboxMessage.objects.all().delete()
    by = Actor(ActorKind.STAFF, staff.public_id, staff.full_name)
    people: tuple[tuple[Signer, User], ...] = ((Signer.RENTER, booking.renter), (Signer.STAFF, staff))
    for signer, user in people:
        sign(
            contract=contract,
            signer=signer,
            user=user,
            image=signature_image(),
            strokes=STROKES,
            ip_address=None,
            device="test",
            by=by,
        )
    contract.refresh_from_db()
    return contract


# --- Real workers ------------------------------------------------------------------------------------


def worker_environment(**variables: str) -> dict[str, str]:
    """Point a worker to this test's own database and folder."""
    options = connection.get_connection_params()
    for name in ("context", "cursor_factory", "client_encoding", "prepare_threshold", "server_side_binding"):
        options.pop(name, None)
    parts = psycopg.conninfo.conninfo_to_dict(psycopg.conninfo.make_conninfo(**options))
    host, port = str(parts.get("host") or ""), parts.get("port") or 5432
    address = host.replace("/", "%2F") + ("" if host.startswith("/") else f":{port}")
    login = f"{parts.get('user')}:{parts.get('password') or ''}".rstrip(":")
    tail = f"?port={port}" if host.startswith("/") else ""
    return {
        **os.environ,
        "VOLTGO_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "voltgo.settings",
        "DATABASE_URL": f"postgres://{login}@{address}/{parts['dbname']}{tail}",
        "VOLTGO_VAR_DIR": str(settings.VAR_DIR),
        **variables,
    }


class Workers:
    """Starts real workers and sees to it that none is left."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "paused"
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *, pause_at: str = "keep") -> subprocess.Popen[bytes]:
        environment = worker_environment(VOLTGO_PAUSE_AT=pause_at, VOLTGO_PAUSE_MARK=str(self.mark))
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            WORKER,
            "worker",
            "--pool=prefork",
            "--concurrency=1",
        ]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
        log = (self.folder / f"worker-{len(self.started)}.log").open("wb")
        with log:
            worker = subprocess.Popen(
                [*command, *quiet],
                env=environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and its children, as a machine that loses its power does."""
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

    def stop_all(self) -> None:
        for worker in self.started:
            self.kill(worker)

    def said(self) -> str:
        return "\n".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("worker-*.log")))


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path)
    # What other tests have sent into a queue that nobody reads.
    current_app.control.purge()
    yield workers
    workers.stop_all()


def wait_until(fact: Callable[[], bool], workers: Workers) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        assert time.monotonic() < deadline, workers.said()
        time.sleep(0.05)


def let_the_lease_pass() -> None:
    """Two minutes later the sweeper may send again what nobody has finished."""
    OutboxMessage.objects.filter(done_at=None).update(available_at=clock.now())
    sweep_outbox()


def assert_exists_exactly_once(booking: Booking, *, signed: bool = False) -> Contract:
    contract = Contract.objects.get(booking=booking)
    wanted = ContractState.SIGNED if signed else ContractState.RENDERED
    assert contract.state == wanted
    assert [event.target for event in states.events_of(CONTRACT, contract)].count(wanted) == 1
    kept = {contract.file.name: contract.sha256}
    if signed:
        kept[contract.signed_file.name] = contract.signed_sha256
    folder = f"contracts/{booking.code}"
    assert {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]} == set(kept)
    content = b""
    for name, sha256 in kept.items():
        with default_storage.open(name or "") as file:
            content = file.read()
        assert hashlib.sha256(content).hexdigest() == sha256
    # Whatever was killed, the chain of evidence has each thing once and every link in its place.
    assert check_chain(contract).is_whole
    happened = list(contract.events.values_list("kind", flat=True))
    assert happened.count(ContractEventKind.RENDERED) == 1
    if signed:
        assert happened.count(ContractEventKind.SEALED) == 1
        assert judge(content).state == SealState.INTACT
        assert contract.seal["level"] == "PAdES-B-B"
    return contract


@pytest.mark.slow
@pytest.mark.parametrize("place", ["compose", "keep"])
def test_a_worker_killed_in_the_middle_of_a_contract_leaves_one_contract(
    booking: Booking, workers: Workers, place: str
) -> None:
    first = workers.start(pause_at=place)
    draft_contract(booking=booking)
    wait_until(workers.mark.exists, workers)
    workers.kill(first)
    contract = Contract.objects.get()
    assert (contract.state, contract.sha256) == (ContractState.DRAFT, "")

    workers.start()
    let_the_lease_pass()
    wait_until(lambda: OutboxMessage.objects.filter(done_at__isnull=False).exists(), workers)

    assert_exists_exactly_once(booking)
    assert OutboxMessage.objects.get(topic="contracts.render").attempts == 2


@pytest.mark.slow
@pytest.mark.parametrize("place", ["compose", "seal", "keep"])
def test_a_worker_killed_in_the_middle_of_sealing_leaves_one_sealed_contract(
    signed: Contract, workers: Workers, place: str
) -> None:
    first = workers.start(pause_at=place)
    let_the_lease_pass()
    wait_until(workers.mark.exists, workers)
    workers.kill(first)
    signed.refresh_from_db()
    assert (signed.signed_sha256, signed.seal) == ("", {})

    workers.start()
    let_the_lease_pass()
    wait_until(lambda: Contract.objects.exclude(signed_sha256="").exists(), workers)

    assert_exists_exactly_once(signed.booking, signed=True)
    assert OutboxMessage.objects.filter(topic="notifications.send").count() == 1


@pytest.mark.slow
def test_a_worker_process_that_is_killed_alone_is_replaced_at_once(
    booking: Booking, workers: Workers
) -> None:
    workers.start(pause_at="keep")
    draft_contract(booking=booking)
    wait_until(lambda: workers.mark.exists() and bool(workers.mark.read_text()), workers)

    # The parent lives; it gives the job to a new child without any sweeper.
    os.kill(int(workers.mark.read_text()), signal.SIGKILL)
    wait_until(lambda: OutboxMessage.objects.filter(done_at__isnull=False).exists(), workers)

    assert_exists_exactly_once(booking)


# --- Any moment --------------------------------------------------------------------------------------


def run_in_a_process(message_id: int) -> multiprocessing.process.BaseProcess:
    """Run one message in a forked process that has everything loaded, on a connection of its own."""

    def work() -> None:
        outbox.run(message_id)
        connections.close_all()
        os._exit(0)

    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def kill_at_random_moments(message: OutboxMessage) -> None:
    moments = random.Random(20261122)
    for _ in range(MOMENTS):
        process = run_in_a_process(message.pk)
        process.join(moments.uniform(0, LONGEST_LIFE_SECONDS))
        process.kill()
        process.join()
    # Whatever the last one has left: this one is let live.
    OutboxMessage.objects.filter(pk=message.pk, done_at=None).update(attempts=0, dead_at=None)
    outbox.run(message.pk)


@pytest.mark.slow
def test_killed_at_ten_random_moments_the_contract_exists_exactly_once(booking: Booking) -> None:
    draft_contract(booking=booking)

    kill_at_random_moments(OutboxMessage.objects.get(topic="contracts.render"))

    assert_exists_exactly_once(booking)
    assert OutboxMessage.objects.get(topic="contracts.render").done_at is not None


@pytest.mark.slow
def test_killed_at_ten_random_moments_the_signed_copy_exists_exactly_once(signed: Contract) -> None:
    kill_at_random_moments(OutboxMessage.objects.get(topic="contracts.render_signed"))

    contract = assert_exists_exactly_once(signed.booking, signed=True)
    assert contract.sha256 == signed.sha256
    assert ContractSignature.objects.count() == 2
    assert OutboxMessage.objects.filter(topic="notifications.send").count() == 1


def test_rivals_that_seal_together_leave_one_sealed_contract(signed: Contract) -> None:
    results = race(4, lambda _number: render_signed_copy(contract=signed).signed_sha256)

    contract = assert_exists_exactly_once(signed.booking, signed=True)
    assert results == [contract.signed_sha256] * 4


# --- At the same time --------------------------------------------------------------------------------


def test_worker_and_counter_rendering_together_leave_one_contract(booking: Booking) -> None:
    contract = draft_contract(booking=booking)

    results = race(4, lambda _number: ensure_rendered(Contract.objects.get(pk=contract.pk)).sha256)

    kept = assert_exists_exactly_once(booking)
    assert results == [kept.sha256] * 4


def test_confirmations_and_refreshes_at_once_make_one_version(booking: Booking) -> None:
    race(6, lambda _number: draft_contract(booking=Booking.objects.get(pk=booking.pk)).pk)

    contract = Contract.objects.get()
    assert contract.version == 1
    assert OutboxMessage.objects.filter(topic="contracts.render").count() == 1


def test_both_signing_at_the_same_moment_sign_one_contract(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "_reader", lambda _booking: FOUND)
    staff = make_user()
    make_post(user=staff, station=booking.pickup_station)
    contract = ensure_rendered(draft_contract(booking=booking))
    by = Actor(ActorKind.STAFF, staff.public_id, staff.full_name)
    people = ((Signer.RENTER, booking.renter), (Signer.STAFF, staff))

    def put_down(number: int) -> int:
        signer, user = people[number % 2]
        signature = sign(
            contract=Contract.objects.select_related("booking").get(pk=contract.pk),
            signer=signer,
            user=user,
            image=signature_image(),
            strokes=STROKES,
            ip_address=None,
            device="test",
            by=by,
        )
        return signature.pk

    results = race(4, put_down)

    contract.refresh_from_db()
    assert contract.state == ContractState.SIGNED
    assert ContractSignature.objects.count() == 2
    assert {result for result in results if isinstance(result, int)} == set(
        ContractSignature.objects.values_list("pk", flat=True)
    )
    assert [event.target for event in states.events_of(CONTRACT, contract)].count("signed") == 1
    assert OutboxMessage.objects.filter(topic="contracts.render_signed").count() == 1

"""Signed contracts per second and core: rendering alone, rendering and sealing, and with pyHanko's own signer.

    python -m tests.benchmarks.contracts [--rounds 20]

Builds a database of its own on the server of DATABASE_URL (`voltgo_benchmark_contracts`), takes one contract
through booking, inspection and both signatures, and then makes its signed copy again and again in this process, in
turns:

- render: the document with signatures, handover record and evidence page;
- render + seal: what the job does before it writes, with our own signer, whose key is loaded once;
- render + SimpleSigner: the same with pyHanko's signer, which loads and checks the key for each signature;
- seal and judge alone.

Prints CPU seconds (median, p95), contracts per second and core, the p95 of the time on the clock, and the sizes. Fails
when render + seal does less than two contracts a CPU second. Other work on the machine stretches the clock, and through
its caches also the CPU: trust the ratios.
"""

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import django

LEAST_PER_CPU_SECOND = 2.0
DATABASE = "voltgo_benchmark_contracts"

if __name__ == "__main__":
    os.environ["VOLTGO_ENV"] = "test"
    os.environ["VOLTGO_TEST_DATABASE"] = DATABASE
    os.environ["VOLTGO_VAR_DIR"] = tempfile.mkdtemp(prefix="voltgo-benchmark-")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    django.setup()

from django.conf import settings  # noqa: E402 (after the setup)
from django.test.runner import DiscoverRunner  # noqa: E402

from rentals.contracts import documents  # noqa: E402
from rentals.contracts.models import Contract  # noqa: E402
from rentals.contracts.services import current_contract  # noqa: E402
from rentals.contracts.services.sealing import REASON, sealed_copy  # noqa: E402
from tests.factories.accounts import make_renter, make_user  # noqa: E402
from tests.factories.handovers import paid_booking, ready_to_sign, sign_both  # noqa: E402
from tests.factories.rentals import make_tariff  # noqa: E402
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle  # noqa: E402
from voltgo.core import sealing  # noqa: E402
from voltgo.core.sealing.development import CHAIN, KEY  # noqa: E402

Work = Callable[[], bytes]


@dataclass(slots=True)
class Measured:
    """What one way of working cost."""

    name: str
    work: Work
    cpu: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    size: int = 0

    def run(self) -> None:
        cpu, clock = time.process_time(), time.perf_counter()
        self.size = len(self.work())
        self.cpu.append(time.process_time() - cpu)
        self.clock.append(time.perf_counter() - clock)

    @property
    def per_cpu_second(self) -> float:
        return len(self.cpu) / sum(self.cpu)

    def line(self) -> str:
        p95, clock_p95 = (statistics.quantiles(values, n=20)[-1] for values in (self.cpu, self.clock))
        return (
            f"{self.name:<24} {statistics.median(self.cpu):8.3f} {p95:8.3f} {self.per_cpu_second:10.2f}"
            f" {clock_p95:10.3f} {self.size / 1024:8.0f}"
        )


def signed_contract() -> Contract:
    """Take one contract through everything up to its second signature."""
    station, attendant = make_station(), make_user(full_name="Bùi Quang Huy")
    make_post(user=attendant, station=station)
    model = make_car_model()
    make_tariff(model=model)
    booking = paid_booking(renter=make_renter(), vehicle=make_vehicle(model=model, station=station))
    sign_both(ready_to_sign(booking=booking, attendant=attendant), attendant)
    contract = current_contract(booking)
    assert contract is not None
    return contract


def with_simple_signer(content: bytes, contract: Contract) -> bytes:
    """Seal as pyHanko's documentation does it."""
    from pyhanko.keys import load_certs_from_pemder, load_private_key_from_pemder
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    folder = Path(settings.VAR_DIR) / "seal"
    certificate, root = load_certs_from_pemder([str(folder / CHAIN)])
    registry = SimpleCertificateStore()
    registry.register(root)
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder(str(folder / KEY), passphrase=None),
        cert_registry=registry,
    )
    said = signers.PdfSignatureMetadata(
        field_name="Seal",
        certify=True,
        subfilter=fields.SigSeedSubFilter.PADES,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
        reason=REASON,
    )
    out = io.BytesIO()
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), said, signer=signer, output=out)
    return out.getvalue()


def measure(rounds: int) -> int:
    """Run every way in turns and print what it cost; return the exit status."""
    contract = signed_contract()
    ready = documents.compose_signed(contract).content
    at = contract.signed_at or contract.created_at
    sealed = sealing.seal(ready, reason=REASON, at=at).content

    def judged() -> bytes:
        assert sealing.judge(sealed).state == sealing.SealState.INTACT
        return sealed

    ways = [
        Measured("render", lambda: documents.compose_signed(contract).content),
        Measured("render + seal", lambda: sealed_copy(contract).document.content),
        Measured(
            "render + SimpleSigner",
            lambda: with_simple_signer(documents.compose_signed(contract).content, contract),
        ),
        Measured("seal", lambda: sealing.seal(ready, reason=REASON, at=at).content),
        Measured("judge", judged),
    ]
    for way in ways:
        way.work()
    for _ in range(rounds):
        for way in ways:
            way.run()
    print(f"{'':<24} {'CPU s':>8} {'p95':>8} {'per CPU s':>10} {'clock p95':>10} {'KB':>8}")
    for way in ways:
        print(way.line())
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    return 0 if ways[1].per_cpu_second >= LEAST_PER_CPU_SECOND else 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Signed contracts per second and core.")
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    try:
        return measure(rounds)
    finally:
        runner.teardown_databases(databases)
        runner.teardown_test_environment()


if __name__ == "__main__":
    sys.exit(main())

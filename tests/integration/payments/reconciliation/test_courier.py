from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from payments.gateways.sandbox import catalog
from payments.gateways.sandbox.courier import Courier
from payments.gateways.sandbox.server import Sandbox
from payments.gateways.vnpay.sandbox.server import Sandbox as VNPaySandbox
from payments.reconciliation import selectors, services
from payments.reconciliation.models import BankLine, ReconciliationRun, StatementFile
from voltgo.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandboxes():
    """Every local provider, not serving: their books alone."""
    running: list[Sandbox] = []
    for provider in catalog.OFFSETS:
        made = catalog.make(
            provider, webhook_url="http://127.0.0.1:9/", port=0, path=":memory:", interval_seconds=60
        )
        assert made is not None
        running.append(made)
    yield running
    for sandbox in running:
        sandbox.stop()


def test_a_day_without_movements_still_has_its_files(sandboxes, tmp_path: Path, capsys) -> None:
    courier = Courier(tmp_path, sandboxes)
    yesterday = clock.today() - timedelta(days=1)
    for day in (yesterday - timedelta(days=1), yesterday):
        assert len(courier.deliver(day)) == 4
        assert courier.deliver(day) == []
    with override_settings(SETTLEMENT_INBOX=str(tmp_path)):
        call_command("reconcile")
        call_command("reconcile", day=yesterday - timedelta(days=1))

    assert selectors.has_file("vnpay", yesterday)
    assert selectors.has_file("momo", yesterday - timedelta(days=1))
    assert not ReconciliationRun.objects.filter(is_current=True, file_missing=True).exists()
    assert "the books hold" in capsys.readouterr().out
    with override_settings(SETTLEMENT_INBOX=str(tmp_path)):
        assert services.fetch_files().new == []
    assert StatementFile.objects.filter(source="vnpay").count() == 2


def test_the_files_of_the_last_week_come_once(sandboxes, tmp_path: Path) -> None:
    courier = Courier(tmp_path, sandboxes)
    assert len(courier.deliver_last_days()) == 7 * 4
    assert courier.deliver_last_days() == []
    days = [clock.today() - timedelta(days=age) for age in range(7, 0, -1)]
    assert [path.name for path in sorted((tmp_path / "vnpay").iterdir())] == [
        f"vnpay-{day}.csv" for day in days
    ]


def test_what_a_file_comes_to_reaches_the_bank(sandboxes, tmp_path: Path) -> None:
    payos = next(sandbox for sandbox in sandboxes if sandbox.name == "payos")
    payos.receive(250_000, "VNPAY THANH TOAN 20261121", "VNPAY (TEST)")
    statement = payos.statement(clock.today())
    services.import_statement(name="s.csv", content=statement, by=services.inbox.FETCHER)

    line = BankLine.objects.get()
    assert (line.amount, line.party_name) == (250_000, "VNPAY (TEST)")
    assert isinstance(sandboxes[0], VNPaySandbox)

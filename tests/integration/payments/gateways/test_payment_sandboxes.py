"""The command that runs every local provider in one process."""

import socket
import threading
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from payments.gateways.sandbox import catalog
from payments.management.commands import payment_sandboxes

PATHS = {
    "vnpay": "/webhooks/vnpay/ipn",
    "momo": "/webhooks/momo/",
    "payos": "/webhooks/payos/",
    "stripe": "/webhooks/stripe/",
}


@pytest.mark.parametrize("provider", sorted(catalog.OFFSETS))
def test_every_provider_is_told_where_its_notifications_go(provider: str) -> None:
    assert payment_sandboxes.webhook_path(provider) == PATHS[provider]


def test_all_of_them_run_in_one_process_and_stop_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: dict[str, int] = {}

    class Signal(threading.Event):
        """Instead of waiting for Ctrl-C: ask every sandbox for its page."""

        def wait(self, timeout: float | None = None) -> bool:
            for line in capsys.readouterr().out.splitlines():
                label, _sandbox, address, *_rest = line.split()
                answers[label] = httpx.get(address).status_code
            return True

    monkeypatch.setattr(payment_sandboxes, "Event", Signal)
    monkeypatch.setattr(payment_sandboxes, "stop_on_signals", lambda _over: None)

    call_command("payment_sandboxes", port=0, memory=True, interval=0.1)

    assert answers == {"VNPay": 200, "MoMo": 200, "payOS": 200, "Stripe": 200}
    assert "Payment sandboxes stopped" in capsys.readouterr().out


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"Port {taken} is taken"):
            call_command("payment_sandboxes", port=taken, memory=True, only=["vnpay"])


def test_they_never_start_in_production(settings: Any) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError, match="never run in production"):
        call_command("payment_sandboxes", port=0, memory=True)


def test_a_provider_without_a_sandbox_is_left_out() -> None:
    assert not catalog.has("zalopay")
    made = catalog.make("zalopay", webhook_url="", port=0, path=":memory:", interval_seconds=1)
    assert made is None

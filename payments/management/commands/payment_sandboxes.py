"""Starts the local payment providers."""

import signal
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from payments.gateways.sandbox import catalog
from payments.gateways.sandbox.courier import Courier
from payments.gateways.sandbox.server import Sandbox


class Command(BaseCommand):
    help = "Runs the local payment providers: they speak the real protocols and move no money."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8001, help="of VNPay; the others follow")
        parser.add_argument(
            "--only", nargs="*", default=[], choices=sorted(catalog.OFFSETS), help="default: all"
        )
        parser.add_argument("--site-url", default="", help="where notifications go; default: this site")
        parser.add_argument("--interval", type=float, default=5.0, help="seconds between two notifications")
        parser.add_argument("--memory", action="store_true", help="forget everything at the end")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("The sandboxes never run in production.")
        over = Event()
        running: list[Sandbox] = []
        try:
            for provider, offset in catalog.OFFSETS.items():
                if options["only"] and provider not in options["only"]:
                    continue
                running += self._start(provider, options["port"] + offset if options["port"] else 0, options)
            courier = Courier(Path(settings.SETTLEMENT_INBOX), running) if settings.SETTLEMENT_INBOX else None
            if courier:
                courier.start()
            stop_on_signals(over)
            over.wait()
            if courier:
                courier.stop()
        finally:
            for sandbox in running:
                sandbox.stop()
        self.stdout.write("Payment sandboxes stopped")

    def _start(self, provider: str, port: int, options: dict[str, Any]) -> list[Sandbox]:
        site = options["site_url"] or settings.SITE_URL
        path = ":memory:" if options["memory"] else None
        try:
            sandbox = catalog.make(
                provider,
                webhook_url=f"{site.rstrip('/')}{webhook_path(provider)}",
                port=port,
                path=path,
                interval_seconds=options["interval"],
            )
        except OSError as error:
            raise CommandError(f"Port {port} is taken: {error}") from error
        if sandbox is None:
            return []
        sandbox.start()
        self.stdout.write(f"{sandbox.label} sandbox: {sandbox.url} -> {sandbox.webhook_url}")
        return [sandbox]


def stop_on_signals(over: Event) -> None:
    """Let Ctrl-C and a polite end of the process set the event."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())


def webhook_path(provider: str) -> str:
    """Return where a provider's notifications come in; VNPay's address is as old as its registration."""
    if provider == "vnpay":
        return reverse("payments:vnpay-ipn")
    return reverse("payments:notification", args=[provider])

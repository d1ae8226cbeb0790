"""Starts the local VNPay."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from payments.gateways.vnpay.sandbox.server import Sandbox
from payments.gateways.vnpay.sandbox.store import Store, store_path


class Command(BaseCommand):
    help = "Runs a local VNPay that speaks the real protocol and moves no money."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--ipn-url", default="", help="where notifications go; default: this site")
        parser.add_argument("--ipn-interval", type=float, default=5.0, help="seconds between two tries")
        parser.add_argument("--memory", action="store_true", help="forget everything at the end")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("The sandbox never runs in production.")
        ipn_url = options["ipn_url"] or f"{settings.SITE_URL}{reverse('payments:vnpay-ipn')}"
        path = ":memory:" if options["memory"] else str(store_path())
        try:
            sandbox = Sandbox(
                merchant=settings.VNPAY["TMN_CODE"],
                secret=settings.VNPAY["HASH_SECRET"],
                ipn_url=ipn_url,
                port=options["port"],
                store=Store(path),
                interval_seconds=options["ipn_interval"],
            )
        except OSError as error:
            raise CommandError(f"Port {options['port']} is taken: {error}") from error
        self.stdout.write(f"VNPay sandbox: {sandbox.url} -> {ipn_url}")
        try:
            sandbox.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("VNPay sandbox stopped")
        finally:
            sandbox.stop()

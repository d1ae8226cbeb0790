"""Fills an empty database with the demo city."""

import gc
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.users.models import User
from rentals.demo.logins import DEMO_PASSWORD
from rentals.demo.people import DOMAIN
from rentals.demo.seeding.city import build, is_built
from rentals.demo.seeding.scale import Scale
from stations.network.models import Station
from voltgo.core import clock


class Command(BaseCommand):
    help = (
        "Fills an empty database with the demo city: stations, vehicles, people, 90 days of history, today."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        usual = Scale(now=clock.now())
        parser.add_argument("--days", type=int, default=usual.days, help="days of history")
        parser.add_argument("--vehicles", type=int, default=usual.vehicles)
        parser.add_argument("--seed", type=int, default=usual.seed, help="another seed, another city")
        parser.add_argument("--force", action="store_true", help="even if there are accounts of real people")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse where a demo does not belong, do nothing where there is one, else build it."""
        if settings.IS_PRODUCTION:
            raise CommandError("The demo has accounts with a published password: never in production.")
        if is_built():
            self.stdout.write("Thành phố mẫu đã có sẵn; không thay đổi gì. (The demo city is there already.)")
            return
        self._require_emptiness(may_have_people=options["force"])
        began = time.monotonic()
        scale = Scale(
            now=clock.now(),
            days=options["days"],
            vehicles=options["vehicles"],
            seed=options["seed"],
        )
        # A million short-lived values and no cycles among them: looking for cycles costs a quarter of the time.
        gc.disable()
        try:
            build(scale, lambda words: self.stdout.write(f"{time.monotonic() - began:5.1f} s  {words}"))
        finally:
            gc.enable()
        self.stdout.write(self.style.SUCCESS(f"Xong. Mật khẩu của mọi tài khoản mẫu: {DEMO_PASSWORD}"))

    def _require_emptiness(self, *, may_have_people: bool) -> None:
        if Station.objects.exists():
            raise CommandError(
                "This database has stations that are not the demo's. Use an empty one: bin/up --fresh starts over."
            )
        real = User.objects.exclude(email__endswith=f"@{DOMAIN}").count()
        if real and not may_have_people:
            raise CommandError(
                f"This database has {real} accounts of real people. Use an empty one (bin/up --fresh), "
                "or --force if the demo shall stand beside them."
            )

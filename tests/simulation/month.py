"""A simulated month: bookings are paid, changed, settled and disputed while messages are lost, repeated and reordered.

    VOLTGO_ENV=test DATABASE_URL=... REDIS_URL=... python -m tests.simulation.month --bookings 10000 --days 30 --seed 1

The portal's own services do all the work: facts, polls, outbox jobs, holds, refunds, cash sessions, settlement files,
statements, reconciliation. Providers and the bank (tests/simulation/providers.py) keep true books; into their files
discrepancies are put on purpose. At the end the month must reconcile:

- the books are proved, and every provider's own books say the same as ours;
- no run leaves a difference without a name;
- each discrepancy that was put in is named by its status, and nothing else is;
- every finished booking has given back or used up each dong.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import time_machine

from tests.simulation.judging import Judging
from tests.simulation.world import FIRST_DAY, TROUBLE, Report

MOST_ROUNDS = 200


class Month(Judging):
    """The run of one month."""

    def on_payment_succeeded(self, sender: Any, intent: Any, **_kwargs: Any) -> None:
        """Send everything back that comes for a booking that is over, as its owner does."""
        stay = next(row for row in self.stays if row.reference == intent.reference)
        if stay.is_over and intent.purpose == "booking":
            self.report.happened["came for a booking that was over"] += 1
            self._in(0, partial(self._back, stay, "late_payment"))

    def run(self) -> Report:
        started = time.perf_counter()
        for day, number in zip(self.days, self.per_day, strict=True):
            self._day(day, number)
        last = self.days[-1]
        # Nothing new comes; what is under way ends.
        for extra in range(1, 5):
            self._day(last + timedelta(days=extra), 0)
        self._go(self._at(last + timedelta(days=45), 9))
        self._finish()
        self._judge()
        self.report.seconds = time.perf_counter() - started
        return self.report

    def _day(self, day: date, bookings: int) -> None:
        self._go(self._at(day, 7.5))
        self._files(day - timedelta(days=1))
        self._go(self._at(day, 8))
        self._open_drawer()
        for minute in sorted(self.rng.randrange(11 * 60) for _ in range(bookings)):
            self._go(self._at(day, 8) + timedelta(minutes=minute))
            self._book(day)
        self._jobs()
        self._go(self._at(day, 20))
        for stay in self.stays:
            if stay.ends_on == day and not stay.is_over:
                self._settle(stay)
        self._jobs()
        self._close_drawer()
        self._pay_by_hand()
        self._go(self._at(day, 23))
        self._jobs()

    def _jobs(self) -> None:
        """Ask providers and run what was promised, as beat and workers do; failures come again later."""
        from payments.intents import services
        from payments.intents.services import mind_holds
        from voltgo.core import outbox
        from voltgo.core.errors import DomainError
        from voltgo.core.models import OutboxMessage

        # Beat asks every minute, a batch at a time; here it comes a few times a day and goes on until all are asked.
        for ask in (services.poll_pending, services.poll_refunds, mind_holds):
            for _ in range(MOST_ROUNDS):
                if not ask():
                    break
        failed: set[int] = set()
        while True:
            open_rows = OutboxMessage.objects.filter(done_at=None, dead_at=None).exclude(pk__in=failed)
            row = open_rows.order_by("pk").first()
            if row is None:
                return
            try:
                outbox._handlers[row.topic](**row.payload)
            except DomainError:
                self.report.happened["job failed and came again"] += 1
                failed.add(row.pk)
                continue
            OutboxMessage.objects.filter(pk=row.pk).update(done_at=self._now())


@contextmanager
def travelling() -> Iterator[Any]:
    start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day).astimezone() - timedelta(hours=12)
    with time_machine.travel(start, tick=False) as traveller:
        yield traveller


def run_month(*, bookings: int, days: int, seed: int) -> Report:
    """Run a month in the database at hand and return what came of it."""
    from payments.intents.signals import payment_succeeded
    from tests.simulation.providers import providers

    with travelling() as traveller, providers(random.Random(seed + 1), TROUBLE) as gateways:
        month = Month(bookings=bookings, days=days, seed=seed, gateways=gateways, traveller=traveller)
        payment_succeeded.connect(month.on_payment_succeeded)
        try:
            return month.run()
        finally:
            payment_succeeded.disconnect(month.on_payment_succeeded)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bookings", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["VOLTGO_ENV"] = "test"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        report = run_month(bookings=options.bookings, days=options.days, seed=options.seed)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    sys.stdout.write(f"{report}\n")
    raise SystemExit(1 if report.problems else 0)


if __name__ == "__main__":
    main()

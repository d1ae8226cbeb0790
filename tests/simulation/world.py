"""What all parts of a simulated month share: people, providers, the bank, time, and the report."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.core.cache import cache

FIRST_DAY = date(2026, 12, 1)
TROUBLE = 0.04
EXPECTED_OF = {
    "missing": "missing_external",
    "extra": "missing_internal",
    "amount": "amount_mismatch",
    "fee": "fee_mismatch",
    "repeated": "duplicate_external",
}
# What needs nobody to look.
NATURAL = {"matched", "matched_late", "ignored"}
METHODS = {"vnpay": 40, "momo": 20, "stripe": 18, "payos": 15, "cash": 7}


@dataclass
class Report:
    """What came of a month."""

    bookings: int = 0
    entries: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [f"{self.bookings} bookings, {self.entries} ledger entries, {self.seconds:.0f} s"]
        lines += [f"  {name:34}{number:7}" for name, number in sorted(self.happened.items())]
        lines += [f"PROBLEM {problem}" for problem in self.problems] or ["unexplained difference: 0"]
        return "\n".join(lines)


@dataclass
class Stay:
    """One booking as its own business sees it."""

    reference: str
    payer: Any
    rent: int
    deposit: int
    ends_on: date
    is_over: bool = False
    is_dead: bool = False


class World:
    """People, providers, the bank and time."""

    def __init__(
        self, *, bookings: int, days: int, seed: int, gateways: Mapping[str, Any], traveller: Any
    ) -> None:
        from payments.cash.services import ensure_drawer
        from payments.reconciliation.models import FeeRule
        from tests.factories.accounts import make_user
        from tests.simulation.providers import FEE_BP, Bank
        from voltgo.core.actors import Actor, ActorKind

        self.rng = random.Random(seed)
        self.traveller = traveller
        self.days = [FIRST_DAY + timedelta(days=n) for n in range(days)]
        self.per_day = [bookings // days + (1 if n < bookings % days else 0) for n in range(days)]
        self.gateways, self.bank, self.report = gateways, Bank(), Report(bookings)
        self.payers = [make_user(email=f"sim{n}@example.vn") for n in range(min(200, bookings))]
        self.cashier = make_user(email="sim-cashier@example.vn")
        self.boss = make_user(email="sim-boss@example.vn")
        self.staff = Actor(ActorKind.STAFF, self.cashier.public_id, "Thu ngân")
        self.supervisor = Actor(ActorKind.SUPERVISOR, self.boss.public_id, "Trưởng trạm")
        self.drawer = ensure_drawer(place_ref="station:SIM", name="Két thử")
        self.session: Any = None
        self.stays: list[Stay] = []
        self.later: list[tuple[datetime, int, Callable[[], object]]] = []
        self.order = count()
        self.numbers = count(1)
        # (source, day, kind) -> how many were put in.
        self.put_in: Counter[tuple[str, date, str]] = Counter()
        self.variances = 0
        self.paid_by_hand: set[Any] = set()
        for source, bp in FEE_BP.items():
            FeeRule.objects.create(source=source, valid_from=FIRST_DAY, basis_points=bp)

    def _at(self, day: date, hour: float) -> datetime:
        from voltgo.core.clock import LOCAL_ZONE

        return datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE) + timedelta(hours=hour)

    def _go(self, at: datetime) -> None:
        """Let time pass, and happen what was to happen meanwhile."""
        while self.later and self.later[0][0] <= at:
            due, _, what = heapq.heappop(self.later)
            self.traveller.move_to(max(due, self._now()))
            what()
        self.traveller.move_to(max(at, self._now()))
        # A provider that was away rests for seconds of the real clock, which hardly moves here.
        cache.clear()

    def _now(self) -> datetime:
        from voltgo.core import clock

        return clock.now()

    def _pay_cash(self, intent: Any) -> None:
        raise NotImplementedError

    def _jobs(self) -> None:
        raise NotImplementedError

    def _in(self, minutes: float, what: Callable[[], object]) -> None:
        at = self._now() + timedelta(minutes=minutes)
        heapq.heappush(self.later, (at, next(self.order), what))


def void(_value: object) -> None:
    """Forget a result; lambdas that return something are not callbacks."""

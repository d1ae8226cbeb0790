"""How large a demo is, and the moment around which it is built."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from voltgo.core import clock


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of a demo. The same scale, seed and moment give the same city."""

    now: datetime
    days: int = 90
    vehicles: int = 400
    seed: int = 2208

    @property
    def renters(self) -> int:
        """How many renters there are besides the named ones: nobody is out with two vehicles."""
        return self.vehicles * 9 // 4

    @property
    def today(self) -> date:
        return clock.local(self.now).date()

    @property
    def minute(self) -> datetime:
        """The present, cut to the minute."""
        return self.now.replace(second=0, microsecond=0)

    def ago(self, **parts: float) -> datetime:
        """Return a moment before the present, cut to the minute: `ago(hours=2)`."""
        return (self.now - timedelta(**parts)).replace(second=0, microsecond=0)

    def rng(self, part: str) -> random.Random:
        """Return the random stream of one part, so that a change in one leaves the others alone."""
        return random.Random(f"{self.seed}:{part}")

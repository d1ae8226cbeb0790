"""What lies between a tablet and the server: it cuts, loses answers, repeats, delays, and pulls the server's plug."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection
from django.test import Client

# How often each of them happens to a call, in percent, while the weather is bad.
WEATHER = {
    "cut before it arrived": 8,
    "answer lost": 10,
    "sent twice": 5,
    "delayed": 5,
    "server died": 8,
    "captive portal": 4,
}
# A call touches the database this often at most before the plug is pulled.
LONGEST_LIFE = 120


class NoAnswer(Exception):
    """Nothing came back; whether it arrived is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: dict[str, Any]


Call = Callable[[], Any]


@dataclass(slots=True)
class Network:
    """The way from one tablet to the server."""

    rng: random.Random
    client: Client
    happened: Counter[str]
    is_cut: bool = False
    is_bad: bool = True
    # Calls that are still under way somewhere, to arrive whenever.
    delayed: list[Call] = field(default_factory=list)

    def call(self, send: Call) -> Answer:
        """Send, and let happen what happens.

        Raises:
            NoAnswer: the tablet hears nothing, or something that is no answer.
        """
        if self.is_cut:
            raise NoAnswer
        trouble = self._trouble()
        if trouble:
            self.happened[trouble] += 1
        if trouble == "cut before it arrived" or trouble == "captive portal":
            raise NoAnswer
        if trouble == "delayed":
            self.delayed.append(send)
            raise NoAnswer
        if trouble == "server died":
            self._die_during(send)
            raise NoAnswer
        answer = _read(send())
        if trouble == "sent twice":
            answer = _read(send())
        if trouble == "answer lost":
            raise NoAnswer
        return answer

    def deliver_late(self) -> None:
        """Let one of the calls arrive that were given up long ago."""
        if self.delayed:
            late = self.delayed.pop(self.rng.randrange(len(self.delayed)))
            self.happened["arrived late"] += 1
            late()

    def _trouble(self) -> str:
        if not self.is_bad:
            return ""
        drawn = self.rng.randrange(100)
        for name, percent in WEATHER.items():
            if drawn < percent:
                return name
            drawn -= percent
        return ""

    def _die_during(self, send: Call) -> None:
        with dying_after(self.rng.randrange(1, LONGEST_LIFE)):
            send()


@contextmanager
def dying_after(statements: int) -> Iterator[None]:
    """Let the database's connection fail at one statement and at all after it: open transactions are gone."""
    left = statements

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        is_clean_up = sql.startswith(("ROLLBACK", "RELEASE", "SAVEPOINT"))
        if left < 0 and not is_clean_up:
            raise OperationalError("the server is gone")
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield


def _read(response: Any) -> Answer:
    kind = response.headers.get("Content-Type", "")
    if response.status_code >= 500 or "json" not in kind:
        raise NoAnswer
    return Answer(response.status_code, response.json())

"""What the steps of a rehearsal share: the story so far, its cast, patience and signing in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rentals.demo.logins import DEMO_PASSWORD
from rentals.demo.rehearsal.props import Papers, new_papers
from rentals.demo.rehearsal.visitor import RehearsalError, Visitor

PATIENCE_SECONDS = 60.0


@dataclass
class Story:
    """What one run has found out so far."""

    base_url: str
    folder: Path
    papers: Papers = field(default_factory=new_papers)
    station_slug: str = ""
    station_code: str = ""
    quote_path: str = ""
    booking_code: str = ""
    contract_file: Path | None = None
    receipt_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the journey; `play` returns a line on what was seen."""

    title: str
    play: Callable[[Story, "Cast"], str]


class Cast:
    """The people of the journey, each with a device of their own."""

    def __init__(self, base_url: str) -> None:
        self.renter = Visitor(base_url)
        self.operator = Visitor(base_url)
        self.staff = Visitor(base_url)

    def leave(self) -> None:
        for person in (self.renter, self.operator, self.staff):
            person.close()


def wait_until(what: str, is_true: Callable[[], bool]) -> float:
    """Look again until something has happened; return the seconds it took."""
    started = time.monotonic()
    while not is_true():
        if time.monotonic() - started > PATIENCE_SECONDS:
            raise RehearsalError(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.3)
    return time.monotonic() - started


def sign_in(visitor: Visitor, email: str, then: str) -> None:
    visitor.open(f"/account/login/?next={then}")
    visitor.send(visitor.form("login", "password"), {"login": email, "password": DEMO_PASSWORD})
    if "/login/" in visitor.path:
        raise RehearsalError(f"{email} could not sign in")

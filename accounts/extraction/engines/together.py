"""Two engines as one: ours reads and judges, a paid one adds what it reads, and either may be away."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from accounts.extraction.paid import PaidReaderAway
from accounts.extraction.types import Call, Engine, ReaderAway, Reading, SideReading

logger = logging.getLogger(__name__)


class Together:
    """`own` first; `paid` is shown only photographs that are good enough, and only adds.

    Quality, QR code, machine readable zone and portrait are always our own engine's. What is paid for and fails
    leaves our reading as it is, with the calls that were made in vain on its account.
    """

    def __init__(self, own: Engine, paid: Engine) -> None:
        self.own, self.paid = own, paid
        self.name = f"{own.name}+{paid.name}"

    def read(self, images: Mapping[str, bytes], *, kind: str) -> Reading:
        """Read with both.

        Raises:
            ReaderAway: neither works now.
        """
        begun = time.monotonic()
        own = self._own(images, kind)
        bad = own.problems if own is not None else {}
        worth = {side: jpeg for side, jpeg in images.items() if side not in bad}
        # A portrait has no letters, and a picture that is taken again will be read again.
        added, calls = self._paid(worth, kind) if worth and kind != "selfie" and not bad else (None, ())
        if own is None and added is None:
            raise PaidReaderAway("no engine works now", calls)
        sides = dict(own.sides) if own is not None else {}
        for side, reading in (added.sides if added is not None else {}).items():
            sides[side] = _joined(sides.get(side), reading)
        if calls:
            first = next(iter(sides), next(iter(images)))
            sides[first] = replace(sides[first], calls=(*sides[first].calls, *calls))
        return Reading(self._name_of(own, added), sides, time.monotonic() - begun)

    def _own(self, images: Mapping[str, bytes], kind: str) -> Reading | None:
        try:
            return self.own.read(images, kind=kind)
        except ReaderAway:
            logger.warning("%s cannot read now", self.own.name)
            return None

    def _paid(self, images: Mapping[str, bytes], kind: str) -> tuple[Reading | None, tuple[Call, ...]]:
        """Return what was read, or what was asked in vain."""
        try:
            return self.paid.read(images, kind=kind), ()
        except PaidReaderAway as away:
            logger.warning("%s cannot read now: %s", self.paid.name, away.reason)
            return None, away.calls
        except ReaderAway:
            return None, ()

    def _name_of(self, own: Reading | None, added: Reading | None) -> str:
        return "+".join(reading.engine for reading in (own, added) if reading is not None)


def with_fallback(own: Engine, paid: Engine) -> Together:
    """Return an engine that asks a paid one beside our own, and does without either when it is away."""
    return Together(own, paid)


def _joined(own: SideReading | None, added: SideReading) -> SideReading:
    if own is None:
        return added
    return replace(own, fields=(*own.fields, *added.fields), calls=(*own.calls, *added.calls))

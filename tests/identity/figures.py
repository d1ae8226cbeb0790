"""What readings are worth: rates by severity, field by field, against what the papers really say."""

import math
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from accounts.extraction.types import NO_EXPIRY, FieldName, FieldReading, Layout, Source
from tests.identity.applicants import Photo
from tests.identity.people import Person, folded
from tests.identity.runs import Outcome

SEVERITIES = ("good", "fair", "poor")
# Where each form carries a code and lines.
HAS_QR = {Layout.CARD_2021_FRONT, Layout.CARD_2024_BACK}
HAS_LINES = {Layout.CARD_2021_BACK, Layout.CARD_2024_BACK}
# What is printed on each side in letters for people, apart from addresses.
PRINTED: Mapping[Layout, tuple[FieldName, ...]] = {
    Layout.CARD_2021_FRONT: (
        FieldName.NUMBER,
        FieldName.FULL_NAME,
        FieldName.BORN_ON,
        FieldName.SEX,
        FieldName.EXPIRES_ON,
    ),
    Layout.CARD_2021_BACK: (FieldName.ISSUED_ON,),
    Layout.CARD_2024_FRONT: (FieldName.NUMBER, FieldName.FULL_NAME, FieldName.BORN_ON, FieldName.SEX),
    Layout.CARD_2024_BACK: (FieldName.ISSUED_ON, FieldName.EXPIRES_ON),
    Layout.LICENCE_FRONT: (
        FieldName.NUMBER,
        FieldName.FULL_NAME,
        FieldName.BORN_ON,
        FieldName.LICENCE_CLASSES,
        FieldName.ISSUED_ON,
        FieldName.EXPIRES_ON,
    ),
    Layout.LICENCE_BACK: (FieldName.LICENCE_CLASSES,),
}


def printed_value(name: FieldName, layout: Layout, who: Person) -> str:
    """What a reader ought to read."""
    is_licence = layout in {Layout.LICENCE_FRONT, Layout.LICENCE_BACK}
    values: dict[FieldName, str] = {
        FieldName.NUMBER: who.licence_number if is_licence else who.number,
        FieldName.FULL_NAME: who.full_name,
        FieldName.BORN_ON: who.born_on.isoformat(),
        FieldName.SEX: who.sex,
        FieldName.LICENCE_CLASSES: ",".join(who.licence_classes),
        FieldName.ISSUED_ON: (who.licence_issued_on if is_licence else who.issued_on).isoformat(),
        FieldName.EXPIRES_ON: _end(who.licence_expires_on if is_licence else who.expires_on),
    }
    return values[name]


def _end(day: date | None) -> str:
    return day.isoformat() if day else NO_EXPIRY


def same(name: FieldName, first: str, second: str) -> bool:
    if name == FieldName.FULL_NAME:
        return unicodedata.normalize("NFC", first).upper() == unicodedata.normalize("NFC", second).upper()
    return first == second


@dataclass
class Tally:
    """How often something that was there was read right, wrong or not at all."""

    right: int = 0
    wrong: int = 0
    sure_and_wrong: int = 0
    folded: int = 0
    seen: int = 0

    @property
    def rate(self) -> float:
        return self.right / self.seen if self.seen else math.nan


@dataclass
class Figures:
    """Everything that is counted over honest papers."""

    qr: dict[str, Tally] = field(default_factory=dict)
    mrz: dict[str, Tally] = field(default_factory=dict)
    fields: dict[tuple[str, str], Tally] = field(default_factory=dict)
    layouts: dict[str, Tally] = field(default_factory=dict)
    problems: dict[str, Counter] = field(default_factory=dict)
    # Poor photographs that were not asked for again, or for a reason that is not theirs.
    let_through: list[str] = field(default_factory=list)
    other_reason: list[str] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    making: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome, *, is_honest: bool = True) -> None:
        self.wall.append(outcome.wall)
        self.cpu.append(outcome.cpu)
        self.making.append(outcome.making)
        if not is_honest:
            return
        for side, photo in outcome.task.sides:
            self._count_side(outcome, side, photo)

    def _count_side(self, outcome: Outcome, side: str, photo: Photo) -> None:
        reading = outcome.reading.sides[side]
        problem = str(reading.quality.problem)
        self.problems.setdefault(photo.severity, Counter())[problem or "usable"] += 1
        wanted = photo.shot.expected
        if wanted and not problem:
            self.let_through.append(f"{photo.layout} of person {photo.person.seed}, shot {photo.seed}")
        elif wanted and problem not in wanted:
            self.other_reason.append(f"{photo.layout}: {problem} instead of {'/'.join(sorted(wanted))}")
        layout = self.layouts.setdefault(photo.severity, Tally())
        layout.seen += 1
        layout.right += reading.quality.layout == photo.layout
        if photo.layout in HAS_QR:
            self._count_machine(self.qr, photo, reading.fields, Source.QR)
        if photo.layout in HAS_LINES:
            self._count_machine(self.mrz, photo, reading.fields, Source.MRZ)
        for name in PRINTED.get(photo.layout, ()):
            self._count_field(photo, reading.fields, name)

    def _count_machine(
        self, into: dict[str, Tally], photo: Photo, fields: Iterable[FieldReading], source: Source
    ) -> None:
        tally = into.setdefault(photo.severity, Tally())
        tally.seen += 1
        values = {value.name: value.value for value in fields if value.source == source}
        if FieldName.NUMBER not in values:
            return
        who = photo.person
        truth = {FieldName.NUMBER: who.number, FieldName.BORN_ON: who.born_on.isoformat()}
        if all(values.get(name) == value for name, value in truth.items()):
            tally.right += 1
        else:
            tally.wrong += 1

    def _count_field(self, photo: Photo, fields: Iterable[FieldReading], name: FieldName) -> None:
        tally = self.fields.setdefault((f"{_paper(photo.layout)} {name}", photo.severity), Tally())
        tally.seen += 1
        read = [
            value for value in fields if value.name == name and value.source not in {Source.QR, Source.MRZ}
        ]
        if not read:
            return
        best = max(read, key=lambda value: value.confidence)
        truth = printed_value(name, photo.layout, photo.person)
        if same(name, best.value, truth):
            tally.right += 1
        else:
            tally.wrong += 1
            tally.sure_and_wrong += best.confidence >= 0.9
        tally.folded += folded(best.value) == folded(truth)


def _paper(layout: Layout) -> str:
    return {
        Layout.LICENCE_FRONT: "licence",
        Layout.LICENCE_BACK: "licence back",
    }.get(layout, "card")


def percentile(values: list[float], share: float) -> float:
    if not values:
        return math.nan
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]

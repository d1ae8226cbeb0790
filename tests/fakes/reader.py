"""Readings of papers without photographs: what an engine would make of an honest card, with lies told source by source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from accounts.extraction.types import (
    NO_EXPIRY,
    FieldName,
    FieldReading,
    Layout,
    Quality,
    ReaderAway,
    Reading,
    SideReading,
    Source,
)
from accounts.kyc.enums import DocumentKind
from tests.identity.people import Person, folded

SURE = 0.97
Place = tuple[str, str]


def day(value: date | None) -> str:
    return value.isoformat() if value else NO_EXPIRY


def card_reading(
    person: Person,
    *,
    lies: Mapping[tuple[Source, FieldName], str] | None = None,
    unread: frozenset[tuple[Source, FieldName]] = frozenset(),
    confidence: Mapping[FieldName, float] | None = None,
    problems: Mapping[str, str] | None = None,
    layouts: tuple[str, str] | None = None,
    is_mrz_broken: bool = False,
) -> Reading:
    """Return what is read from a citizen card: code, zone and print. `lies` replaces a value in one source."""
    code, zone, ink = Source.QR, Source.MRZ, Source.OCR
    code_side, dates_side = ("front", "front") if person.card_form == 2021 else ("back", "back")
    said: dict[tuple[Source, FieldName], tuple[str, str]] = {
        (code, FieldName.NUMBER): (person.number, code_side),
        (code, FieldName.FULL_NAME): (person.full_name, code_side),
        (code, FieldName.BORN_ON): (day(person.born_on), code_side),
        (code, FieldName.SEX): (person.sex, code_side),
        (code, FieldName.ISSUED_ON): (day(person.issued_on), code_side),
        (zone, FieldName.NUMBER): (person.number, "back"),
        (zone, FieldName.FULL_NAME): (folded(person.full_name), "back"),
        (zone, FieldName.BORN_ON): (day(person.born_on), "back"),
        (zone, FieldName.SEX): (person.sex, "back"),
        (zone, FieldName.EXPIRES_ON): (day(person.expires_on), "back"),
        (ink, FieldName.NUMBER): (person.number, "front"),
        (ink, FieldName.FULL_NAME): (person.full_name.upper(), "front"),
        (ink, FieldName.BORN_ON): (day(person.born_on), "front"),
        (ink, FieldName.ISSUED_ON): (day(person.issued_on), "back"),
        (ink, FieldName.EXPIRES_ON): (day(person.expires_on), dates_side),
    }
    for place, value in (lies or {}).items():
        said[place] = (value, said[place][1] if place in said else "front")
    honest = (
        (Layout.CARD_2021_FRONT, Layout.CARD_2021_BACK)
        if person.card_form == 2021
        else (Layout.CARD_2024_FRONT, Layout.CARD_2024_BACK)
    )
    return _reading(
        {place: told for place, told in said.items() if place not in unread},
        confidence or {},
        problems or {},
        dict(zip(("front", "back"), layouts or honest, strict=True)),
        broken={"back"} if is_mrz_broken else set(),
    )


def licence_reading(
    person: Person,
    *,
    lies: Mapping[Place, str] | None = None,
    unread: frozenset[Place] = frozenset(),
    confidence: Mapping[FieldName, float] | None = None,
    problems: Mapping[str, str] | None = None,
    qr_text: str | None = None,
) -> Reading:
    """Return what is read from a driving licence: print on both sides. `lies` is by (side, field)."""
    classes = ",".join(person.licence_classes)
    said: dict[Place, str] = {
        ("front", FieldName.NUMBER): person.licence_number,
        ("front", FieldName.FULL_NAME): person.full_name.upper(),
        ("front", FieldName.BORN_ON): day(person.born_on),
        ("front", FieldName.ISSUED_ON): day(person.licence_issued_on),
        ("front", FieldName.EXPIRES_ON): day(person.licence_expires_on),
        ("front", FieldName.LICENCE_CLASSES): classes,
        ("back", FieldName.LICENCE_CLASSES): classes,
    }
    said |= lies or {}
    by_source = {
        (f"{Source.OCR}-{side}", name): (value, side)
        for (side, name), value in said.items()
        if (side, name) not in unread
    }
    text = f"https://example.gov.vn/gplx?so={person.licence_number}" if qr_text is None else qr_text
    return _reading(
        by_source,
        confidence or {},
        problems or {},
        {"front": Layout.LICENCE_FRONT, "back": Layout.LICENCE_BACK},
        codes={"back": text},
    )


def selfie_reading(problem: str = "") -> Reading:
    return Reading("fake", {"front": SideReading("front", Quality(problem=problem))})


def _reading(
    said: Mapping[tuple[str, str], tuple[str, str]],
    confidence: Mapping[FieldName, float],
    problems: Mapping[str, str],
    layouts: Mapping[str, str],
    *,
    codes: Mapping[str, str] | None = None,
    broken: set[str] | None = None,
) -> Reading:
    fields: dict[str, list[FieldReading]] = {"front": [], "back": []}
    for (source, name), (value, side) in said.items():
        origin = Source(source.partition("-")[0])
        is_print = origin == Source.OCR
        level = confidence.get(FieldName(name), SURE) if is_print else 1.0
        fields[side].append(FieldReading(FieldName(name), value, origin, level, side))
    sides = {
        side: SideReading(
            side=side,
            quality=Quality(problem=problems.get(side, ""), layout=layouts[side]),
            fields=tuple(found),
            qr_text=(codes or {}).get(side, ""),
            is_mrz_broken=side in (broken or set()),
        )
        for side, found in fields.items()
    }
    return Reading("fake", sides, 0.2)


@dataclass
class FakeEngine:
    """Answers by kind of paper, whatever the pictures show; a kind without an answer finds the reader away."""

    answers: dict[str, Reading] = field(default_factory=dict)
    name: str = "fake"
    reads: list[str] = field(default_factory=list)
    # Called in the middle of a reading, for what others do meanwhile.
    meanwhile: Callable[[], object] | None = None

    def read(self, images: Mapping[str, bytes], *, kind: str) -> Reading:
        self.reads.append(kind)
        if self.meanwhile is not None:
            self.meanwhile()
        if kind not in self.answers:
            raise ReaderAway
        return self.answers[kind]

    @classmethod
    def of(cls, person: Person) -> "FakeEngine":
        """Return an engine that reads all papers of one honest person."""
        return cls(
            {
                DocumentKind.CITIZEN_CARD: card_reading(person),
                DocumentKind.DRIVING_LICENCE: licence_reading(person),
                DocumentKind.SELFIE: selfie_reading(),
            }
        )

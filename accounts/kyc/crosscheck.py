"""Holds what a paper says against itself, the account and the person's other papers. Pure: no database, no clock.

Three kinds of source: the QR code, the machine readable zone, and the print (read by OCR). The first two are either
read exactly or not at all. A printed value below CONFIDENT counts as not read; one from CERTAIN on that differs is a
contradiction, and one between the two a doubt.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from accounts.extraction import citizen_number
from accounts.extraction.types import NO_EXPIRY, FieldName, FieldReading, Layout, Reading, Source
from accounts.kyc.enums import DocumentKind, Finding, LicenceClass
from accounts.kyc.rules import MINIMUM_AGE_TO_RENT, age_on, classes_of, folded_name, is_term_of

CONFIDENT, CERTAIN = 0.85, 0.9
QR, MRZ, PRINT = "qr", "mrz", "print"
GROUP_OF: Mapping[str, str] = {
    Source.QR: QR,
    Source.MRZ: MRZ,
    Source.OCR: PRINT,
    Source.TEXTRACT: PRINT,
}
# Which sources have to say the same before a machine may believe a field.
NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    DocumentKind.CITIZEN_CARD: {
        FieldName.NUMBER: (QR, MRZ, PRINT),
        FieldName.FULL_NAME: (QR, MRZ, PRINT),
        FieldName.BORN_ON: (QR, MRZ, PRINT),
        FieldName.ISSUED_ON: (QR, PRINT),
        FieldName.EXPIRES_ON: (MRZ, PRINT),
    },
    DocumentKind.DRIVING_LICENCE: {
        FieldName.NUMBER: (PRINT,),
        FieldName.FULL_NAME: (PRINT,),
        FieldName.BORN_ON: (PRINT,),
        FieldName.ISSUED_ON: (PRINT,),
        FieldName.EXPIRES_ON: (PRINT,),
        FieldName.LICENCE_CLASSES: (PRINT,),
    },
    DocumentKind.PASSPORT: {
        FieldName.NUMBER: (MRZ,),
        FieldName.FULL_NAME: (MRZ,),
        FieldName.BORN_ON: (MRZ,),
        FieldName.EXPIRES_ON: (MRZ,),
    },
}
# Of these a difference says nothing: one source writes them at length, another breaks or shortens them.
NOT_COMPARED = frozenset({FieldName.ADDRESS, FieldName.OLD_NUMBER})
# Zones and plain readers write names without accents, and a zone cuts long ones.
WITHOUT_ACCENTS = frozenset({Source.MRZ, Source.TEXTRACT})
SHORTEST_CUT_NAME = 24
TWELVE_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")
GENERATIONS = (
    {Layout.CARD_2021_FRONT, Layout.CARD_2021_BACK},
    {Layout.CARD_2024_FRONT, Layout.CARD_2024_BACK},
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the papers are said to belong to."""

    full_name: str
    born_on: date | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What the paper that says who somebody is says of them, once it can be believed."""

    full_name: str
    born_on: date | None
    # A name that comes from a zone or from abroad has no accents to compare.
    has_accents: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One value as it is believed, where it comes from, and what says otherwise."""

    name: str
    value: str
    source: str
    confidence: float
    readings: tuple[FieldReading, ...] = ()
    # Believable readings that say something else.
    disagreeing: tuple[FieldReading, ...] = ()
    # qr, mrz, print: which of them say this value.
    agreeing: frozenset[str] = frozenset()

    @property
    def is_contradicted(self) -> bool:
        return any(reading.confidence >= CERTAIN for reading in self.disagreeing)


@dataclass(frozen=True, slots=True)
class Values:
    """The fields as types, for whoever writes them down; what could not be made out is empty."""

    number: str = ""
    full_name: str = ""
    born_on: date | None = None
    sex: str = ""
    licence_classes: tuple[str, ...] = ()
    issued_on: date | None = None
    expires_on: date | None = None
    nationality: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a paper says, put together, and what there is to say about it."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    values: Values = Values()
    findings: tuple[Finding, ...] = ()

    @property
    def numbers(self) -> frozenset[str]:
        """Every number that any source shows, for the search for duplicates."""
        kept = self.fields.get(FieldName.NUMBER)
        return frozenset(reading.value for reading in kept.readings) if kept else frozenset()


def crosscheck(
    reading: Reading, *, kind: str, subject: Subject, today: date, identity: Identity | None = None
) -> Checked:
    """Put together what was read from one paper, and say what does not fit.

    `identity` is what the person's other, believed paper says of them; a licence is held against it.
    """
    fields = merge(reading, kind=kind)
    values = _values(fields)
    findings = {
        *_about_sources(fields, reading, kind),
        *_about_layouts(reading),
        *_about_dates(fields, values, today),
        *_about_person(fields, values, kind, subject, identity),
    }
    if kind == DocumentKind.CITIZEN_CARD:
        findings |= set(_about_number(values))
    if kind == DocumentKind.DRIVING_LICENCE:
        findings |= set(_about_licence(fields, values, reading))
    return Checked(fields, values, tuple(each for each in Finding if each in findings))


def merge(reading: Reading, *, kind: str) -> dict[str, Field]:
    """Return each field that any source shows, with the value to believe: code, zone, surest print, in this order.

    Of a name the print comes before the zone, which has no accents.
    """
    by_name: dict[str, list[FieldReading]] = {}
    for each in reading.fields:
        if each.value and not _is_left_out(each, kind):
            by_name.setdefault(str(each.name), []).append(each)
    return {name: _merged(name, found) for name, found in by_name.items()}


def _is_left_out(each: FieldReading, kind: str) -> bool:
    """The back of a licence shows days of examinations, which are not the day of issue."""
    return kind == DocumentKind.DRIVING_LICENCE and each.name == FieldName.ISSUED_ON and each.side == "back"


def _merged(name: str, found: list[FieldReading]) -> Field:
    order = [QR, PRINT, MRZ] if name == FieldName.FULL_NAME else [QR, MRZ, PRINT]
    believable = [each for each in found if is_believable(each)]
    best = min(believable or found, key=lambda each: (order.index(GROUP_OF[each.source]), -each.confidence))
    agreeing = [each for each in believable if is_same(name, each, best)]
    return Field(
        name=name,
        value=best.value,
        source=str(best.source),
        confidence=best.confidence,
        readings=tuple(found),
        disagreeing=()
        if name in NOT_COMPARED
        else tuple(each for each in believable if not is_same(name, each, best)),
        agreeing=frozenset(GROUP_OF[each.source] for each in agreeing),
    )


def is_believable(reading: FieldReading) -> bool:
    """Say whether a reading counts at all."""
    return reading.confidence >= CONFIDENT


def is_same(name: str, one: FieldReading, other: FieldReading) -> bool:
    """Compare two readings of one field as their sources write it."""
    if name == FieldName.LICENCE_CLASSES:
        return _class_names(one.value) == _class_names(other.value)
    if name != FieldName.FULL_NAME:
        return one.value == other.value
    if {one.source, other.source}.isdisjoint(WITHOUT_ACCENTS):
        return with_accents(one.value) == with_accents(other.value)
    first, second = folded_name(one.value), folded_name(other.value)
    return first == second or (
        _is_cut(one, first, second) if one.source == Source.MRZ else _is_cut(other, second, first)
    )


def with_accents(name: str) -> str:
    """Return a name as two sources that both know accents are compared: composed, upper case, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).upper().split())


def _is_cut(zone: FieldReading, short: str, long: str) -> bool:
    return zone.source == Source.MRZ and len(short) >= SHORTEST_CUT_NAME and long.startswith(short)


def _values(fields: Mapping[str, Field]) -> Values:
    def text(name: str) -> str:
        return fields[name].value if name in fields else ""

    issued_on = _day(text(FieldName.ISSUED_ON))
    return Values(
        number=text(FieldName.NUMBER),
        full_name=text(FieldName.FULL_NAME),
        born_on=_day(text(FieldName.BORN_ON)),
        sex=text(FieldName.SEX),
        licence_classes=classes_of(_class_names(text(FieldName.LICENCE_CLASSES)), issued_on) or (),
        issued_on=issued_on,
        expires_on=_day(text(FieldName.EXPIRES_ON)),
        nationality=text(FieldName.NATIONALITY),
    )


def _about_sources(fields: Mapping[str, Field], reading: Reading, kind: str) -> Iterable[Finding]:
    """Say which source is missing or contradicts another."""
    needed = NEEDED.get(kind, {})
    if not needed:
        return
    if not any(is_believable(each) for kept in fields.values() for each in kept.readings):
        yield Finding.NOTHING_READ
    seen = {GROUP_OF[each.source] for kept in fields.values() for each in kept.readings}
    wanted = {source for sources in needed.values() for source in sources}
    if any(side.is_mrz_broken for side in reading.sides.values()):
        yield Finding.MRZ_CHECK_FAILED
    elif MRZ in wanted - seen:
        yield Finding.MRZ_MISSING
    if QR in wanted - seen:
        yield Finding.QR_MISSING
    if any(kept.is_contradicted for kept in fields.values()):
        yield Finding.SOURCES_DISAGREE
    if any(kept.disagreeing for kept in fields.values()):
        yield Finding.LOW_CONFIDENCE
    for name, sources in needed.items():
        agreeing = fields[name].agreeing if name in fields else frozenset[str]()
        if not agreeing.issuperset(sources):
            yield Finding.LOW_CONFIDENCE


def _about_layouts(reading: Reading) -> Iterable[Finding]:
    """The two sides must be of one generation of cards."""
    shown = {side.quality.layout for side in reading.sides.values()}
    if sum(not shown.isdisjoint(generation) for generation in GENERATIONS) > 1:
        yield Finding.SOURCES_DISAGREE


def _about_dates(fields: Mapping[str, Field], values: Values, today: date) -> Iterable[Finding]:
    """Judge by every believable reading, so that no source can hide what another shows."""
    if any(day < today for day in _days(fields, FieldName.EXPIRES_ON)):
        yield Finding.EXPIRED
    if any(age_on(day, today) < MINIMUM_AGE_TO_RENT for day in _days(fields, FieldName.BORN_ON)):
        yield Finding.UNDER_AGE
    if values.issued_on is not None:
        starts = values.born_on or date.min
        ends = values.expires_on or date.max
        if values.issued_on > today or not starts < values.issued_on < ends:
            yield Finding.SOURCES_DISAGREE


def _about_person(
    fields: Mapping[str, Field], values: Values, kind: str, subject: Subject, identity: Identity | None
) -> Iterable[Finding]:
    name = fields.get(FieldName.FULL_NAME)
    if name is not None:
        if not is_same_person(name.value, subject.full_name, kind=kind) or not _is_spelled_alike(
            name, subject.full_name, kind
        ):
            yield Finding.NAME_DIFFERS
        elif identity is not None:
            yield from _against_identity(name, identity)
    for known in (subject.born_on, identity.born_on if identity else None):
        if known is not None and values.born_on is not None and values.born_on != known:
            yield Finding.BIRTH_DIFFERS


def _is_spelled_alike(name: Field, in_account: str, kind: str) -> bool:
    """Hold a card to the accents of the account, if it has any; Hoà and Hòa are one spelling."""
    if kind != DocumentKind.CITIZEN_CARD or name.source in WITHOUT_ACCENTS:
        return True
    has_accents = with_accents(in_account) != folded_name(in_account)
    return not has_accents or _marks_of(name.value) == _marks_of(in_account)


def _marks_of(name: str) -> list[list[str]]:
    """Return the letters and marks of each word, in no order: people put the mark of a tone on either vowel."""
    return [sorted(unicodedata.normalize("NFD", word)) for word in name.upper().split()]


def _against_identity(name: Field, identity: Identity) -> Iterable[Finding]:
    """Two papers with accents must agree to the accent: Hùng and Hưng are two people."""
    if folded_name(name.value) != folded_name(identity.full_name):
        yield Finding.NAME_DIFFERS
    elif (
        identity.has_accents
        and name.source not in WITHOUT_ACCENTS
        and with_accents(name.value) != with_accents(identity.full_name)
    ):
        yield Finding.NAME_DIFFERS if name.confidence >= CERTAIN else Finding.LOW_CONFIDENCE


def is_same_person(on_paper: str, in_account: str, *, kind: str) -> bool:
    """Compare with the account, which people type with and without accents; abroad the surname may come last."""
    first, second = folded_name(on_paper), folded_name(in_account)
    if kind in (DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE):
        return first == second
    return sorted(first.split()) == sorted(second.split())


def _about_number(values: Values) -> Iterable[Finding]:
    """Twelve digits name province, century, sex and year of birth, and no check digit."""
    if not values.number:
        return
    parts = citizen_number.take_apart(values.number)
    if parts is None or not parts.agrees_with(born_on=values.born_on, sex=values.sex):
        yield Finding.NUMBER_STRUCTURE
    elif not parts.is_province_known:
        yield Finding.UNKNOWN_PROVINCE


def _about_licence(fields: Mapping[str, Field], values: Values, reading: Reading) -> Iterable[Finding]:
    """Classes stand on both sides; the days follow from them; an address in the code may name the number."""
    classes = fields.get(FieldName.LICENCE_CLASSES)
    sides = {each.side for each in classes.readings if is_believable(each)} if classes else set()
    if not values.licence_classes or len(sides) < 2 or (classes and classes.disagreeing):
        yield Finding.CLASS_UNCERTAIN
    for side in reading.sides.values():
        numbers = set(TWELVE_DIGITS.findall(side.qr_text))
        if numbers and values.number not in numbers:
            yield Finding.SOURCES_DISAGREE
    if values.issued_on is not None and any(day > values.issued_on for day in _days_of_examination(reading)):
        yield Finding.SOURCES_DISAGREE
    if values.licence_classes and FieldName.EXPIRES_ON in fields and values.issued_on is not None:
        is_fitting = is_term_of(
            values.licence_classes,
            issued_on=values.issued_on,
            expires_on=values.expires_on,
            born_on=values.born_on,
        )
        if not is_fitting:
            yield Finding.LOW_CONFIDENCE


def _days_of_examination(reading: Reading) -> list[date]:
    found = [each for each in reading.fields if _is_left_out(each, DocumentKind.DRIVING_LICENCE)]
    return [day for each in found if each.confidence >= CERTAIN and (day := _day(each.value)) is not None]


def _days(fields: Mapping[str, Field], name: str) -> list[date]:
    readings = fields[name].readings if name in fields else ()
    return [day for each in readings if is_believable(each) and (day := _day(each.value)) is not None]


def _day(text: str) -> date | None:
    if not text or text == NO_EXPIRY:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _class_names(text: str) -> frozenset[str]:
    return frozenset(name.strip().upper() for name in text.split(",") if name.strip())


__all__ = [
    "CERTAIN",
    "CONFIDENT",
    "Checked",
    "Field",
    "Identity",
    "LicenceClass",
    "Subject",
    "Values",
    "crosscheck",
    "merge",
]

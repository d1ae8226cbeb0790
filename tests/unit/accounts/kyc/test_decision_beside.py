"""What becomes of licences, papers from abroad and selfies, beside the card or without it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from accounts.extraction.types import (
    NO_EXPIRY,
    FaceMatch,
    FieldName,
    FieldReading,
    Problem,
    Reading,
    SideReading,
)
from accounts.kyc.crosscheck import Identity
from accounts.kyc.decision import Paper, decide
from accounts.kyc.enums import DocumentKind, DocumentState, Finding
from tests.factories.papers import (
    APPROVED,
    AUTO_PASSED,
    BORN,
    CARD,
    CLASSES,
    EXPIRES,
    ISSUED,
    LICENCE,
    ME,
    MRZ,
    NAME,
    NUMBER,
    OCR,
    OTHER,
    PASSPORT,
    QR,
    REJECTED,
    REVIEW,
    SELFIE,
    case,
    of_licence,
)
from tests.fakes.reader import card_reading, licence_reading, selfie_reading

DISAGREE, LOW = Finding.SOURCES_DISAGREE, Finding.LOW_CONFIDENCE


# --- The licence -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lies", "finding"),
    [
        ({("front", NAME): "VÕ MINH HẢI"}, Finding.NAME_DIFFERS),
        ({("front", NAME): "VÕ MINH HƯNG"}, Finding.NAME_DIFFERS),
        ({("front", BORN): "1980-04-09"}, Finding.BIRTH_DIFFERS),
        ({("front", NUMBER): "300258880001"}, DISAGREE),
        ({("front", CLASSES): "A,B"}, DISAGREE),
        ({("back", CLASSES): "A1,B,C"}, DISAGREE),
        ({("front", CLASSES): "A1,FB2", ("back", CLASSES): "A1,FB2"}, Finding.CLASS_UNCERTAIN),
        ({("front", CLASSES): "A2", ("back", CLASSES): "A2"}, Finding.CLASS_UNCERTAIN),
        ({("front", EXPIRES): "2037-06-02"}, LOW),
        ({("front", EXPIRES): NO_EXPIRY}, LOW),
        ({("front", EXPIRES): "2026-06-02"}, Finding.EXPIRED),
        ({("front", ISSUED): "2025-07-02"}, LOW),
        ({("front", ISSUED): "2027-06-02"}, DISAGREE),
        # An old A1 covers more power: whoever makes the licence older than its examination is seen.
        ({("back", ISSUED): "2025-06-03"}, DISAGREE),
    ],
)
def test_a_lie_on_a_licence_is_seen(lies: Mapping[Any, str], finding: Finding) -> None:
    decided = of_licence(licence_reading(ME, lies=lies))

    assert decided.state == REVIEW
    assert finding in decided.findings


def test_an_examination_before_the_day_of_issue_is_usual() -> None:
    assert of_licence(licence_reading(ME, lies={("back", ISSUED): "2025-05-20"})).state == APPROVED


@pytest.mark.parametrize("place", [("front", CLASSES), ("back", CLASSES)])
def test_classes_must_be_read_on_both_sides(place: tuple[str, str]) -> None:
    decided = of_licence(licence_reading(ME, unread=frozenset({place})))

    assert (decided.state, decided.findings) == (REVIEW, (Finding.CLASS_UNCERTAIN,))


@pytest.mark.parametrize("name", [NUMBER, NAME, BORN, ISSUED, EXPIRES])
def test_every_field_of_a_licence_must_be_read(name: FieldName) -> None:
    decided = of_licence(licence_reading(ME, unread=frozenset({("front", name)})))

    assert decided.state == REVIEW
    assert LOW in decided.findings


@pytest.mark.parametrize("text", ["", "https://example.gov.vn/gplx/8fa1c0", "SPECIMEN"])
def test_a_code_that_names_no_number_says_nothing(text: str) -> None:
    assert of_licence(licence_reading(ME, qr_text=text)).state == APPROVED


def test_classes_keep_the_meaning_of_the_day_of_issue() -> None:
    old = replace(
        ME,
        licence_classes=("A1", "B2"),
        licence_issued_on=date(2024, 12, 31),
        licence_expires_on=date(2034, 12, 31),
    )

    assert of_licence(licence_reading(old)).values.licence_classes == ("old_A1", "old_B2")


def test_a_licence_without_a_card_waits_and_is_held_against_an_approved_one() -> None:
    alone = case({LICENCE: licence_reading(ME)})
    assert decide(alone)[LICENCE].state == AUTO_PASSED

    known = replace(alone, identity=Identity(ME.full_name, ME.born_on))
    assert decide(known)[LICENCE].state == APPROVED

    other = replace(alone, identity=Identity(OTHER.full_name, OTHER.born_on))
    assert set(decide(other)[LICENCE].findings) == {Finding.NAME_DIFFERS, Finding.BIRTH_DIFFERS}


def test_a_licence_is_not_held_against_a_card_that_a_person_still_has_to_see() -> None:
    papers = {CARD: card_reading(ME, lies={(QR, NAME): "Võ Minh Hải"}), LICENCE: licence_reading(ME)}

    assert decide(case(papers))[LICENCE].state == AUTO_PASSED


def test_somebody_elses_licence_is_seen() -> None:
    assert set(of_licence(licence_reading(OTHER)).findings) >= {Finding.NAME_DIFFERS, Finding.BIRTH_DIFFERS}


# --- Papers from abroad ------------------------------------------------------------------------------


def passport(*, name: str = "HUNG VO MINH", expires: str = "2032-11-21") -> Reading:
    values = {
        NUMBER: "P4879959",
        NAME: name,
        BORN: "1980-04-08",
        EXPIRES: expires,
        FieldName.NATIONALITY: "DEU",
    }
    fields = tuple(FieldReading(key, value, MRZ, 1.0, "front") for key, value in values.items())
    return Reading("fake", {"front": SideReading("front", fields=fields)})


@pytest.mark.parametrize(
    ("reading", "findings"),
    [
        (passport(), (Finding.ALWAYS_BY_PERSON,)),
        (passport(name="HANS MUSTER"), (Finding.NAME_DIFFERS, Finding.ALWAYS_BY_PERSON)),
        (passport(expires="2026-01-01"), (Finding.EXPIRED, Finding.ALWAYS_BY_PERSON)),
        (None, (Finding.READER_AWAY, Finding.ALWAYS_BY_PERSON)),
    ],
)
def test_a_passport_is_read_for_the_reviewer_and_never_approved(
    reading: Reading | None, findings: tuple[Finding, ...]
) -> None:
    decided = decide(case({PASSPORT: reading}))[PASSPORT]

    assert (decided.state, decided.findings) == (REVIEW, findings)


def test_a_passport_gives_the_reviewer_its_fields() -> None:
    values = decide(case({PASSPORT: passport()}))[PASSPORT].values

    assert (values.number, values.nationality, values.expires_on) == ("P4879959", "DEU", date(2032, 11, 21))


@pytest.mark.parametrize("kind", [DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT])
def test_paper_without_a_zone_goes_to_a_person_even_beside_an_approved_identity(kind: DocumentKind) -> None:
    decided = decide(case({kind: selfie_reading()}, identity=Identity(ME.full_name, ME.born_on)))[kind]

    assert (decided.state, decided.findings) == (REVIEW, (Finding.ALWAYS_BY_PERSON,))


# --- Faces -------------------------------------------------------------------------------------------

SAME = FaceMatch("fake", 0.97, is_same=True)
BOTH = {CARD: card_reading(ME), SELFIE: selfie_reading()}


@pytest.mark.parametrize(
    ("changes", "card", "selfie"),
    [
        ({}, APPROVED, AUTO_PASSED),
        # What an engine that is switched off once said counts for nothing.
        ({"face": replace(SAME, is_same=False)}, APPROVED, AUTO_PASSED),
        ({"compares_faces": True}, AUTO_PASSED, AUTO_PASSED),
        ({"compares_faces": True, "face": SAME}, APPROVED, APPROVED),
        ({"compares_faces": True, "face": SAME, "is_automatic": False}, REVIEW, AUTO_PASSED),
        ({"compares_faces": True, "face": replace(SAME, is_same=False)}, REVIEW, REVIEW),
        ({"compares_faces": True, "face": replace(SAME, is_same=False, is_unsure=True)}, REVIEW, REVIEW),
        ({"compares_faces": True, "face": replace(SAME, known_as=("U-1",))}, REVIEW, REVIEW),
        (
            {"compares_faces": True, "face": replace(SAME, problem=Problem.FACE_UNCLEAR)},
            AUTO_PASSED,
            REJECTED,
        ),
    ],
)
def test_a_face_decides_about_selfie_and_card(
    changes: dict[str, Any], card: DocumentState, selfie: DocumentState
) -> None:
    decisions = decide(case(BOTH, **changes))

    assert (decisions[CARD].state, decisions[SELFIE].state) == (card, selfie)


def test_a_selfie_that_is_taken_again_says_which_side() -> None:
    decided = decide(case({SELFIE: selfie_reading(Problem.FACE_UNCLEAR)}))[SELFIE]

    assert (decided.state, decided.bad_sides) == (REJECTED, {"front": "face_unclear"})


def test_somebody_elses_selfie_goes_to_a_person() -> None:
    decided = decide(case({SELFIE: Paper(selfie_reading(), is_image_known=True)}))[SELFIE]

    assert (decided.state, decided.findings) == (REVIEW, (Finding.IMAGE_KNOWN, Finding.FACE_NOT_COMPARED))


def test_a_matching_face_alone_approves_nothing() -> None:
    lie = card_reading(ME, lies={(OCR, NUMBER): OTHER.number})

    decisions = decide(case({CARD: lie, SELFIE: selfie_reading()}, compares_faces=True, face=SAME))

    assert (decisions[CARD].state, decisions[SELFIE].state) == (REVIEW, AUTO_PASSED)

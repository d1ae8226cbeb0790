"""What becomes of papers, by table: each thing that can be wrong, in each source, and what is said about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.extraction.types import (
    NO_EXPIRY,
    FaceMatch,
    FieldName,
    FieldReading,
    Layout,
    Problem,
    Reading,
    SideReading,
    Source,
)
from accounts.kyc import decision
from accounts.kyc.crosscheck import Identity, Subject, crosscheck
from accounts.kyc.decision import GRAVE, Case, Decision, Paper, decide
from accounts.kyc.enums import DocumentKind, DocumentState, Finding, RejectionCode
from accounts.kyc.policy import Policy
from tests.fakes.reader import card_reading, licence_reading, selfie_reading
from tests.identity.people import TODAY, Person, make_person

CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE
PASSPORT = DocumentKind.PASSPORT
QR, MRZ, OCR = Source.QR, Source.MRZ, Source.OCR
NUMBER, NAME, BORN = FieldName.NUMBER, FieldName.FULL_NAME, FieldName.BORN_ON
ISSUED, EXPIRES, CLASSES = FieldName.ISSUED_ON, FieldName.EXPIRES_ON, FieldName.LICENCE_CLASSES
APPROVED, REVIEW = DocumentState.APPROVED, DocumentState.NEEDS_REVIEW
AUTO_PASSED, REJECTED = DocumentState.AUTO_PASSED, DocumentState.REJECTED

# Võ Minh Bường, born on 8 April 1980, number 030080635108; a licence of 2025 for cars.
ME = replace(
    make_person(7, card_form=2021, licence_form=2025),
    full_name="Võ Minh Hùng",
    licence_classes=("A1", "B"),
    licence_issued_on=date(2025, 6, 2),
    licence_expires_on=date(2035, 6, 2),
)
OTHER = make_person(8, card_form=2021, licence_form=2025)


def case(papers: Mapping[str, Reading | Paper | None], **changes: Any) -> Case:
    return Case(
        **{
            "subject": Subject(ME.full_name),
            "today": TODAY,
            "papers": {
                kind: paper if isinstance(paper, Paper) else Paper(paper) for kind, paper in papers.items()
            },
            **changes,
        }
    )


def of_card(reading: Reading | Paper | None, **changes: Any) -> Decision:
    return decide(case({CARD: reading}, **changes))[CARD]


def of_licence(reading: Reading | Paper | None, **changes: Any) -> Decision:
    return decide(case({CARD: card_reading(ME), LICENCE: reading}, **changes))[LICENCE]


def test_honest_papers_pass() -> None:
    decisions = decide(case({CARD: card_reading(ME), LICENCE: licence_reading(ME), SELFIE: selfie_reading()}))

    assert {kind: each.state for kind, each in decisions.items()} == {
        CARD: APPROVED,
        LICENCE: APPROVED,
        SELFIE: AUTO_PASSED,
    }
    assert decisions[CARD].values.number == ME.number
    assert decisions[CARD].values.full_name == "Võ Minh Hùng"
    assert decisions[LICENCE].values.licence_classes == ("A1", "B")
    assert decisions[SELFIE].findings == (Finding.FACE_NOT_COMPARED,)


@pytest.mark.parametrize("seed", range(40))
def test_every_honest_person_passes(seed: int) -> None:
    person = make_person(seed)
    decisions = decide(
        Case(
            Subject(person.full_name, person.born_on),
            TODAY,
            {CARD: Paper(card_reading(person)), LICENCE: Paper(licence_reading(person))},
        )
    )

    assert [each.findings for each in decisions.values()] == [(), ()]
    assert {each.state for each in decisions.values()} == {APPROVED}


# --- The card ----------------------------------------------------------------------------------------

DISAGREE, LOW = Finding.SOURCES_DISAGREE, Finding.LOW_CONFIDENCE


@pytest.mark.parametrize(
    ("lies", "findings"),
    [
        ({(QR, NUMBER): "030080635109"}, {DISAGREE, LOW}),
        ({(MRZ, NUMBER): "030080635109"}, {DISAGREE, LOW}),
        ({(OCR, NUMBER): "030080635109"}, {DISAGREE, LOW}),
        ({(QR, NAME): "Võ Minh Hưng"}, {DISAGREE, LOW, Finding.NAME_DIFFERS}),
        ({(QR, NAME): "Võ Minh Hải"}, {DISAGREE, LOW, Finding.NAME_DIFFERS}),
        ({(MRZ, NAME): "VO MINH HAI"}, {DISAGREE, LOW}),
        ({(OCR, NAME): "VÕ MINH HẢI"}, {DISAGREE, LOW}),
        # Hùng and Hưng are two names, however a zone writes them.
        ({(OCR, NAME): "VÕ MINH HƯNG"}, {DISAGREE, LOW}),
        ({(OCR, NAME): "VO MINH HUNG"}, {DISAGREE, LOW}),
        ({(QR, BORN): "1980-04-09"}, {DISAGREE, LOW}),
        ({(MRZ, BORN): "1980-04-09"}, {DISAGREE, LOW}),
        ({(OCR, BORN): "1980-04-09"}, {DISAGREE, LOW}),
        ({(QR, FieldName.SEX): "F"}, {DISAGREE, LOW, Finding.NUMBER_STRUCTURE}),
        ({(MRZ, FieldName.SEX): "F"}, {DISAGREE, LOW}),
        ({(QR, ISSUED): "2022-01-01"}, {DISAGREE, LOW}),
        ({(OCR, ISSUED): "2022-01-01"}, {DISAGREE, LOW}),
        ({(MRZ, EXPIRES): "2043-04-08"}, {DISAGREE, LOW}),
        ({(OCR, EXPIRES): "2043-04-08"}, {DISAGREE, LOW}),
        ({(OCR, EXPIRES): NO_EXPIRY}, {DISAGREE, LOW}),
        ({(OCR, EXPIRES): "2020-04-08"}, {DISAGREE, LOW, Finding.EXPIRED}),
    ],
)
def test_a_lie_in_one_source_is_seen(lies: Mapping[Any, str], findings: set[Finding]) -> None:
    decided = of_card(card_reading(ME, lies=lies))

    assert (decided.state, set(decided.findings)) == (REVIEW, findings)


@pytest.mark.parametrize("where", [(QR,), (MRZ,), (OCR,), (QR, MRZ), (QR, OCR), (MRZ, OCR)])
def test_another_persons_code_zone_or_print_is_seen(where: tuple[Source, ...]) -> None:
    values = {NUMBER: OTHER.number, NAME: OTHER.full_name, BORN: OTHER.born_on.isoformat()}
    lies = {(source, name): value for source in where for name, value in values.items()}
    lies |= {(MRZ, NAME): "LE VAN KHAC"} if MRZ in where else {}

    decided = of_card(card_reading(ME, lies=lies))

    assert decided.state == REVIEW
    assert DISAGREE in decided.findings


@pytest.mark.parametrize(
    ("unread", "findings"),
    [
        ({(QR, name) for name in (NUMBER, NAME, BORN, ISSUED, FieldName.SEX)}, {Finding.QR_MISSING, LOW}),
        (
            {(MRZ, name) for name in (NUMBER, NAME, BORN, EXPIRES, FieldName.SEX)},
            {Finding.MRZ_MISSING, LOW},
        ),
        ({(OCR, NUMBER)}, {LOW}),
        ({(OCR, NAME)}, {LOW}),
        ({(OCR, BORN)}, {LOW}),
        ({(OCR, EXPIRES)}, {LOW}),
        ({(OCR, ISSUED)}, {LOW}),
        ({(MRZ, EXPIRES)}, {LOW}),
        ({(MRZ, NAME)}, {LOW}),
    ],
)
def test_a_source_that_says_nothing_sends_to_a_person(
    unread: set[tuple[Source, FieldName]], findings: set[Finding]
) -> None:
    decided = of_card(card_reading(ME, unread=frozenset(unread)))

    assert (decided.state, set(decided.findings)) == (REVIEW, findings)


@pytest.mark.parametrize("name", [NUMBER, NAME, BORN, EXPIRES, ISSUED])
@pytest.mark.parametrize(("level", "state"), [(0.84, REVIEW), (0.85, APPROVED)])
def test_print_counts_from_85_percent_on(name: FieldName, level: float, state: DocumentState) -> None:
    decided = of_card(card_reading(ME, confidence={name: level}))

    assert (decided.state, decided.findings) == (state, () if state == APPROVED else (LOW,))


@pytest.mark.parametrize(
    ("level", "findings"),
    [(0.5, (LOW,)), (0.84, (LOW,)), (0.85, (LOW,)), (0.89, (LOW,)), (0.9, (DISAGREE, LOW))],
)
def test_print_contradicts_from_90_percent_on(level: float, findings: tuple[Finding, ...]) -> None:
    reading = card_reading(ME, lies={(OCR, NUMBER): "030080635109"}, confidence={NUMBER: level})

    decided = of_card(reading)

    assert (decided.state, decided.findings) == (REVIEW, findings)
    assert decided.values.number == ME.number


def test_a_zone_whose_check_digits_do_not_fit_is_said_so() -> None:
    zone = {(MRZ, name) for name in (NUMBER, NAME, BORN, EXPIRES, FieldName.SEX)}

    decided = of_card(card_reading(ME, unread=frozenset(zone), is_mrz_broken=True))

    assert (decided.state, decided.findings) == (REVIEW, (Finding.MRZ_CHECK_FAILED, LOW))


def test_a_zone_cuts_a_long_name() -> None:
    long = replace(ME, full_name="Nguyễn Hoàng Thùy Khánh Phương Dung")
    reading = card_reading(long, lies={(MRZ, NAME): "NGUYEN HOANG THUY KHANH PHU"})

    assert of_card(reading, subject=Subject(long.full_name)).state == APPROVED
    reading = card_reading(long, lies={(MRZ, NAME): "NGUYEN HOANG"})
    assert of_card(reading, subject=Subject(long.full_name)).state == REVIEW


def card_with(**changes: Any) -> Reading:
    return card_reading(replace(ME, **changes))


@pytest.mark.parametrize(
    ("reading", "subject", "finding"),
    [
        (card_with(expires_on=TODAY - timedelta(days=1)), ME, Finding.EXPIRED),
        (
            card_with(born_on=date(2012, 4, 8), number="030212635108", issued_on=date(2026, 5, 1)),
            ME,
            Finding.UNDER_AGE,
        ),
        (card_with(number="03008063510"), ME, Finding.NUMBER_STRUCTURE),
        (card_with(number="030081635108"), ME, Finding.NUMBER_STRUCTURE),
        (card_with(number="030180635108"), ME, Finding.NUMBER_STRUCTURE),
        (card_with(number="900080635108"), ME, Finding.UNKNOWN_PROVINCE),
        (card_with(issued_on=TODAY + timedelta(days=1)), ME, DISAGREE),
        (card_with(issued_on=date(1979, 1, 1)), ME, DISAGREE),
        (card_reading(ME), OTHER, Finding.NAME_DIFFERS),
        (card_reading(ME, layouts=(Layout.CARD_2021_FRONT, Layout.CARD_2024_BACK)), ME, DISAGREE),
    ],
)
def test_what_a_consistent_card_may_not_say(reading: Reading, subject: Person, finding: Finding) -> None:
    decided = of_card(reading, subject=Subject(subject.full_name))

    assert (decided.state, decided.findings) == (REVIEW, (finding,))


def test_a_card_good_until_today_and_a_birthday_of_today_still_do() -> None:
    born = date(TODAY.year - 16, TODAY.month, TODAY.day)
    young = replace(ME, born_on=born, number="030210635108", issued_on=date(2025, 1, 3), expires_on=TODAY)

    assert of_card(card_reading(young)).state == APPROVED


def test_an_account_may_write_the_name_without_accents() -> None:
    assert of_card(card_reading(ME), subject=Subject("vo  minh HUNG")).state == APPROVED


def test_an_account_that_writes_accents_is_held_to_them() -> None:
    """A brother's card: Hưng is not Hùng, although a zone writes both alike."""
    decided = of_card(card_reading(ME), subject=Subject("Võ Minh Hưng"))

    assert (decided.state, decided.findings) == (REVIEW, (Finding.NAME_DIFFERS,))


def test_the_mark_of_a_tone_may_stand_on_either_vowel() -> None:
    """Hoà and Hòa are one name in the spellings of two generations."""
    spelled = dict.fromkeys(((QR, NAME), (OCR, NAME)), "Võ Minh Hoà") | {(MRZ, NAME): "VO MINH HOA"}

    assert of_card(card_reading(ME, lies=spelled), subject=Subject("Võ Minh Hòa")).state == APPROVED


@pytest.mark.parametrize(
    ("on_card", "in_account", "state"),
    [
        ("Võ Minh Hòa", "Võ Minh Hoà", APPROVED),
        ("Võ Minh Hùng", "Võ Minh Hưng", REVIEW),
        ("Võ Minh Hùng", "Vo Minh Hung", APPROVED),
    ],
)
def test_an_account_with_accents_is_held_to_them(on_card: str, in_account: str, state: DocumentState) -> None:
    card = card_reading(replace(ME, full_name=on_card))

    assert of_card(card, subject=Subject(in_account)).state == state


def test_the_birthday_known_from_before_must_fit() -> None:
    decided = of_card(card_reading(ME), subject=Subject(ME.full_name, date(1980, 4, 9)))

    assert (decided.state, decided.findings) == (REVIEW, (Finding.BIRTH_DIFFERS,))


def test_a_reader_that_is_away_leaves_the_card_to_a_person() -> None:
    decided = of_card(None)

    assert (decided.state, decided.findings) == (REVIEW, (Finding.READER_AWAY,))


def test_a_card_of_which_nothing_was_read_is_left_to_a_person() -> None:
    empty = Reading("fake", {"front": SideReading("front"), "back": SideReading("back")})

    decided = of_card(empty)

    assert decided.state == REVIEW
    assert decided.findings[0] == Finding.NOTHING_READ


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"is_number_taken": lambda _kind, number: number == ME.number}, Finding.NUMBER_TAKEN),
        ({"is_number_taken": lambda kind, _number: kind == CARD}, Finding.NUMBER_TAKEN),
    ],
)
def test_a_number_of_somebody_else_is_never_passed(changes: dict[str, Any], finding: Finding) -> None:
    decided = of_card(card_reading(ME), **changes)

    assert (decided.state, decided.findings) == (REVIEW, (finding,))


def test_a_taken_number_is_seen_in_whichever_source_it_stands() -> None:
    lie = card_reading(ME, lies={(OCR, NUMBER): OTHER.number}, confidence={NUMBER: 0.4})

    decided = of_card(lie, is_number_taken=lambda _kind, number: number == OTHER.number)

    assert Finding.NUMBER_TAKEN in decided.findings


@pytest.mark.parametrize(
    ("paper", "findings"),
    [
        (Paper(card_reading(ME), is_image_known=True), (Finding.IMAGE_KNOWN,)),
        (Paper(card_reading(ME), is_spot_check=True), (Finding.SPOT_CHECK,)),
        (Paper(card_reading(ME), besides=frozenset({Finding.NUMBER_TAKEN})), (Finding.NUMBER_TAKEN,)),
    ],
)
def test_what_is_known_besides_keeps_the_machine_away(paper: Paper, findings: tuple[Finding, ...]) -> None:
    decided = of_card(paper)

    assert (decided.state, decided.findings) == (REVIEW, findings)


def test_the_policy_keeps_the_machine_from_approving() -> None:
    assert (of_card(card_reading(ME), is_automatic=False).state) == REVIEW


# --- Bad photographs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problems", "worst"),
    [
        ({"front": Problem.GLARE}, "glare"),
        ({"front": Problem.GLARE, "back": Problem.BLURRED}, "blurred"),
        ({"front": Problem.WRONG_SIDE, "back": Problem.TOO_DARK}, "wrong_side"),
        ({"front": Problem.TOO_SMALL, "back": Problem.NOT_A_CARD}, "not_a_card"),
    ],
)
def test_bad_photographs_are_taken_again(problems: Mapping[str, str], worst: str) -> None:
    decided = of_card(card_reading(ME, problems=problems))

    assert (decided.state, decided.rejection_code, decided.findings) == (REJECTED, worst, ())
    assert decided.bad_sides == {side: str(problem) for side, problem in problems.items()}


def test_every_problem_of_a_photograph_has_a_reason_that_people_understand() -> None:
    assert {str(problem) for problem in Problem} <= set(RejectionCode.values)
    assert set(decision.WORST_FIRST) == set(Problem)


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


# --- The table ---------------------------------------------------------------------------------------


def test_what_points_to_deceit_stands_in_one_table() -> None:
    assert Policy().second_look == GRAVE
    assert GRAVE.isdisjoint(decision.HARMLESS)


def test_fields_tell_the_reviewer_who_says_what() -> None:
    lie = card_reading(ME, lies={(MRZ, NUMBER): OTHER.number})

    number = crosscheck(lie, kind=CARD, subject=Subject(ME.full_name), today=TODAY).fields[NUMBER]

    assert (number.value, number.source, number.confidence) == (ME.number, "qr", 1.0)
    assert number.agreeing == {"qr", "print"}
    assert [(each.source, each.value) for each in number.disagreeing] == [("mrz", OTHER.number)]
    assert number.is_contradicted

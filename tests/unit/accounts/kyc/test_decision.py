"""What becomes of a citizen card, by table: each thing that can be wrong, in each source, and what is said of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.extraction.types import NO_EXPIRY, FieldName, Layout, Problem, Reading, SideReading, Source
from accounts.kyc import decision
from accounts.kyc.crosscheck import Subject, crosscheck
from accounts.kyc.decision import GRAVE, Case, Paper, decide
from accounts.kyc.enums import DocumentState, Finding, RejectionCode
from accounts.kyc.policy import Policy
from tests.factories.papers import (
    APPROVED,
    AUTO_PASSED,
    BORN,
    CARD,
    EXPIRES,
    ISSUED,
    LICENCE,
    ME,
    MRZ,
    NAME,
    NUMBER,
    OCR,
    OTHER,
    QR,
    REJECTED,
    REVIEW,
    SELFIE,
    case,
    of_card,
)
from tests.fakes.reader import card_reading, licence_reading, selfie_reading
from tests.identity.people import TODAY, Person, make_person


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

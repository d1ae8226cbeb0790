import random
from datetime import date

import pytest

from accounts.extraction import mrz

TODAY = date(2026, 11, 22)
DIGITS_AND_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

# Doc 9303 part 5, appendix B; part 6, appendix B; part 4, appendix B.
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
# Part 11, appendix D.2: numbers that do not fit into their field, and the specimen of earlier editions.
LONG_TD1 = (
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "3407127M9507122UTO<<<<<<<<<<<2",
    "STEVENSON<<PETER<JOHN<<<<<<<<<",
)
LONG_TD2 = ("I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<", "D23145890<UTO3407127M95071227349<<<8")
EARLIER_TD3 = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C<3UTO6908061F9406236ZE184226B<<<<<14")

VIETNAMESE = (
    "IDVNM0950001238079095000123<<8",
    "9503146M3503144VNM<<<<<<<<<<<2",
    "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<",
)


@pytest.mark.parametrize(
    ("text", "digit"),
    [
        # Part 3, appendix A, examples 1 to 5.
        ("520727", 3),
        ("AB2134<<<", 5),
        ("HA672242<658022549601086<<<<<<<<<<<<<<0", 8),
        ("D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<<", 2),
        ("HA672242<658022549601086<<<<<<<", 8),
    ],
)
def test_check_digits_of_the_standards_own_examples(text: str, digit: int) -> None:
    assert mrz.check_digit(text) == digit


def test_the_specimen_card_reads_exactly() -> None:
    assert mrz.parse_td1(TD1, today=TODAY) == mrz.Mrz(
        kind="TD1",
        document_code="I",
        issuer="UTO",
        number="D23145890",
        nationality="UTO",
        born_on=date(1974, 8, 12),
        sex="F",
        expires_on=date(2012, 4, 15),
        surname="ERIKSSON",
        given_names="ANNA MARIA",
        optional="",
        lines=TD1,
        failed=(),
    )


def test_the_specimen_of_two_lines_reads_exactly() -> None:
    assert mrz.parse_td2(TD2, today=TODAY) == mrz.Mrz(
        kind="TD2",
        document_code="I",
        issuer="UTO",
        number="D23145890",
        nationality="UTO",
        born_on=date(1974, 8, 12),
        sex="F",
        expires_on=date(2012, 4, 15),
        surname="ERIKSSON",
        given_names="ANNA MARIA",
        optional="",
        lines=TD2,
        failed=(),
    )


def test_the_specimen_passport_reads_exactly() -> None:
    assert mrz.parse_td3(TD3, today=TODAY) == mrz.Mrz(
        kind="TD3",
        document_code="P",
        issuer="UTO",
        number="L898902C3",
        nationality="UTO",
        born_on=date(1974, 8, 12),
        sex="F",
        expires_on=date(2012, 4, 15),
        surname="ERIKSSON",
        given_names="ANNA MARIA",
        optional="ZE184226B",
        lines=TD3,
        failed=(),
    )


def test_the_specimen_of_earlier_editions_reads_exactly() -> None:
    read = mrz.parse_td3(EARLIER_TD3, today=TODAY)

    assert read.is_valid
    assert (read.number, read.born_on, read.expires_on) == ("L898902C", date(1969, 8, 6), date(1994, 6, 23))


@pytest.mark.parametrize("parse", [(mrz.parse_td1, LONG_TD1), (mrz.parse_td2, LONG_TD2)])
def test_a_number_longer_than_its_field_goes_on_in_the_optional_data(parse) -> None:
    function, lines = parse
    read = function(lines, today=TODAY)

    assert read.is_valid
    assert (read.number, read.optional) == ("D23145890734", "")
    assert read.full_name == "STEVENSON PETER JOHN"


def test_a_vietnamese_card_carries_its_whole_number() -> None:
    read = mrz.parse_td1(VIETNAMESE, today=TODAY)

    assert read.is_valid
    assert read.citizen_number == "079095000123"
    assert (read.born_on, read.expires_on) == (date(1995, 3, 14), date(2035, 3, 14))
    assert (read.surname, read.given_names) == ("NGUYEN", "VAN AN")


def test_a_vietnamese_card_without_an_end_does_not_run_out() -> None:
    second = VIETNAMESE[1][:8] + "991231" + str(mrz.check_digit("991231")) + "VNM<<<<<<<<<<<"
    second += str(mrz.check_digit(VIETNAMESE[0][5:] + second[0:7] + second[8:15] + second[18:29]))
    read = mrz.parse_td1((VIETNAMESE[0], second, VIETNAMESE[2]), today=TODAY)

    assert read.is_valid
    assert read.expires_on is None


def test_both_numbers_of_a_vietnamese_card_must_be_the_same() -> None:
    """Check digits alone hold here: every one was computed anew for the number that was put in."""
    tail = "095000199"
    first = f"IDVNM{tail}{mrz.check_digit(tail)}" + VIETNAMESE[0][15:]
    second = VIETNAMESE[1][:29]
    second += str(mrz.check_digit(first[5:] + second[0:7] + second[8:15] + second[18:29]))

    assert mrz.parse_td1((first, second, VIETNAMESE[2]), today=TODAY).failed == (mrz.REPEATED,)


@pytest.mark.parametrize(
    ("parse", "lines", "checked"),
    [
        (mrz.parse_td1, VIETNAMESE, {0: range(5, 30), 1: (*range(7), *range(8, 15), *range(18, 30))}),
        (mrz.parse_td1, TD1, {0: range(5, 30), 1: (*range(7), *range(8, 15), *range(18, 30))}),
        (mrz.parse_td2, TD2, {1: (*range(10), *range(13, 20), *range(21, 36))}),
        (mrz.parse_td3, TD3, {1: (*range(10), *range(13, 20), *range(21, 44))}),
    ],
)
def test_any_one_character_changed_in_a_checked_field_fails(parse, lines, checked) -> None:
    """Each place, each other character, unless it was repaired to what stood there.

    Letters that count like another modulo ten are beyond a check digit (A is 10, K is 20, U is 30, like 0 and the
    filler), so they are not asked of the specimens. A Vietnamese card has no letters in these fields: none passes.
    """
    assert parse(lines, today=TODAY).is_valid
    passed = []
    for line, places in checked.items():
        for place in places:
            original = lines[line][place]
            for character in DIGITS_AND_LETTERS:
                if lines is not VIETNAMESE and _counts(character) % 10 == _counts(original) % 10:
                    continue
                changed = list(lines)
                changed[line] = lines[line][:place] + character + lines[line][place + 1 :]
                read = parse(changed, today=TODAY)
                if read.is_valid and read.lines != lines:
                    passed.append((line, place, character))

    assert passed == []


def _counts(character: str) -> int:
    return 0 if character == "<" else int(character, 36)


def test_random_damage_to_a_vietnamese_card_never_gives_another_number() -> None:
    rng = random.Random(9303)
    wrong = []
    for _round in range(8_000):
        lines = [list(line) for line in VIETNAMESE]
        for _change in range(rng.randrange(1, 5)):
            line = rng.randrange(2)
            lines[line][rng.randrange(30)] = rng.choice(DIGITS_AND_LETTERS)
        read = mrz.parse_td1(["".join(line) for line in lines], today=TODAY)
        facts = (read.citizen_number, read.born_on, read.expires_on)
        if (
            read.is_valid
            and read.citizen_number
            and facts != ("079095000123", date(1995, 3, 14), date(2035, 3, 14))
        ):
            wrong.append(read)

    assert wrong == []


def test_look_alikes_are_repaired_where_the_place_leaves_no_doubt() -> None:
    read = mrz.parse_td1(
        (
            "IDVNMO9SOOOIZ38O79O9SOOOIZ3<K8",
            "9SO3I46M3SO3I44VNM<<C<<<K<<<<Z",
            "N6UYEN<<VAN<AN<<<<<<<<<<<<<<<<",
        ),
        today=TODAY,
    )

    assert read.is_valid
    assert read.lines == (*VIETNAMESE[:2], "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<")


def test_a_letter_in_a_passport_number_is_left_alone() -> None:
    """There both may stand, so an O is an O: only the check digit says whether it was read well."""
    lines = (TD3[0], TD3[1].replace("L898902C3", "L8989O2C3"))
    read = mrz.parse_td3(lines, today=TODAY)

    assert read.number == "L8989O2C3"
    assert read.failed == (mrz.NUMBER, mrz.COMPOSITE)


@pytest.mark.parametrize(
    ("place", "failed"),
    [
        (0, (mrz.BORN, mrz.COMPOSITE)),
        (8, (mrz.EXPIRES, mrz.COMPOSITE)),
        (29, (mrz.COMPOSITE,)),
    ],
)
def test_the_failed_check_is_named(place: int, failed: tuple[str, ...]) -> None:
    digit = str((int(VIETNAMESE[1][place]) + 1) % 10)
    second = VIETNAMESE[1][:place] + digit + VIETNAMESE[1][place + 1 :]

    assert mrz.parse_td1((VIETNAMESE[0], second, VIETNAMESE[2]), today=TODAY).failed == failed


def test_a_day_that_the_calendar_lacks_fails_though_its_check_digit_holds() -> None:
    second = "950231" + str(mrz.check_digit("950231")) + VIETNAMESE[1][7:29]
    second += str(mrz.check_digit(VIETNAMESE[0][5:] + second[0:7] + second[8:15] + second[18:29]))

    assert mrz.parse_td1((VIETNAMESE[0], second, VIETNAMESE[2]), today=TODAY).failed == (mrz.BORN,)


def test_a_birth_of_two_digits_never_lies_ahead() -> None:
    assert mrz.parse_td1(TD1, today=date(2074, 8, 11)).born_on == date(1974, 8, 12)
    assert mrz.parse_td1(TD1, today=date(2074, 8, 12)).born_on == date(2074, 8, 12)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        (TD1[0], TD1[1]),
        (TD1[0][:-1], TD1[1], TD1[2]),
        (TD1[0], TD1[1], TD1[2] + "<"),
        (TD1[0].replace("<", "*"), TD1[1], TD1[2]),
        (TD1[0].replace("U", "Ữ"), TD1[1], TD1[2]),
        (TD1[0].replace("2", "٢"), TD1[1], TD1[2]),
    ],
)
def test_other_shapes_are_no_zone(lines: tuple[str, ...]) -> None:
    with pytest.raises(mrz.NotMrz):
        mrz.parse_td1(lines, today=TODAY)


def test_a_name_that_fills_its_line_may_be_cut() -> None:
    assert not mrz.parse_td1(VIETNAMESE, today=TODAY).is_name_cut
    assert mrz.parse_td1((*VIETNAMESE[:2], "NGUYEN<<" + "A" * 22), today=TODAY).is_name_cut

import pytest

from accounts.extraction import machine_lines

FIRST = "IDVNM0950001238079095000123<<8"
SECOND = "9503146M3503144VNM<<<<<<<<<<<2"
THIRD = "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("IDVNM 0950001238 079095000123<<8", FIRST),
        ("9503146M3503144VNM<K<C<E<<<<<2", SECOND),
        ("nguyen<<van<an«<<«<<<<‹<<<<‹<", "NGUYEN<<VAN<AN" + "<" * 17),
        ("IDVNM\u00d80950|", "IDVNM0950"),
        ("", ""),
    ],
)
def test_a_line_keeps_what_may_stand_in_it(text: str, line: str) -> None:
    assert machine_lines.clean(text) == line


def test_a_run_of_fillers_is_stretched_or_shortened_to_fit() -> None:
    assert machine_lines.fitted("9503146M3503144VNM<<<<<<2", 30, is_last=False) == SECOND
    assert machine_lines.fitted("9503146M3503144VNM<<<<<<<<<<<<<<2", 30, is_last=False) == SECOND


def test_a_line_without_fillers_cannot_be_fitted() -> None:
    assert machine_lines.fitted("9503146M3503144VNM", 30, is_last=False) is None
    assert machine_lines.fitted("A<<", 30, is_last=False) is None


def test_names_are_filled_up_or_cut_at_their_end() -> None:
    assert machine_lines.fitted("NGUYEN<<VAN<AN", 30, is_last=True) == THIRD
    assert machine_lines.fitted(THIRD + "<<<", 30, is_last=True) == THIRD


def test_lines_of_several_tries_are_put_together_until_every_check_holds() -> None:
    wrong = "9503146M3508144VNM<<<<<<<<<<<2"
    read = machine_lines.best("TD1", [[FIRST], [wrong, SECOND], [THIRD]])

    assert read is not None
    assert read.is_valid
    assert read.citizen_number == "079095000123"


def test_without_a_combination_that_holds_the_nearest_says_what_fails() -> None:
    read = machine_lines.best("TD1", [[FIRST], ["9503146M3503144VNM<<<<<<<<<<<3"], [THIRD]])

    assert read is not None
    assert read.failed == ("composite",)


def test_what_has_not_the_shape_is_nothing() -> None:
    assert machine_lines.best("TD1", [["HELLO"], ["WORLD"], ["<"]]) is None
    assert machine_lines.best("TD1", [[], [SECOND], [THIRD]]) is None
    assert machine_lines.parse("TD1", [FIRST, SECOND]) is None

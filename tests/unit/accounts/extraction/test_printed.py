import pytest

from accounts.extraction import printed
from accounts.extraction.ocr import Line, Word


def line(text: str, confidence: float = 0.9) -> Line:
    """Words of ten pixels a letter with a gap of ten between them."""
    words, left = [], 0
    for word in text.split():
        words.append(Word(word, confidence, left, left + 10 * len(word)))
        left += 10 * len(word) + 10
    return Line(tuple(words))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("079095000123", "079095000123"),
        ("Số / No.: 079095000123", "079095000123"),
        ("Số / No.: 079 095 000 123", "079095000123"),
        ("So: O79O95OOO123", "079095000123"),
    ],
)
def test_the_number_stands_at_the_end_of_its_line(text: str, number: str) -> None:
    assert printed.number_in(line(text)) == (number, 0.9)


@pytest.mark.parametrize(
    "text", ["", "Số / No.:", "07909500012", "0790950001234", "079095000123 VN", "OOOOOOOOOOOO"]
)
def test_another_length_or_a_word_is_no_number(text: str) -> None:
    assert printed.number_in(line(text)) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("14/03/1995", "1995-03-14"),
        ("Ngày sinh / Date of birth: 14/03/1995", "1995-03-14"),
        ("Có giá trị đến: 14-03-2035", "2035-03-14"),
        ("Hà Nội, ngày/date 05 tháng/month O3 năm/year 2021", "2021-03-05"),
    ],
)
def test_dates_are_read_in_figures_and_in_words(text: str, day: str) -> None:
    assert printed.date_in(line(text)) == (day, 0.9)


@pytest.mark.parametrize(
    "text", ["", "31/02/1995", "14/13/1995", "114/03/1995", "14/03/95", "Không thời hạn"]
)
def test_what_is_in_no_calendar_is_no_date(text: str) -> None:
    assert printed.date_in(line(text)) is None


def test_a_paper_may_have_no_end() -> None:
    assert printed.date_in(line("Có giá trị đến: Không thời hạn", 0.4), may_have_no_end=True) == (
        "none",
        0.95,
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NGUYỄN THỊ THẢO", "NGUYỄN THỊ THẢO"),
        ("Họ tên / Full name: ĐẶNG THU HÀ", "ĐẶNG THU HÀ"),
        ("ĐẶNG  THU HÀ .", "ĐẶNG THU HÀ"),
        ("ĐA\u0323\u0306NG THU HÀ", "ĐẶNG THU HÀ"),
    ],
)
def test_a_name_is_the_capitals_at_the_end(text: str, name: str) -> None:
    assert printed.name_in(line(text)) == (name, 0.9)


@pytest.mark.parametrize("text", ["", "Full name:", "NGUYỄN", "nguyễn văn an", "A" * 70 + " B"])
def test_other_words_are_no_name(text: str) -> None:
    assert printed.name_in(line(text)) is None


def test_a_name_with_a_foreign_letter_is_in_doubt() -> None:
    assert printed.name_in(line("BÙI THỊ NGOÄN")) == ("BÙI THỊ NGOÄN", 0.5)


def test_a_name_with_a_hole_is_in_doubt() -> None:
    first, last = Word("NGUYỄN", 0.9, 0, 60), Word("AN", 0.9, 160, 180)

    assert printed.name_in(Line((first, last))) == ("NGUYỄN AN", 0.5)


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("Nam", "M"),
        ("Nữ", "F"),
        ("Giới tính / Sex: Nữ Quốc tịch / Nationality: Việt Nam", "F"),
        ("Giới tính / Sex: Nam Quốc tịch / Nationality: Việt Nam", "M"),
    ],
)
def test_the_sex_stands_before_the_nationality(text: str, sex: str) -> None:
    assert printed.sex_in(line(text)) == (sex, 0.9)


def test_the_last_word_of_the_nationality_is_nobodys_sex() -> None:
    assert printed.sex_in(line("Giới tính / Sex: NF Quốc tịch: Việt Nam")) is None
    assert printed.sex_in(line("Sex: Việt Nam")) is None


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("Hạng / Class: A1, B2", ("A1", "B2")),
        ("Hạng / Class: AI, CỊ", ("A1", "C1")),
        ("Class: B", ("B",)),
        ("A1 B1", ("A1", "B1")),
        ("Hạng: A1, A1", None),
        ("Hạng: Z9", None),
        ("Hạng:", None),
        ("A1, A2, A3, B1, B2, C, D", None),
    ],
)
def test_every_class_must_exist_and_stand_once(text: str, classes: tuple[str, ...] | None) -> None:
    assert printed.classes_in(text) == classes

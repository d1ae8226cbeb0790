from dataclasses import replace

import pytest
from django.contrib.staticfiles import finders
from PIL import ImageFont

from rentals.contracts.texts.checks import (
    EN_REFERENCE,
    MARKS,
    VI_REFERENCE,
    _is_ours,
    faults_of,
    needs_of,
    references_in,
)
from rentals.contracts.texts.comparing import Kind, compare, count_changed, runs
from rentals.contracts.texts.first import first_articles
from rentals.contracts.texts.printing import printed
from rentals.contracts.texts.values import VALUES, fill, values_of
from rentals.contracts.texts.words import ArticleWords, paragraphs, sha256_of, tidy
from tests.factories.old_contracts import DATA, old_contract

ARTICLE = ArticleWords("Thuế", "Tax", "Một đoạn.", "One paragraph.")
FONTS = ("fonts/be-vietnam-pro-regular.ttf", "fonts/be-vietnam-pro-semibold.ttf")


def faults(**changes: str) -> dict[str, str]:
    return {fault.field: fault.message for fault in faults_of(replace(ARTICLE, **changes))}


def without(block: str) -> list[ArticleWords]:
    return [replace(each, block="") if each.block == block else each for each in first_articles()]


def saying(old: str, new: str) -> list[ArticleWords]:
    return [
        replace(each, text_vi=each.text_vi.replace(old, new), text_en=each.text_en.replace(old, new))
        for each in first_articles()
    ]


# --- One article --------------------------------------------------------------------------------------


def test_a_plain_article_has_no_fault() -> None:
    assert faults() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Cọc {deposit.", "ngoặc nhọn"),
        ("Cọc deposit}.", "ngoặc nhọn"),
        ("Cọc {{deposit}}.", "ngoặc nhọn"),
        ("{% now 'Y' %}", "Không có giá trị {% now 'Y' %}"),
        ("{deposit.__class__}", "Không có giá trị {deposit.__class__}"),
        ("{cancel.free_hour}", "Có phải {cancel.free_hours}?"),
        ("{}", "Không có giá trị {}"),
        ("Vui 😀", "không có ký tự: 😀"),
        ("合同", "không có ký tự: 合 同"),
    ],
)
def test_what_cannot_be_printed_is_refused_at_its_field(text: str, words: str) -> None:
    assert words in faults(text_vi=text)["text_vi"]


def test_headings_hold_no_values() -> None:
    assert "Tên điều không dùng được giá trị" in faults(heading_en="Deposit {deposit}")["heading_en"]


def test_paragraphs_go_in_pairs() -> None:
    found = faults(text_vi="Một.\n\nHai.")

    assert found == {
        "text_en": "Tiếng Việt có 2 đoạn, tiếng Anh có 1. Mỗi đoạn cách nhau một dòng trống; hãy viết đủ từng cặp."
    }


def test_a_value_stands_in_both_languages() -> None:
    assert "Đoạn 1: giá trị {deposit} chỉ có ở một ngôn ngữ" in faults(text_vi="Cọc {deposit}.")["text_en"]


def test_an_article_says_something_or_shows_a_table() -> None:
    assert "chưa có nội dung" in faults(text_vi="", text_en="")["text_vi"]
    assert faults(text_vi="", text_en="", block="price") == {}


@pytest.mark.parametrize("font", FONTS)
def test_every_letter_that_is_let_through_is_in_our_fonts(font: str) -> None:
    face = ImageFont.truetype(str(finders.find(font)), 32)
    missing = bytes(face.getmask("\uffff"))
    vietnamese = "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
    letters = {*vietnamese, *vietnamese.upper(), *MARKS} - {" ", "\u00a0"}

    assert {letter for letter in letters if bytes(face.getmask(letter)) == missing} == set()
    assert all(_is_ours(letter) for letter in letters)


# --- The whole ----------------------------------------------------------------------------------------


def test_our_own_wording_lacks_nothing() -> None:
    assert [faults_of(article) for article in first_articles() if faults_of(article)] == []
    assert needs_of(first_articles()) == []


@pytest.mark.parametrize(
    ("articles", "words"),
    [
        (without("parties"), "Thiếu bảng các bên"),
        (without("vehicle"), "Thiếu bảng xe"),
        (without("period"), "Thiếu bảng thời gian"),
        (without("price"), "Thiếu bảng giá"),
        (without("deposit"), "Chưa nói tiền cọc"),
        (saying("{late.cap}", "900"), "Chưa nói đủ phí trả trễ"),
        (saying("{km.extra}", "5"), "Chưa nói đủ mức km và pin"),
        (saying("{cancel.half_percent}", "50"), "Chưa nói đủ quy định hủy"),
        (saying("{objection_hours}", "48"), "Chưa nói thời hạn khiếu nại"),
        (saying("bản tiếng Việt được áp dụng", "xem lại"), "Chưa nói bản nào được áp dụng"),
        (saying("thông điệp dữ liệu", "văn bản"), "Thiếu điều về hợp đồng điện tử"),
        ([each for each in first_articles() if "dữ liệu" not in each.heading_vi][:12], "dữ liệu cá nhân"),
        ([*first_articles()[1:], first_articles()[0]], "phải đứng đầu"),
        (saying("Điều 14", "Điều 40"), "Điều hoặc khoản 40, mà bản này không có"),
        (saying("article 14", "article 13"), "hai ngôn ngữ dẫn chiếu các điều khác nhau"),
        ([*first_articles(), replace(ARTICLE, block="price")], "xuất hiện hai lần"),
    ],
)
def test_what_a_wording_lacks_is_said_with_what_to_do(articles: list[ArticleWords], words: str) -> None:
    assert any(words in need for need in needs_of(articles))


def test_a_table_may_stand_in_for_the_values() -> None:
    articles = saying("{late.cap}", "900")
    assert needs_of([*articles, replace(ARTICLE, block="late")]) == []


def test_articles_of_laws_are_not_taken_for_ours() -> None:
    assert references_in("theo Điều 468 Bộ luật Dân sự và Điều 3", VI_REFERENCE) == {(3, 0)}
    assert references_in("article 468 of the Civil Code, clause 5.4", EN_REFERENCE) == {(5, 4)}


# --- Values, printing, comparing ----------------------------------------------------------------------


def test_every_name_stands_for_something() -> None:
    values = values_of(DATA)

    assert set(values) == set(VALUES)
    assert values["late.cap"] == "900.000\u00a0₫"
    assert values["cancel.free_hours"] == "24"
    assert "–" not in values.values()


def test_rules_that_an_old_quote_lacks_are_dashes() -> None:
    bare = {**DATA, "terms": {}, "included_km": None, "late_cap": None}
    assert values_of(bare)["late.first_hour"] == "–"


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert fill("{company.name}", {"company.name": "{deposit}", "deposit": "1"}) == "{deposit}"


def test_the_opening_has_no_number_and_clauses_count_from_one() -> None:
    articles = printed(first_articles(), old_contract().data)

    assert [article.number for article in articles] == list(range(15))
    assert articles[0].clauses[0].number == ""
    assert [clause.number for clause in articles[5].clauses] == ["5.1.", "5.2.", "5.3.", "5.4."]
    assert "1900 0000" in articles[5].clauses[0].vi


def test_the_hash_follows_the_order_and_every_letter() -> None:
    first = first_articles()

    assert sha256_of(first) == sha256_of(first_articles())
    assert sha256_of(first) != sha256_of([*first[1:], first[0]])
    assert sha256_of(first) != sha256_of([*first[:-1], replace(first[-1], text_en=first[-1].text_en + ".")])


def test_a_line_break_inside_of_a_paragraph_is_a_space() -> None:
    assert paragraphs("Một\nhai.\r\n \r\n\nBa.") == ["Một hai.", "Ba."]
    assert tidy("Một\nhai.\n\n\n\nBa. ") == "Một hai.\n\nBa."


def test_a_comparison_names_the_words_that_came_and_went() -> None:
    assert [(run.kind, run.words) for run in runs("giữ trong 24 giờ", "giữ trong 48 giờ")] == [
        (Kind.SAME, "giữ trong "),
        (Kind.REMOVED, "24"),
        (Kind.ADDED, "48"),
        (Kind.SAME, " giờ"),
    ]


def test_articles_are_compared_with_what_they_come_from() -> None:
    before = first_articles()
    after = [
        *before[:3],
        replace(before[4], text_vi=before[4].text_vi + " Thêm."),
        before[3],
        *before[6:],
        ARTICLE,
    ]

    changed = [each for each in compare(before, after) if each.is_changed]

    assert [(each.before, each.after, each.is_moved) for each in changed] == [
        ("Tiền cọc bảo đảm", "Tiền cọc bảo đảm", False),
        ("Tiền thuê", "Tiền thuê", True),
        (None, "Thuế", False),
        ("Nghĩa vụ của hai bên", None, False),
    ]
    assert count_changed(compare(before, before)) == 0


def test_an_article_under_a_new_heading_is_still_known() -> None:
    before = first_articles()
    after = [*before[:-1], replace(before[-1], heading_vi="Giải quyết khiếu nại")]

    (changed,) = (each for each in compare(before, after) if each.is_changed)
    assert (changed.before, changed.after) == ("Khiếu nại và tranh chấp", "Giải quyết khiếu nại")

from datetime import UTC, datetime

import pytest

from tests.architecture.source import ROOT
from tests.factories.pdfs import fonts_of, text_of, unpacked
from voltgo.core.pdf import CannotRender, render

MOMENT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
EVERY_LETTER = "ăâđêôơư áàảãạ ắằẳẵặ ấầẩẫậ éèẻẽẹ ếềểễệ íìỉĩị óòỏõọ ốồổỗộ ớờởỡợ úùủũụ ứừửữự ýỳỷỹỵ"


def page(body: str) -> str:
    head = '<meta charset="utf-8"><title>Thử</title><link rel="stylesheet" href="css/pdf.css">'
    return f'<!doctype html><html lang="vi"><head>{head}</head><body>{body}</body></html>'


def test_the_same_page_gives_the_same_bytes() -> None:
    first = render(page("<p>Xin chào</p>"), identifier="HD-1", created_at=MOMENT)
    second = render(page("<p>Xin chào</p>"), identifier="HD-1", created_at=MOMENT)

    assert first == second
    assert len(first.sha256) == 64


@pytest.mark.parametrize(
    ("identifier", "created_at"), [("HD-2", MOMENT), ("HD-1", datetime(2026, 11, 23, tzinfo=UTC))]
)
def test_number_and_date_are_part_of_the_bytes(identifier: str, created_at: datetime) -> None:
    html = page("<p>Xin chào</p>")
    reference = render(html, identifier="HD-1", created_at=MOMENT)

    assert render(html, identifier=identifier, created_at=created_at).sha256 != reference.sha256


def test_the_date_is_written_into_the_document() -> None:
    document = render(page("<p>Xin chào</p>"), identifier="HD-1", created_at=MOMENT)

    assert b"20261122020000Z" in unpacked(document.content)


@pytest.mark.parametrize("letters", [EVERY_LETTER, EVERY_LETTER.upper(), "1.250.000 ₫ – “Đà Nẵng” · × ≥ •"])
def test_every_vietnamese_letter_comes_back_as_it_was_and_from_our_font(letters: str) -> None:
    content = render(page(f"<p>{letters}</p>"), identifier="x", created_at=MOMENT).content

    assert " ".join(text_of(content).split()) == letters + " 1 / 1"
    assert fonts_of(content) == {("Be-Vietnam-Pro", True)}


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/logo.png",
        "https://example.com/logo.png",
        "file:///etc/passwd",
        "ftp://example.com/logo.png",
        "img/there-is-no-such-file.svg",
        "../voltgo/settings.py",
        "%2e%2e/voltgo/settings.py",
    ],
)
def test_a_document_loads_nothing_but_our_static_files(address: str) -> None:
    with pytest.raises(CannotRender):
        render(page(f'<p><img src="{address}" alt="x"></p>'), identifier="x", created_at=MOMENT)


def test_a_stylesheet_finds_its_fonts_relative_to_itself() -> None:
    html = page("<p>a</p>").replace("css/pdf.css", "css/no-such-style.css")

    with pytest.raises(CannotRender):
        render(html, identifier="x", created_at=MOMENT)


def test_the_fonts_are_whole() -> None:
    # Subsets under one family name print wrong letters in a PDF, without any error.
    style = (ROOT / "static/css/pdf.css").read_text()

    assert style.count("@font-face") == 2
    assert "unicode-range" not in style
    assert "woff" not in style

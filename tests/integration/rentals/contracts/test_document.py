import logging
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.utils import translation

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts import documents
from rentals.contracts.content import content_sha256, short_code
from rentals.contracts.models import Contract
from tests.factories.pdfs import fonts_of, page_count, text_of, unpacked, without_spaces

OUR_FONTS = {("Be-Vietnam-Pro", True), ("Be-Vietnam-Pro-Semi-Bold", True)}


class Texts(HTMLParser):
    """Collects what a page of HTML says, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._is_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_body = self._is_body or tag == "body"

    def handle_data(self, data: str) -> None:
        if self._is_body and data.strip():
            self.pieces.append(without_spaces(data))


def pieces_of(html: str) -> list[str]:
    parser = Texts()
    parser.feed(html)
    return parser.pieces


def test_the_pdf_says_exactly_what_the_template_says(contract: Contract) -> None:
    html = render_to_string("pdf/contract.html", documents.context_of(contract, []))

    text = without_spaces(text_of(documents.compose(contract).content))

    pieces = pieces_of(html)
    assert len(pieces) > 200
    assert [piece for piece in pieces if piece not in text] == []


def test_every_letter_is_drawn_from_our_own_embedded_font(signed: Contract) -> None:
    assert fonts_of(documents.compose_signed(signed).content) == OUR_FONTS


def test_nothing_is_missing_or_wrong_on_the_way_to_the_pdf(
    signed: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    # WeasyPrint reports what it does not understand and goes on.
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        documents.compose_signed(signed)

    assert [record.getMessage() for record in caplog.records if record.name.startswith("weasyprint")] == []


def test_it_names_both_parties_the_vehicle_and_the_price(contract: Contract, renter: User) -> None:
    text = " ".join(text_of(documents.compose(contract).content).split())
    number = renter.documents.get(kind="citizen_card").number

    assert len(number) == 12
    for expected in (
        "HỢP ĐỒNG THUÊ XE ĐIỆN",
        "ELECTRIC VEHICLE RENTAL AGREEMENT",
        contract.number,
        "Công ty Cổ phần VoltGo (bản thử)",
        "Nguyễn Minh Anh",
        number,
        "VinFast VF 6",
        "51K-123.45",
        "08:30, 24/11/2026",
        "18:30, 24/11/2026",
        "Trạm Bến Thành, 45 Lê Lợi, phường Bến Thành",
        "600.000 ₫",
        "44.444 ₫ (8%)",
        "Tiền cọc bảo đảm",
        "3.000.000 ₫",
        "125 km",
        "48 giờ",
        short_code(content_sha256(contract)),
        f"/contracts/verify/{contract.number}/",
    ):
        assert expected in text


def test_no_value_is_left_out(signed: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    # Django prints nothing for a name that it does not know.
    django: Any = engines["django"]
    monkeypatch.setattr(django.engine, "string_if_invalid", "WHAT IS %s?")

    html = render_to_string("pdf/contract.html", documents.context_of(signed, list(signed.signatures.all())))

    words = re.sub(r"<[^>]*>", " ", html)
    assert re.findall(r"WHAT IS .*?\?|\bNone\b|{{|}}", words) == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_readers_language_changes_nothing(contract: Contract, language: str) -> None:
    with translation.override(language):
        sha256 = documents.compose(contract).sha256

    assert sha256 == documents.compose(contract).sha256


def test_a_renter_without_papers_gets_a_document_too(
    newcomer: User, booking: Booking, contract: Contract
) -> None:
    contract.data["renter"] |= {"identity": None, "licence": None, "born_on": None}

    text = without_spaces(text_of(documents.compose(contract).content))

    assert without_spaces(documents.NO_NUMBER) in text


def test_the_unsigned_document_has_four_pages_and_the_signed_one_three_more(signed: Contract) -> None:
    assert page_count(documents.compose(signed).content) == 4
    assert page_count(documents.compose_signed(signed).content) == 7


def test_it_is_an_archival_document_with_tags(contract: Contract) -> None:
    content = documents.compose(contract).content

    assert content.startswith(b"%PDF-1.7")
    inside = unpacked(content)
    for mark in (b"/GTS_PDFA1", b"<</Marked true>>", b"/StructTreeRoot", b"pdfaid:part", b"(vi)"):
        assert mark in inside


def test_what_people_typed_stays_text(contract: Contract) -> None:
    hostile: dict[str, Any] = contract.data["renter"]
    hostile["name"] = '<img src="file:///etc/passwd"><b>Đậm</b>'

    text = without_spaces(text_of(documents.compose(contract).content))

    assert '<imgsrc="file:///etc/passwd"><b>Đậm</b>' in text

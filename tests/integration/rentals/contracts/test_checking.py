"""The public check of a file: genuine, altered or unknown."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from rentals.contracts.checking import Verdict, check_file
from rentals.contracts.models import Contract, ContractEvent
from rentals.contracts.services import render_signed_copy, void_contract
from tests.factories.pdfs import text_of
from voltgo.core import clock, pdf
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.models import AuditEvent
from voltgo.core.sealing import MOST_BYTES


@pytest.fixture
def file(signed: Contract) -> bytes:
    """The signed copy, as it was mailed."""
    with render_signed_copy(contract=signed).signed_file.open("rb") as file:
        return bytes(file.read())


def hand_in(client: Client, content: bytes, name: str = "hop-dong.pdf") -> Any:
    upload = SimpleUploadedFile(name, content, content_type="application/pdf")
    return client.post(reverse("rentals:contract-check"), {"file": upload})


def flipped(content: bytes, position: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 0x01
    return bytes(changed)


def test_the_signed_copy_is_genuine_and_says_nothing_about_people(
    client: Client, file: bytes, signed: Contract, renter: User
) -> None:
    before = (AuditEvent.objects.count(), ContractEvent.objects.count())

    response = hand_in(client, file)

    page = response.content.decode()
    assert response.status_code == 200
    assert "Bản thật" in page
    assert signed.number in page
    assert "BẢN THỬ / DEV" in page
    assert response.headers["X-Robots-Tag"] == "noindex"
    for private in (renter.full_name, renter.email, "51K-123.45", signed.booking.code, "Bến Thành"):
        assert private not in page
    assert (AuditEvent.objects.count(), ContractEvent.objects.count()) == before


def test_one_changed_byte_is_called_altered_anywhere(client: Client, file: bytes) -> None:
    for share in (0.02, 0.2, 0.5, 0.75, 0.95, 0.96, 0.97, 0.98, 0.999):
        assert check_file(flipped(file, int(len(file) * share))).verdict == Verdict.ALTERED

    assert "Đã bị sửa" in hand_in(client, file + b"\n%%EOF\n").content.decode()


def test_the_document_before_signing_is_called_so(client: Client, signed: Contract) -> None:
    with signed.file.open("rb") as file:
        page = hand_in(client, file.read()).content.decode()

    assert "Bản thật, chưa ký" in page


def test_a_voided_version_is_called_so(client: Client, rendered: Contract) -> None:
    void_contract(booking=rendered.booking, by=SYSTEM, reason="test")
    with rendered.file.open("rb") as file:
        page = hand_in(client, file.read()).content.decode()

    assert "Phiên bản đã hủy" in page


@pytest.mark.parametrize(
    "content", [b"hello", b"%PDF-1.7\n", b"\x00" * 5000], ids=["words", "a head", "zeros"]
)
def test_other_files_are_unknown(client: Client, content: bytes) -> None:
    assert "Không nhận ra" in hand_in(client, content).content.decode()


def test_a_document_of_ours_that_was_printed_and_made_anew_is_unknown(client: Client, file: bytes) -> None:
    words = text_of(file)[:500].replace("<", "")
    copy = pdf.render(f"<p>{words}</p>", identifier="copy", created_at=clock.now())

    assert "Không nhận ra" in hand_in(client, copy.content).content.decode()


def test_a_file_that_is_too_long_is_not_read(client: Client) -> None:
    assert "lớn hơn 6 MB" in hand_in(client, b"%PDF-1.7" + b" " * MOST_BYTES).content.decode()


def test_without_a_file_it_says_what_is_missing(client: Client) -> None:
    response = client.post(reverse("rentals:contract-check"))

    assert response.status_code == 422
    assert "Hãy chọn tệp PDF" in response.content.decode()


def test_a_number_leads_to_its_page(client: Client) -> None:
    response = client.get(reverse("rentals:contract-check"), {"number": " hd-7k2m4q-1 "})

    assert response.headers["Location"] == reverse("rentals:contract-verify", args=["HD-7K2M4Q-1"])
    assert client.get(reverse("rentals:contract-check"), {"number": "x" * 31}).status_code == 200


def test_the_check_is_throttled(client: Client, settings: Any) -> None:
    statuses = [hand_in(client, b"hello").status_code for _ in range(31)]

    assert statuses[:30] == [200] * 30
    assert statuses[30] == 429

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.kyc import consent
from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from tests.factories.accounts import make_document, photo_bytes, photo_upload

CARD, LICENCE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE
IDENTITY = "/account/identity/"
UPLOAD = f"/account/identity/{CARD}/"
QUOTE = "/quotes/3f0c?from=list"


@pytest.fixture
def portal(client: Client, newcomer: User) -> Client:
    client.force_login(newcomer)
    return client


def both(**changes: Any) -> dict[str, Any]:
    return {
        "front": photo_upload(),
        "back": photo_upload("b.jpg"),
        "consent": "on",
        "consent_version": consent.VERSION,
    } | changes


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_newcomer_is_shown_what_to_send_and_why(portal: Client) -> None:
    page = text_of(portal.get(IDENTITY))

    assert page.count("Chưa gửi") == 2
    assert UPLOAD in page
    assert "Giữ bao lâu" in page
    assert "thường xong trong 15 phút" in page


def test_the_upload_page_asks_for_two_photos_and_a_consent_that_is_not_ticked(portal: Client) -> None:
    page = text_of(portal.get(UPLOAD))

    assert page.count('type="file"') == 2
    assert page.count('capture="environment"') == 2
    assert 'enctype="multipart/form-data"' in page
    assert f'name="consent_version" value="{consent.VERSION}"' in page
    assert "checked" not in page.split('name="consent"')[1].split(">")[0]


def test_photos_are_taken_and_the_next_paper_is_offered(portal: Client, newcomer: User) -> None:
    answer = portal.post(UPLOAD, both())

    assert answer.status_code == 302
    assert answer.headers["Location"] == IDENTITY
    assert newcomer.documents.get().state == DocumentState.NEEDS_REVIEW
    page = text_of(portal.get(answer.headers["Location"]))
    assert "Còn một giấy tờ nữa." in page
    assert "Chờ kiểm tra" in page


def test_the_quote_survives_both_uploads(portal: Client) -> None:
    first = portal.post(f"{UPLOAD}?next={QUOTE}", both())
    assert first.headers["Location"] == f"{IDENTITY}?next=%2Fquotes%2F3f0c%3Ffrom%3Dlist"

    overview = text_of(portal.get(first.headers["Location"]))
    assert f"/account/identity/{LICENCE}/?next=%2Fquotes%2F3f0c%3Ffrom%3Dlist" in overview

    second = portal.post(f"/account/identity/{LICENCE}/?next=%2Fquotes%2F3f0c%3Ffrom%3Dlist", both())
    assert second.headers["Location"] == QUOTE


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(portal: Client, newcomer: User, elsewhere: str) -> None:
    make_document(user=newcomer, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    page = text_of(portal.get(IDENTITY, {"next": elsewhere}))
    assert "Quay lại trang đặt xe" not in page
    assert f'href="{elsewhere}' not in page
    assert portal.post(f"{UPLOAD}?next={elsewhere}", both()).headers["Location"] == IDENTITY


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"consent": ""}, "Cần bạn đồng ý để chúng tôi kiểm tra giấy tờ."),
        ({"consent_version": "2020-01"}, "Nội dung đồng ý đã thay đổi."),
        ({"consent_version": ""}, "Nội dung đồng ý đã thay đổi."),
        ({"back": ""}, "Thiếu ảnh mặt sau."),
        ({"front": photo_upload("a.jpg", b"%PDF-1.7")}, "Tệp không phải ảnh JPEG, PNG hoặc WebP."),
    ],
)
def test_what_is_wrong_is_said_at_the_form(portal: Client, changes: dict[str, Any], words: str) -> None:
    answer = portal.post(UPLOAD, both(**changes))

    assert answer.status_code == 422
    page = text_of(answer)
    assert page.count(words) == 2, "once in the summary, once at the field"
    assert "<title>Lỗi:" in page
    assert not IdentityDocument.objects.exists()


def test_after_a_rejection_the_reason_is_read_and_one_photo_is_enough(portal: Client, newcomer: User) -> None:
    rejected = make_document(
        user=newcomer, state=DocumentState.REJECTED, rejection_note="Mặt sau bị lóa", with_images=True
    )

    page = text_of(portal.get(UPLOAD))
    assert "Ảnh bị mờ, lóa hoặc bị cắt" in page
    assert "Mặt sau bị lóa" in page
    assert f"/account/documents/{rejected.pk}/back/" in page

    answer = portal.post(UPLOAD, both(front=photo_upload("new.jpg", photo_bytes(1300, 820)), back=""))
    assert answer.status_code == 302
    assert newcomer.documents.get(state=DocumentState.NEEDS_REVIEW).images.count() == 2


def test_sending_nothing_new_is_refused(portal: Client, newcomer: User) -> None:
    make_document(user=newcomer, state=DocumentState.REJECTED, with_images=True)

    answer = portal.post(UPLOAD, both(front="", back=""))

    assert answer.status_code == 422
    assert "Hãy chọn ít nhất một ảnh mới." in text_of(answer)


def test_a_verified_person_sees_both_papers_without_their_numbers(client: Client, renter: User) -> None:
    client.force_login(renter)

    page = text_of(client.get(IDENTITY, {"next": "/quotes/1"}))

    assert page.count("•••••••••") == 2
    assert "A1, B" in page
    assert "Tiếp tục đặt xe" in page
    for document in renter.documents.all():
        assert document.number not in page


def test_an_unknown_kind_of_paper_does_not_exist(portal: Client) -> None:
    assert portal.get("/account/identity/passport/").status_code == 404


@pytest.mark.parametrize(
    "address", [IDENTITY, UPLOAD, "/account/", "/account/notifications/", "/account/documents/1/front/"]
)
def test_who_is_not_signed_in_is_asked_to(client: Client, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={address}"

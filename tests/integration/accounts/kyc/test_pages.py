import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.kyc import consent
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState
from accounts.kyc.models import Consent, IdentityDocument
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, make_user, photo_bytes, photo_upload

CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE
IDENTITY = "/account/identity/"
STATUS = "/account/identity/status/"
CONSENT = "/account/identity/consent/"
UPLOAD = f"/account/identity/{CARD}/"
QUOTE = "/quotes/3f0c?from=list"
CARRIED = "?next=%2Fquotes%2F3f0c%3Ffrom%3Dlist"


@pytest.fixture
def stranger_to_us(client: Client, newcomer: User) -> Client:
    """Signed in, and not asked for anything yet."""
    client.force_login(newcomer)
    return client


@pytest.fixture
def portal(stranger_to_us: Client, newcomer: User) -> Client:
    make_consent(newcomer)
    return stranger_to_us


def both(**changes: Any) -> dict[str, Any]:
    return {"front": photo_upload(), "back": photo_upload("b.jpg", photo_bytes(1200, 760))} | changes


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


# --- Consent ------------------------------------------------------------------------------------


def test_before_the_first_photograph_the_person_is_asked(stranger_to_us: Client) -> None:
    answer = stranger_to_us.get(f"{UPLOAD}?next={QUOTE}")

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{CONSENT}?kind={CARD}&next=%2Fquotes%2F3f0c%3Ffrom%3Dlist"


def test_no_box_is_ticked_beforehand_and_only_what_is_done_is_asked(stranger_to_us: Client) -> None:
    page = text_of(stranger_to_us.get(CONSENT))

    assert page.count('type="checkbox"') == 1
    assert "checked" not in page
    assert str(consent.TEXTS[ConsentPurpose.IDENTITY]) in page
    assert "30 ngày" in page


def test_who_has_agreed_to_everything_is_not_asked_again(portal: Client) -> None:
    assert portal.get(f"{CONSENT}?kind={CARD}").headers["Location"] == UPLOAD


@pytest.mark.parametrize(
    ("reader", "faces", "asked"),
    [
        ("local", "", ["identity"]),
        ("local", "dlib", ["identity", "biometrics"]),
        ("textract", "", ["identity", "cross_border"]),
        ("local", "rekognition", ["identity", "biometrics", "cross_border"]),
    ],
)
def test_each_purpose_has_a_box_of_its_own(
    stranger_to_us: Client, settings: Any, reader: str, faces: str, asked: list[str]
) -> None:
    settings.KYC_READER, settings.KYC_FACE_ENGINE = reader, faces

    page = text_of(stranger_to_us.get(CONSENT))

    assert re.findall(r'type="checkbox" name="([a-z_]+)"', page) == asked


def test_agreeing_leads_to_the_camera_and_is_kept(stranger_to_us: Client, newcomer: User) -> None:
    answer = stranger_to_us.post(
        f"{CONSENT}?kind={CARD}&next={QUOTE}",
        {"identity": "on", "identity_version": consent.VERSION},
        HTTP_USER_AGENT="Chromium",
    )

    assert answer.headers["Location"] == UPLOAD + CARRIED
    row = Consent.objects.get()
    assert (row.user, row.purpose, row.language, row.device) == (newcomer, "identity", "vi", "Chromium")


def test_what_is_not_ticked_is_not_agreed_to(stranger_to_us: Client, settings: Any) -> None:
    settings.KYC_FACE_ENGINE = "dlib"
    stranger_to_us.post(
        CONSENT,
        {"identity": "on", "identity_version": consent.VERSION, "biometrics_version": consent.VERSION},
    )

    assert [row.purpose for row in Consent.objects.all()] == ["identity"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"identity_version": consent.VERSION}, "Cần bạn đồng ý để chúng tôi kiểm tra giấy tờ."),
        ({"identity": "on", "identity_version": "2020-01"}, "Nội dung đồng ý đã thay đổi."),
        ({"identity": "on"}, "Nội dung đồng ý đã thay đổi."),
    ],
)
def test_without_a_tick_at_the_present_words_nothing_is_agreed(
    stranger_to_us: Client, sent: dict[str, str], words: str
) -> None:
    answer = stranger_to_us.post(CONSENT, sent)

    assert answer.status_code == 422
    page = text_of(answer)
    assert words in page
    assert f'value="{consent.VERSION}"' in page
    assert " checked" not in page
    assert not Consent.objects.exists()


def test_photographs_sent_without_consent_are_not_kept(stranger_to_us: Client) -> None:
    answer = stranger_to_us.post(UPLOAD, both(), headers={"Accept": "application/json"})

    assert answer.json() == {"next": f"{CONSENT}?kind={CARD}"}
    assert not IdentityDocument.objects.exists()


# --- The list of papers -------------------------------------------------------------------------


def test_a_newcomer_is_shown_what_to_send_and_why(stranger_to_us: Client) -> None:
    page = text_of(stranger_to_us.get(IDENTITY))

    assert page.count("Chưa gửi") == 3
    assert f'href="{UPLOAD}"' in page
    assert page.count("btn-big") == 1, "one next step"
    assert "Dùng hộ chiếu" in page
    assert "Giấy phép nước ngoài" in page
    assert "Giữ bao lâu" in page


def test_a_person_with_a_passport_is_asked_for_a_foreign_licence_and_a_permit(
    portal: Client, newcomer: User
) -> None:
    make_document(user=newcomer, kind=DocumentKind.PASSPORT, state=DocumentState.NEEDS_REVIEW)

    page = text_of(portal.get(IDENTITY))

    assert "/account/identity/foreign_licence/" in page
    assert "/account/identity/driving_permit/" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DocumentState.UPLOADED, "Đang đọc…"),
        (DocumentState.PROCESSING, "Đang đọc…"),
        (DocumentState.NEEDS_REVIEW, "Một người đang kiểm tra"),
        (DocumentState.AUTO_PASSED, "Đã đọc xong, chờ các giấy tờ còn lại."),
        (DocumentState.REVOKED, "Không còn được chấp nhận"),
        (DocumentState.EXPIRED, "Hết hạn"),
    ],
)
def test_each_state_is_said_in_words(portal: Client, newcomer: User, state: str, words: str) -> None:
    make_document(user=newcomer, state=state)

    assert words in text_of(portal.get(IDENTITY))


def test_the_bad_side_is_named_with_its_cure(portal: Client, newcomer: User) -> None:
    make_document(
        user=newcomer,
        state=DocumentState.REJECTED,
        rejection_code="glare",
        bad_sides={"front": "glare"},
        with_images=True,
    )

    page = text_of(portal.get(IDENTITY))

    assert "<strong>Mặt trước:</strong>" in page
    assert "lóa" in page
    assert "Chụp lại mặt trước" in page


def test_a_verified_person_sees_papers_without_their_numbers(client: Client, renter: User) -> None:
    client.force_login(renter)

    page = text_of(client.get(IDENTITY, {"next": "/quotes/1"}))

    assert page.count("•••••••••") == 2
    assert "A1, B" in page
    assert "Bạn có thể đặt xe" in page
    assert "Tiếp tục đặt xe" in page
    for document in renter.documents.exclude(kind=SELFIE):
        assert document.number not in page


def test_the_page_that_waits_is_told_when_something_changed(portal: Client, newcomer: User) -> None:
    document = make_document(user=newcomer, state=DocumentState.PROCESSING)

    before = portal.get(STATUS).json()
    assert (before["is_reading"], before["is_pending"]) == (True, True)
    assert "Đang đọc…" in before["html"]
    assert portal.get(STATUS).json()["version"] == before["version"]

    IdentityDocument.objects.filter(pk=document.pk).update(state=DocumentState.NEEDS_REVIEW)
    after = portal.get(STATUS).json()
    assert after["version"] != before["version"]
    assert (after["is_reading"], after["is_pending"]) == (False, True)
    assert "Căn cước công dân: Một người đang kiểm tra" in after["summary"]


def test_nobody_is_asked_to_wait_when_everything_is_decided(client: Client, renter: User) -> None:
    client.force_login(renter)

    answer = client.get(STATUS).json()

    assert (answer["is_reading"], answer["is_pending"]) == (False, False)
    assert answer["summary"] == "Giấy tờ đã xong. Bạn có thể đặt xe."


def test_without_javascript_the_page_reloads_itself_while_papers_are_read(
    portal: Client, newcomer: User
) -> None:
    make_document(user=newcomer, state=DocumentState.PROCESSING)
    assert '<noscript><meta http-equiv="refresh" content="4"></noscript>' in text_of(portal.get(IDENTITY))


# --- Photographs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sides", "camera"),
    [
        (CARD, 2, "environment"),
        (DocumentKind.PASSPORT, 1, "environment"),
        (DocumentKind.DRIVING_PERMIT, 2, "environment"),
        (SELFIE, 1, "user"),
    ],
)
def test_each_paper_asks_for_its_sides_with_the_right_camera(
    portal: Client, kind: str, sides: int, camera: str
) -> None:
    page = text_of(portal.get(f"/account/identity/{kind}/"))

    assert page.count('type="file"') == sides
    assert page.count(f'capture="{camera}"') == sides
    assert 'enctype="multipart/form-data"' in page


def test_photos_are_taken_and_the_next_paper_is_offered(portal: Client, newcomer: User) -> None:
    answer = portal.post(UPLOAD, both())

    assert answer.status_code == 302
    assert answer.headers["Location"] == IDENTITY
    assert newcomer.documents.get().state == DocumentState.UPLOADED
    page = text_of(portal.get(IDENTITY))
    assert "Đã nhận ảnh." in page
    assert "Đang đọc…" in page


def test_photos_sent_in_the_background_are_answered_with_where_to_go(portal: Client) -> None:
    answer = portal.post(f"{UPLOAD}?next={QUOTE}", both(), headers={"Accept": "application/json"})

    assert answer.json() == {"next": IDENTITY + CARRIED}


def test_what_is_wrong_is_answered_by_side_to_the_background(portal: Client) -> None:
    answer = portal.post(
        UPLOAD, both(front=photo_upload("a.jpg", b"%PDF-1.7")), headers={"Accept": "application/json"}
    )

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["front"]
    assert answer.json()["message"] == "Có ảnh chưa dùng được. Xem lời nhắn dưới từng ảnh."


def test_the_quote_survives_every_page(portal: Client) -> None:
    first = portal.post(f"{UPLOAD}?next={QUOTE}", both())
    assert first.headers["Location"] == IDENTITY + CARRIED

    overview = text_of(portal.get(first.headers["Location"]))
    assert f"/account/identity/{LICENCE}/{CARRIED}" in overview
    assert f"{STATUS}{CARRIED}" in overview


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(portal: Client, elsewhere: str) -> None:
    page = text_of(portal.get(IDENTITY, {"next": elsewhere}))

    assert "Quay lại trang đặt xe" not in page
    assert f'href="{elsewhere}' not in page
    assert portal.post(f"{UPLOAD}?next={elsewhere}", both()).headers["Location"] == IDENTITY


@pytest.mark.parametrize(
    ("changes", "words", "more"),
    [
        ({"back": ""}, "Thiếu ảnh: Mặt sau.", 0),
        # These words also lie ready for the script, which says them before anything is sent.
        ({"front": photo_upload("a.jpg", b"%PDF-1.7")}, "Tệp không phải ảnh JPEG, PNG hoặc WebP.", 1),
    ],
)
def test_what_is_wrong_is_said_at_the_photograph(
    portal: Client, changes: dict[str, Any], words: str, more: int
) -> None:
    answer = portal.post(UPLOAD, both(**changes))

    assert answer.status_code == 422
    page = text_of(answer)
    assert page.count(words) == 2 + more, "once in the summary, once at the photograph"
    assert "<title>Lỗi:" in page
    assert not IdentityDocument.objects.exists()


def test_only_the_bad_side_is_asked_for_again(portal: Client, newcomer: User) -> None:
    rejected = make_document(
        user=newcomer,
        state=DocumentState.REJECTED,
        rejection_code="blurred",
        bad_sides={"back": "blurred"},
        with_images=True,
    )

    page = text_of(portal.get(UPLOAD))
    assert f"/account/documents/{rejected.pk}/front/" in page
    assert f"/account/documents/{rejected.pk}/back/" not in page
    assert "Chỉ cần chụp lại mặt chưa đạt" in page

    answer = portal.post(UPLOAD, {"back": photo_upload("new.jpg", photo_bytes(1300, 820))})
    assert answer.status_code == 302
    assert newcomer.documents.get(state=DocumentState.UPLOADED).images.count() == 2


def test_sending_nothing_new_is_refused(portal: Client, newcomer: User) -> None:
    make_document(user=newcomer, state=DocumentState.REJECTED, with_images=True)

    answer = portal.post(UPLOAD, {})

    assert answer.status_code == 422
    assert "Hãy chọn ít nhất một ảnh mới." in text_of(answer)


def test_an_unknown_kind_of_paper_does_not_exist(portal: Client) -> None:
    assert portal.get("/account/identity/library_card/").status_code == 404


def test_after_sixty_tries_within_an_hour_somebody_has_to_wait(portal: Client) -> None:
    answers = [portal.post(UPLOAD, {}).status_code for _ in range(61)]

    assert answers == [422] * 60 + [429]


@pytest.mark.parametrize(
    "address",
    [
        IDENTITY, STATUS, CONSENT, UPLOAD, "/account/", "/account/notifications/", "/account/documents/1/front/",
        "/account/privacy/", "/account/privacy/export/", "/account/privacy/erase/",
        "/account/privacy/withdraw/identity/",
    ],
)  # fmt: skip
def test_who_is_not_signed_in_is_asked_to(client: Client, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={address}"


def test_another_person_sees_nothing_of_it(client: Client, newcomer: User) -> None:
    document = make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW, with_images=True)
    client.force_login(make_user())

    assert client.get(f"/account/documents/{document.pk}/front/").status_code == 404
    assert "Một người đang kiểm tra" not in text_of(client.get(IDENTITY))

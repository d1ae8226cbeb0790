"""The review page: what is filled in, what is left to be read, what stands out; its rules and its figures."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor
from accounts.kyc.enums import DocumentKind, DocumentState, Finding
from accounts.kyc.models import DocumentExtraction, DocumentReview, IdentityDocument, VerificationPolicy
from accounts.kyc.policy import policy_today
from accounts.kyc.review_figures import review_figures
from accounts.kyc.review_page import classes_from, review_page
from accounts.kyc.services import reject_document, take
from accounts.users.models import User
from tests.factories.accounts import make_document, make_user
from voltgo.core import clock, crypto
from voltgo.core.models import AuditEvent

QUEUE = "/admin/accounts/identitydocument/"
POLICIES = "/admin/accounts/verificationpolicy/"
AGREED = {
    "number": "079303990005",
    "full_name": "VÕ HOÀI AN",
    "born_on": "2003-05-18",
    "issued_on": "2022-06-01",
    "expires_on": "2043-05-18",
}


def entry(name: str, value: str, source: str, confidence: float = 1.0, side: str = "front") -> dict[str, Any]:
    return {"name": name, "value": value, "source": source, "confidence": confidence, "side": side}


def read(document: IdentityDocument, entries: list[dict[str, Any]], **fields: Any) -> DocumentExtraction:
    values = {"engine": "local", "seconds": 0.8, **fields}
    return DocumentExtraction.objects.create(
        document=document, fields_encrypted=crypto.encrypt(json.dumps(entries)), **values
    )


def agreeing() -> list[dict[str, Any]]:
    printed = [entry(name, value, "ocr", 0.97) for name, value in AGREED.items()]
    return [*printed, entry("number", "079303990005", "qr"), entry("full_name", "Võ Hoài An", "qr")]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def filled_in(page: str) -> dict[str, str]:
    """Return the text fields of the approval form with their values."""
    found = {}
    for control in re.findall(r"<input[^>]*type=\"text\"[^>]*>", page):
        name, value = re.search(r'name="(\w+)"', control), re.search(r'value="([^"]*)"', control)
        if name is not None:
            found[name.group(1)] = value.group(1) if value else ""
    return found


@pytest.fixture
def desk(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def waiting(newcomer: User) -> IdentityDocument:
    return make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW, with_images=True)


def page_of(document: IdentityDocument) -> str:
    return f"{QUEUE}{document.pk}/change/"


class TestPrefill:
    def test_what_all_sources_say_is_filled_in(self, desk: Client, waiting: IdentityDocument) -> None:
        read(waiting, agreeing())

        fields = filled_in(text_of(desk.get(page_of(waiting))))
        assert fields["number"] == "079303990005"
        # The code has the accents too, and is exact.
        assert fields["full_name"] == "Võ Hoài An"
        assert (fields["born_on"], fields["issued_on"]) == ("18/05/2003", "01/06/2022")

    def test_what_sources_disagree_on_is_left_to_the_reader_and_marked(
        self, desk: Client, waiting: IdentityDocument
    ) -> None:
        read(waiting, [*agreeing(), entry("number", "079303990006", "mrz", side="back")])

        page = text_of(desk.get(page_of(waiting)))
        assert filled_in(page)["number"] == ""
        assert page.count("Các nguồn nói khác nhau: hãy đọc từ ảnh.") == 1
        assert "079303990006" in page

    def test_what_was_hardly_read_is_not_suggested(self, desk: Client, waiting: IdentityDocument) -> None:
        read(
            waiting,
            [entry("born_on", "2003-05-18", "ocr", 0.4), entry("full_name", "VÕ HOÀI AN", "ocr", 0.87)],
        )

        page = text_of(desk.get(page_of(waiting)))
        fields = filled_in(page)
        assert (fields["born_on"], fields["full_name"]) == ("", "VÕ HOÀI AN")
        assert page.count("Đọc chưa chắc: hãy so với ảnh.") == 2

    def test_a_name_that_differs_from_the_account_is_marked(
        self, desk: Client, waiting: IdentityDocument
    ) -> None:
        read(waiting, [entry("full_name", "TRẦN VĂN B", "qr")])

        page = text_of(desk.get(page_of(waiting)))
        assert "Khác với tài khoản." in page
        assert filled_in(page)["full_name"] == "TRẦN VĂN B"

    def test_names_without_accents_and_cut_short_are_no_contradiction(self, newcomer: User) -> None:
        paper = make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW)
        long = "Công Tằng Tôn Nữ Nguyễn Thị Hoài An"
        read(
            paper,
            [entry("full_name", long, "qr"), entry("full_name", "CONG TANG TON NU NGUYEN THI H", "mrz")],
        )

        line = next(line for line in review_page(paper).lines if line.name == "full_name")
        assert (line.is_disputed, line.prefill) == (False, long)

    @pytest.mark.parametrize(
        ("issued_on", "classes"),
        [("31/12/2024", ["old_A1", "old_B2"]), ("01/01/2025", ["A1"]), ("", [])],
    )
    def test_the_day_of_issue_says_what_a_class_is(self, issued_on: str, classes: list[str]) -> None:
        assert classes_from("A1, B2", issued_on) == classes

    def test_the_second_reader_types_blind(
        self, desk: Client, waiting: IdentityDocument, operator: User
    ) -> None:
        IdentityDocument.objects.filter(pk=waiting.pk).update(findings=[Finding.IMAGE_KNOWN])
        read(waiting, agreeing())
        first = Client()
        first.force_login(operator)
        sent = {"decision": "approve", "number": "079303990005", "full_name": "VÕ HOÀI AN"}
        sent |= {"born_on": "18/05/2003", "issued_on": "01/06/2022", "expires_on": "18/05/2043"}
        first.post(page_of(waiting), sent)

        page = text_of(desk.get(page_of(waiting)))
        fields = filled_in(page)
        assert (fields["number"], fields["born_on"], fields["issued_on"]) == ("", "", "01/06/2022")
        assert "079303990005" not in page
        assert "Đặng Thu Hà đã đồng ý lúc" in page

        refused = desk.post(page_of(waiting), sent | {"number": "079303990006"})
        assert refused.status_code == 422
        assert "Người duyệt đầu đọc khác." in text_of(refused)
        assert desk.post(page_of(waiting), sent).status_code == 302
        assert IdentityDocument.objects.get(pk=waiting.pk).state == DocumentState.APPROVED


class TestPage:
    def test_grave_findings_come_first(self, desk: Client, newcomer: User) -> None:
        paper = make_document(
            user=newcomer,
            state=DocumentState.NEEDS_REVIEW,
            findings=[Finding.LOW_CONFIDENCE, Finding.NUMBER_TAKEN],
        )
        assert [told.code for told in review_page(paper).findings] == ["number_taken", "low_confidence"]
        assert "Nghiêm trọng:" in text_of(desk.get(page_of(paper)))

    def test_papers_of_others_with_the_same_number_or_picture_are_linked(
        self, desk: Client, waiting: IdentityDocument, renter: User
    ) -> None:
        theirs = make_document(user=make_user(), number="079303990005")
        read(waiting, agreeing())
        copied = make_document(user=make_user(), state=DocumentState.REJECTED, with_images=True)
        copied.images.filter(side="front").update(uploaded_sha256="f" * 64)
        waiting.images.filter(side="front").update(uploaded_sha256="f" * 64)

        page = text_of(desk.get(page_of(waiting)))
        for other, why in ((theirs, "cùng số"), (copied, "cùng ảnh")):
            assert re.search(f'{re.escape(page_of(other))}">[^<]*</a>: {why}', page)

    def test_the_selfie_lies_beside_the_portrait(self, waiting: IdentityDocument, newcomer: User) -> None:
        selfie = make_document(
            user=newcomer, kind=DocumentKind.SELFIE, state=DocumentState.AUTO_PASSED, with_images=True
        )

        assert [photo.document for photo in review_page(waiting).photos] == [waiting, selfie, waiting]
        assert [photo.document for photo in review_page(selfie).photos][:1] == [waiting]

    def test_a_selfie_asks_whether_it_is_the_same_person(self, desk: Client, newcomer: User) -> None:
        selfie = make_document(user=newcomer, kind=DocumentKind.SELFIE, state=DocumentState.NEEDS_REVIEW)
        page = text_of(desk.get(page_of(selfie)))

        assert "Cùng một người: duyệt" in page
        assert 'name="number"' not in page
        assert "Khuôn mặt khác với ảnh trên giấy tờ" in page
        desk.post(page_of(selfie), {"decision": "approve"})
        assert IdentityDocument.objects.get(pk=selfie.pk).state == DocumentState.APPROVED

    @pytest.mark.parametrize("kind", [DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT])
    @pytest.mark.parametrize(
        ("country", "hint"),
        [
            ("deu", "DEU là thành viên Công ước Viên 1968 theo danh sách ngày 01/11/2026"),
            ("USA", "USA không phải thành viên Công ước Viên 1968 theo danh sách ngày 01/11/2026: giấy phép"),
            ("CHN", "CHN không có trong danh sách thành viên Công ước Viên 1968 ngày 01/11/2026"),
            ("", "Theo danh sách ngày 01/11/2026, các nước này không phải thành viên"),
        ],
    )
    def test_whether_a_country_has_joined_the_convention_is_hinted_at(
        self, desk: Client, newcomer: User, kind: str, country: str, hint: str
    ) -> None:
        paper = make_document(user=newcomer, kind=kind, state=DocumentState.NEEDS_REVIEW)

        assert "Theo danh sách ngày 01/11/2026" in text_of(desk.get(page_of(paper)))
        assert hint in text_of(desk.post(page_of(paper), {"decision": "approve", "country": country}))

    @pytest.mark.parametrize("kind", [DocumentKind.PASSPORT, DocumentKind.DRIVING_LICENCE])
    def test_other_papers_have_nothing_to_do_with_the_convention(
        self, desk: Client, newcomer: User, kind: str
    ) -> None:
        paper = make_document(user=newcomer, kind=kind, state=DocumentState.NEEDS_REVIEW)

        assert "Công ước Viên" not in text_of(desk.get(page_of(paper)))

    def test_only_one_reviewer_has_the_forms(
        self, desk: Client, waiting: IdentityDocument, operator: User
    ) -> None:
        take(document=waiting, reviewer=operator)

        page = text_of(desk.get(page_of(waiting)))
        assert "Đặng Thu Hà đang duyệt giấy tờ này." in page
        assert 'value="approve"' not in page
        assert "Đặng Thu Hà đang duyệt" in text_of(desk.get(QUEUE))

    def test_skipping_gives_the_paper_back_and_goes_on(self, desk: Client, waiting: IdentityDocument) -> None:
        following = make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)
        desk.get(page_of(waiting))

        assert desk.post(page_of(waiting), {"decision": "skip"}).headers["Location"] == page_of(following)
        assert DocumentReview.objects.get(document=waiting).outcome == "let_go"
        assert desk.post(page_of(following), {"decision": "leave"}).headers["Location"] == QUEUE

    def test_a_side_is_named_when_sent_back(self, desk: Client, waiting: IdentityDocument) -> None:
        desk.post(page_of(waiting), {"decision": "reject", "code": "unreadable", "sides": ["back"]})

        assert IdentityDocument.objects.get(pk=waiting.pk).bad_sides == {"back": "unreadable"}

    def test_a_page_is_cheap(
        self, desk: Client, waiting: IdentityDocument, django_assert_max_num_queries: Any
    ) -> None:
        read(waiting, agreeing())
        desk.get(page_of(waiting))

        with django_assert_max_num_queries(28):
            desk.get(page_of(waiting))

    def test_the_list_is_narrowed_by_what_was_found(self, desk: Client, newcomer: User) -> None:
        grave = make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW, findings=[Finding.FACE_KNOWN])
        plain = make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)

        for asked in ("grave", "face_known"):
            page = text_of(desk.get(QUEUE, {"finding": asked}))
            assert page_of(grave) in page
            assert page_of(plain) not in page


class TestRules:
    @pytest.fixture
    def desk(self, client: Client, operator: User) -> Client:
        client.force_login(operator)
        return client

    def test_the_first_rules_are_laid_down_and_later_ones_succeed_them(
        self, desk: Client, operator: User
    ) -> None:
        assert "Máy được duyệt khi các nguồn độc lập nói giống nhau." in text_of(desk.get(POLICIES))
        today = f"{clock.today():%d/%m/%Y}"
        first = {"valid_from": today, "is_automatic": "on", "second_look": ["expired"], "note": "Bắt đầu"}
        assert desk.post(f"{POLICIES}add/", first | {"spot_check_percent": "5"}).status_code == 302
        row = VerificationPolicy.objects.get()
        assert (row.second_look, row.spot_check_percent) == (["expired"], 5)
        assert AuditEvent.objects.get(action="verification_policy.laid_down").actor_ref == operator.public_id

        assert desk.get(f"{POLICIES}add/").status_code == 403
        tomorrow = f"{clock.today() + timedelta(days=1):%d/%m/%Y}"
        new = {
            "valid_from": tomorrow,
            "second_look": ["face_known"],
            "spot_check_percent": "5",
            "note": "Thử",
        }
        shown = desk.post(f"{POLICIES}{row.pk}/step/succeed/", new)
        page = text_of(shown)
        assert "Điều gì thay đổi?" in page
        assert VerificationPolicy.objects.count() == 1
        agreed = re.search(r'name="step_agreed" value="(\w+)"', page)
        assert agreed is not None
        desk.post(f"{POLICIES}{row.pk}/step/succeed/", new | {"step_agreed": agreed.group(1)})
        assert VerificationPolicy.objects.count() == 2
        assert policy_today().is_automatic
        with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
            assert not policy_today().is_automatic

    def test_rules_are_not_backdated_or_rewritten(self, desk: Client) -> None:
        row = VerificationPolicy.objects.create(valid_from=clock.today())
        yesterday = f"{clock.today() - timedelta(days=1):%d/%m/%Y}"
        address = f"{POLICIES}{row.pk}/step/succeed/"
        sent = {"valid_from": yesterday, "spot_check_percent": "0", "note": "x"}
        agreed = re.search(r'name="step_agreed" value="(\w+)"', text_of(desk.post(address, sent)))
        assert agreed is not None

        assert "chỉ áp dụng từ hôm nay trở đi" in text_of(
            desk.post(address, sent | {"step_agreed": agreed.group(1)})
        )
        assert desk.post(f"{POLICIES}{row.pk}/change/", {"spot_check_percent": "9"}).status_code == 403
        assert VerificationPolicy.objects.count() == 1

    def test_reviewers_see_them_and_change_nothing(self, reviewer: User) -> None:
        client = Client()
        client.force_login(reviewer)

        assert client.get(POLICIES).status_code == 200
        assert client.get(f"{POLICIES}add/").status_code == 403


class TestFigures:
    def test_they_are_counted_from_the_tables(
        self, newcomer: User, reviewer: User, django_assert_num_queries: Any
    ) -> None:
        now = clock.now()
        with time_machine.travel(now - timedelta(minutes=30), tick=False):
            slow = make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW)
        with time_machine.travel(now - timedelta(seconds=60), tick=False):
            take(document=slow, reviewer=reviewer)
        with time_machine.travel(now, tick=False):
            reject_document(document=slow, code="glare", reviewer=reviewer, by=operator_actor(reviewer))
            make_document(user=make_user(), is_automatic=True)
            read(slow, [], engine="textract", seconds=1.5, cost_microusd=1500)

            with django_assert_num_queries(2):
                figures = review_figures()
        (card,) = figures.kinds
        assert (card.decided, card.automatic, card.retaken, card.waiting) == (2, 1, 1, 0)
        assert (card.automatic_percent, card.retaken_percent) == (50.0, 50.0)
        assert card.first_look_median == 29 * 60
        assert (card.review_median, card.seconds_read, card.cost_usd) == (60, 1.5, 0.0015)
        assert figures.total.decided == 2
        (day,) = figures.reviewers
        assert (day.name, day.decided, day.rejected, day.median, day.places) == (
            "Lý Mai Lan",
            1,
            1,
            60,
            "admin",
        )

    def test_the_page_shows_them_to_reviewers_only(self, desk: Client) -> None:
        address = reverse("admin:accounts_identitydocument_figures")

        assert "Chưa có lượt duyệt nào." in text_of(desk.get(address, {"days": "30"}))
        finance = Client()
        finance.force_login(make_user(is_staff=True))
        assert finance.get(address).status_code == 403

    @pytest.mark.parametrize("days", ["", "x", "-1", "100000"])
    def test_an_odd_span_is_the_usual_one(self, desk: Client, days: str) -> None:
        assert desk.get(f"{QUEUE}figures/", {"days": days}).context["figures"].days == 7

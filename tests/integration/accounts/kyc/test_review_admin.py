import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin import AdminSite
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor
from accounts.kyc.admin import IdentityDocumentAdmin
from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import reject_document
from accounts.notifications.models import Delivery
from accounts.users.models import User
from tests.factories.accounts import make_document, make_user
from voltgo.core import clock
from voltgo.core.models import AuditEvent

CARD, LICENCE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE
QUEUE = "/admin/accounts/identitydocument/"


@pytest.fixture
def desk(client: Client, reviewer: User) -> Client:
    client.force_login(reviewer)
    return client


@pytest.fixture
def waiting(newcomer: User) -> IdentityDocument:
    return make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW, with_images=True)


def page_of(document: IdentityDocument) -> str:
    return f"{QUEUE}{document.pk}/change/"


def reading(**changes: Any) -> dict[str, Any]:
    return {
        "decision": "approve",
        "number": "079 303 990 005",
        "full_name": "VÕ HOÀI AN",
        "born_on": "18/05/2003",
        "issued_on": "01062022",
        "expires_on": "18/05/2043",
        "override_reason": "",
    } | changes


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def state_of(document: IdentityDocument) -> str:
    return IdentityDocument.objects.get(pk=document.pk).state


def test_a_waiting_paper_opens_with_its_photographs_beside_the_fields(
    desk: Client, waiting: IdentityDocument
) -> None:
    page = text_of(desk.get(page_of(waiting)))

    for side in ("front", "back"):
        assert f'<img src="/account/documents/{waiting.pk}/{side}/?key=' in page
    assert "Võ Hoài An" in page
    assert 'name="number"' in page
    assert 'name="licence_classes"' not in page
    assert 'name="accept_warnings"' not in page


def test_a_licence_asks_for_its_classes(desk: Client, newcomer: User) -> None:
    licence = make_document(user=newcomer, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    assert text_of(desk.get(page_of(licence))).count('name="licence_classes"') == 18


def test_approving_goes_on_to_the_next_that_waits(desk: Client, waiting: IdentityDocument) -> None:
    following = make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)

    answer = desk.post(page_of(waiting), reading())

    assert answer.status_code == 302
    assert answer.headers["Location"] == page_of(following)
    document = IdentityDocument.objects.get(pk=waiting.pk)
    assert (document.state, document.number, f"{document.issued_on}") == (
        "approved",
        "079303990005",
        "2022-06-01",
    )


def test_the_last_one_leads_back_to_the_list(desk: Client, waiting: IdentityDocument) -> None:
    answer = desk.post(
        page_of(waiting), {"decision": "reject", "code": "unreadable", "note": "Mặt sau bị lóa"}
    )

    assert answer.headers["Location"] == QUEUE
    document = IdentityDocument.objects.get(pk=waiting.pk)
    assert (document.state, document.rejection_code, document.rejection_note) == (
        "rejected",
        "unreadable",
        "Mặt sau bị lóa",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "12"}, "Số giấy tờ gồm 6 đến 20 chữ số hoặc chữ cái."),
        ({"born_on": ""}, "Nhập ngày sinh."),
        ({"born_on": "2003"}, "Nhập một ngày hợp lệ."),
        ({"full_name": "TRẦN QUỐC BẢO"}, "Thông tin trên giấy tờ khác với tài khoản."),
        ({"expires_on": "18/05/2020"}, "Giấy tờ đã hết hạn."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(
    desk: Client, waiting: IdentityDocument, changes: dict[str, str], words: str
) -> None:
    answer = desk.post(page_of(waiting), reading(accept_warnings="on", **changes))

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'value="VÕ HOÀI AN"' in text_of(answer) or "full_name" in changes
    assert state_of(waiting) == DocumentState.NEEDS_REVIEW


def test_a_number_that_contradicts_the_birthday_is_a_hint_and_not_a_refusal(
    desk: Client, waiting: IdentityDocument
) -> None:
    odd = reading(number="003 395 990 005")

    answer = desk.post(page_of(waiting), odd)
    assert answer.status_code == 422
    page = text_of(answer)
    assert "Ba số đầu không phải mã tỉnh đã biết" in page
    assert "Năm sinh trong số căn cước khác với ngày sinh" in page

    assert desk.post(page_of(waiting), odd | {"accept_warnings": "on"}).status_code == 302
    assert state_of(waiting) == DocumentState.APPROVED


def test_a_number_of_somebody_else_is_said_at_the_number(desk: Client, waiting: IdentityDocument) -> None:
    make_document(user=make_user(), number="079303990005")

    answer = desk.post(page_of(waiting), reading())

    assert answer.status_code == 422
    assert "đã được duyệt cho một tài khoản khác" in text_of(answer)


def test_a_rejection_needs_a_code(desk: Client, waiting: IdentityDocument) -> None:
    assert desk.post(page_of(waiting), {"decision": "reject", "code": ""}).status_code == 422
    assert state_of(waiting) == DocumentState.NEEDS_REVIEW


def test_who_comes_second_is_told_and_goes_on(
    desk: Client, waiting: IdentityDocument, operator: User
) -> None:
    reject_document(document=waiting, code="expired", reviewer=operator, by=operator_actor(operator))

    answer = desk.post(page_of(waiting), reading(), follow=True)

    assert "Trạng thái đã thay đổi." in text_of(answer)
    assert state_of(waiting) == DocumentState.REJECTED
    assert Delivery.objects.count() == 1


def test_one_s_own_papers_are_shown_but_not_decided(client: Client, operator: User) -> None:
    own = make_document(user=operator, state=DocumentState.NEEDS_REVIEW, with_images=True)
    client.force_login(operator)

    page = text_of(client.get(page_of(own)))
    client.post(page_of(own), reading())

    assert "Hãy nhờ người khác duyệt." in page
    assert 'name="number"' not in page
    assert state_of(own) == DocumentState.NEEDS_REVIEW
    assert client.get(f"{QUEUE}next/").headers["Location"] == QUEUE


def test_the_queue_starts_with_the_one_that_has_waited_longest(desk: Client, reviewer: User) -> None:
    newer = make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False):
        oldest = make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)

    assert desk.get(f"{QUEUE}next/").headers["Location"] == page_of(oldest)
    listed = text_of(desk.get(QUEUE))
    assert "2 giấy tờ đang chờ duyệt." in listed
    assert newer.pk != oldest.pk


def test_a_decided_paper_is_a_record(desk: Client, renter: User) -> None:
    document = renter.documents.get(kind=LICENCE)

    page = text_of(desk.get(page_of(document)))

    assert "A1, B" in page
    assert document.masked_number in page
    assert document.number not in page
    assert 'name="decision"' not in page


def test_an_approval_is_taken_back_by_a_step_with_a_reason(desk: Client, renter: User) -> None:
    document = renter.documents.get(kind=CARD)
    step = f"{QUEUE}{document.pk}/step/revoke/"

    assert desk.post(step, {"reason": ""}).status_code == 422
    assert desk.post(step, {"reason": "Giấy tờ giả"}).status_code == 302

    assert state_of(document) == DocumentState.REVOKED


def test_a_whole_number_finds_its_paper_and_a_part_does_not(desk: Client, renter: User) -> None:
    document = renter.documents.get(kind=CARD)

    assert page_of(document) in text_of(desk.get(QUEUE, {"q": document.number}))
    assert page_of(document) not in text_of(desk.get(QUEUE, {"q": document.number[:8]}))


def test_the_list_of_papers_is_cheap(desk: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(8):
        make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW)

    with django_assert_max_num_queries(14):
        desk.get(QUEUE)


@pytest.mark.parametrize("address", [QUEUE, f"{QUEUE}next/"])
def test_finance_and_others_have_no_business_here(client: Client, address: str) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(address).status_code == 403


def test_a_reviewer_cannot_edit_people(desk: Client, newcomer: User) -> None:
    address = reverse("admin:accounts_user_change", args=[newcomer.pk])

    assert desk.get(address).status_code == 200
    assert desk.post(address, {"full_name": "Khác"}).status_code == 403
    assert desk.get(f"/admin/accounts/user/{newcomer.pk}/step/block/").status_code == 403


class TestPeople:
    @pytest.fixture
    def desk(self, client: Client, operator: User) -> Client:
        client.force_login(operator)
        return client

    def test_a_person_is_blocked_and_let_in_again_with_reasons(self, desk: Client, newcomer: User) -> None:
        address = f"/admin/accounts/user/{newcomer.pk}/step/"

        desk.post(f"{address}block/", {"reason": "Không trả xe"})
        newcomer.refresh_from_db()
        assert newcomer.blocked_reason == "Không trả xe"

        assert "Không trả xe" in text_of(desk.get(f"{address}unblock/"))
        desk.post(f"{address}unblock/", {"reason": "Đã trả"})
        newcomer.refresh_from_db()
        assert newcomer.blocked_at is None

    def test_a_correction_is_on_record_without_personal_data(
        self, desk: Client, newcomer: User, operator: User
    ) -> None:
        sent = {"full_name": "Võ Thị Hoài An", "phone": newcomer.phone, "language": "vi", "is_active": "on"}

        answer = desk.post(reverse("admin:accounts_user_change", args=[newcomer.pk]), sent)

        assert answer.status_code == 302
        event = AuditEvent.objects.get(action="accounts.user.changed")
        assert (event.actor_ref, event.changes) == (operator.public_id, {"full_name": ["•••", "•••"]})

    def test_an_operator_hands_out_no_rights(self, desk: Client, newcomer: User) -> None:
        sent = {
            "full_name": newcomer.full_name,
            "phone": newcomer.phone,
            "language": "vi",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "groups": ["1"],
        }
        desk.post(reverse("admin:accounts_user_change", args=[newcomer.pk]), sent)

        newcomer.refresh_from_db()
        assert not newcomer.is_staff
        assert not newcomer.is_superuser
        assert not newcomer.groups.exists()

    def test_nobody_changes_a_person_with_more_rights(self, desk: Client) -> None:
        owner = User.objects.create_superuser("root@example.vn", "a-long-password", full_name="Chủ")
        address = reverse("admin:accounts_user_change", args=[owner.pk])

        assert desk.post(address, {"full_name": "Khác"}).status_code == 403

    def test_every_page_of_the_app_opens(self, client: Client, renter: User) -> None:
        make_document(user=make_user(), state=DocumentState.REJECTED, with_images=True)
        client.force_login(
            User.objects.create_superuser("root@example.vn", "a-long-password", full_name="Chủ")
        )
        for name in (
            "accounts_user",
            "accounts_identitydocument",
            "accounts_documentimage",
            "accounts_delivery",
            "accounts_apitoken",
            "account_emailaddress",
            "mfa_authenticator",
            "auth_group",
        ):
            assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
        assert client.get(reverse("admin:accounts_user_change", args=[renter.pk])).status_code == 200
        assert client.get(reverse("admin:accounts_user_add")).status_code == 200
        for document in IdentityDocument.objects.all():
            assert client.get(page_of(document)).status_code == 200

    def test_a_new_colleague_chooses_their_own_password(self, client: Client) -> None:
        client.force_login(
            User.objects.create_superuser("root@example.vn", "a-long-password", full_name="Chủ")
        )

        client.post(
            reverse("admin:accounts_user_add"),
            {
                "email": "New@Example.vn",
                "full_name": "Người Mới",
                "phone": "",
                "language": "vi",
                "is_staff": "on",
            },
        )

        user = User.objects.get(email="new@example.vn")
        assert user.is_staff
        assert not user.has_usable_password()


def test_states_cannot_be_edited_by_hand() -> None:
    page = IdentityDocumentAdmin(IdentityDocument, AdminSite())

    assert "state" in page.get_fields(None)  # type: ignore[arg-type]
    assert "state" in page.get_readonly_fields(None)  # type: ignore[arg-type]

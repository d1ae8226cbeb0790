from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.access.actors import operator_actor, renter_actor
from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState
from accounts.kyc.errors import (
    DocumentNumberTaken,
    PaperContradictsAccount,
    PaperUnreadable,
    ReviewerIsSubject,
)
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import ReadFields, approve_document, reject_document
from accounts.notifications.models import Delivery
from accounts.users.models import User
from tests.factories.accounts import FAR_FUTURE, make_document, make_renter, make_user
from voltgo.core import clock, outbox, states
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed
from voltgo.core.models import AuditEvent

CARD, LICENCE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE
READ_CARD = ReadFields(
    number="079 303 990 005",
    full_name="VÕ HOÀI AN",
    born_on=date(2003, 5, 18),
    issued_on=date(2022, 6, 1),
    expires_on=date(2043, 5, 18),
)
READ_LICENCE = replace(
    READ_CARD,
    number="790303990005",
    licence_classes=("B", "A1"),
    issued_on=date(2025, 7, 1),
    expires_on=date(2035, 7, 1),
)


@pytest.fixture
def waiting(newcomer: User) -> IdentityDocument:
    return make_document(user=newcomer, state=DocumentState.NEEDS_REVIEW)


@pytest.fixture
def waiting_licence(newcomer: User) -> IdentityDocument:
    return make_document(user=newcomer, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)


def approve(
    document: IdentityDocument, reviewer: User, read: ReadFields = READ_CARD, **options: Any
) -> IdentityDocument:
    return approve_document(
        document=document, read=read, reviewer=reviewer, by=operator_actor(reviewer), **options
    )


def untouched(document: IdentityDocument) -> bool:
    row = IdentityDocument.objects.get(pk=document.pk)
    return (
        row.state == DocumentState.NEEDS_REVIEW
        and row.number_hash == ""
        and row.reviewed_by is None
        and not Delivery.objects.exists()
        and not AuditEvent.objects.exists()
    )


def test_an_approval_keeps_what_was_read_and_hides_the_number(
    waiting: IdentityDocument, reviewer: User
) -> None:
    approve(waiting, reviewer)

    row = IdentityDocument.objects.get(pk=waiting.pk)
    assert row.state == DocumentState.APPROVED
    assert (row.full_name, row.born_on, row.expires_on) == (
        "VÕ HOÀI AN",
        date(2003, 5, 18),
        date(2043, 5, 18),
    )
    assert (row.number_tail, row.masked_number) == ("005", "•••••••••005")
    assert row.number == "079303990005"
    for stored in (row.number_encrypted, row.number_hash):
        assert "079303990005" not in stored
    assert row.reviewed_by == reviewer
    assert row.licence_classes == []


def test_a_citizen_card_tells_the_date_of_birth(
    waiting: IdentityDocument, newcomer: User, reviewer: User
) -> None:
    approve(waiting, reviewer)

    newcomer.refresh_from_db()
    assert newcomer.born_on == date(2003, 5, 18)


def test_a_licence_keeps_its_classes_in_the_order_of_the_law(
    waiting_licence: IdentityDocument, reviewer: User
) -> None:
    approve(waiting_licence, reviewer, READ_LICENCE)

    row = IdentityDocument.objects.get(pk=waiting_licence.pk)
    assert row.licence_classes == ["A1", "B"]
    assert row.licence_classes_label == "A1, B"
    row.user.refresh_from_db()
    assert row.user.born_on is None


def test_the_approval_is_on_record_without_identity_data(
    waiting: IdentityDocument, newcomer: User, reviewer: User
) -> None:
    approve(waiting, reviewer)

    event = AuditEvent.objects.get()
    assert (event.action, event.subject, event.actor_ref) == (
        "document.approved",
        f"document:{waiting.pk}",
        reviewer.public_id,
    )
    assert event.changes == {"user": newcomer.public_id, "contradictions": []}
    last = states.events_of(DOCUMENT, waiting).last()
    assert last is not None
    assert (last.source, last.target, last.actor_kind) == ("needs_review", "approved", "operator")


def test_the_person_is_told_by_mail_in_their_language(
    waiting: IdentityDocument, newcomer: User, reviewer: User
) -> None:
    approve(waiting, reviewer)
    outbox.run_all()

    (message,) = mail.outbox
    assert message.to[0].endswith(" <an@example.vn>")
    assert message.subject == "Giấy tờ đã được duyệt: căn cước công dân"
    assert "Hãy gửi nốt giấy tờ còn lại để đặt xe." in message.body


def test_with_all_papers_approved_the_mail_says_that_booking_is_open(
    waiting: IdentityDocument, waiting_licence: IdentityDocument, newcomer: User, reviewer: User
) -> None:
    make_document(user=newcomer, kind=DocumentKind.SELFIE, state=DocumentState.AUTO_PASSED)
    approve(waiting, reviewer)
    approve(waiting_licence, reviewer, READ_LICENCE)

    assert "Bạn có thể đặt xe ngay." in Delivery.objects.latest("pk").body


def test_nobody_reviews_their_own_papers(operator: User) -> None:
    own = make_document(user=operator, state=DocumentState.NEEDS_REVIEW)

    with pytest.raises(ReviewerIsSubject):
        approve(own, operator)
    with pytest.raises(ReviewerIsSubject):
        reject_document(document=own, code="unreadable", reviewer=operator, by=operator_actor(operator))
    assert untouched(own)


def test_a_renter_cannot_approve_even_for_others(waiting: IdentityDocument, stranger: User) -> None:
    with pytest.raises(NotAllowed):
        approve_document(document=waiting, read=READ_CARD, reviewer=stranger, by=renter_actor(stranger))
    assert untouched(waiting)


def test_a_number_belongs_to_one_person(waiting: IdentityDocument, reviewer: User) -> None:
    make_document(user=make_user(), number="079303990005")

    with pytest.raises(DocumentNumberTaken):
        approve(waiting, reviewer)
    assert untouched(waiting)


def test_a_number_stays_taken_when_the_paper_of_the_other_has_run_out(
    waiting: IdentityDocument, reviewer: User
) -> None:
    make_document(user=make_user(), number="079303990005", state=DocumentState.EXPIRED)

    with pytest.raises(DocumentNumberTaken):
        approve(waiting, reviewer)
    assert untouched(waiting)


def test_the_same_digits_on_another_kind_of_paper_do_not_collide(
    waiting: IdentityDocument, reviewer: User
) -> None:
    make_document(user=make_user(), kind=LICENCE, number="079303990005")

    assert approve(waiting, reviewer).state == DocumentState.APPROVED


def test_a_renewed_card_keeps_its_number_and_replaces_the_old_one(renter: User, reviewer: User) -> None:
    old = renter.documents.get(kind=CARD)
    new = make_document(user=renter, state=DocumentState.NEEDS_REVIEW)
    read = ReadFields(
        number=old.number, full_name=renter.full_name, born_on=renter.born_on, expires_on=FAR_FUTURE
    )

    approve(new, reviewer, read)

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (DocumentState.SUPERSEDED, DocumentState.APPROVED)


def test_an_expired_card_is_replaced_by_the_new_one(reviewer: User) -> None:
    user = make_user(full_name="Lê Thị Cúc", born_on=date(1986, 7, 25))
    old = make_document(user=user, state=DocumentState.EXPIRED)
    new = make_document(user=user, state=DocumentState.NEEDS_REVIEW)

    approve(
        new, reviewer, ReadFields(number="048186990003", full_name="LE THI CUC", born_on=date(1986, 7, 25))
    )

    old.refresh_from_db()
    assert old.state == DocumentState.SUPERSEDED


def test_another_name_needs_a_reason_that_is_kept(waiting: IdentityDocument, reviewer: User) -> None:
    read = replace(READ_CARD, full_name="VÕ THỊ HOÀI AN")

    with pytest.raises(PaperContradictsAccount) as refusal:
        approve(waiting, reviewer, read)
    assert refusal.value.details["fields"] == ["full_name"]
    assert untouched(waiting)

    approve(waiting, reviewer, read, override_reason=" Tài khoản ghi thiếu tên đệm ")
    event = AuditEvent.objects.get()
    assert event.reason == "Tài khoản ghi thiếu tên đệm"
    assert event.changes["contradictions"] == ["full_name"]


def test_two_papers_with_different_birthdays_need_a_reason(renter: User, reviewer: User) -> None:
    new = make_document(user=renter, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)
    read = replace(READ_LICENCE, full_name=renter.full_name, born_on=date(1995, 3, 15))

    with pytest.raises(PaperContradictsAccount) as refusal:
        approve(new, reviewer, read)

    assert refusal.value.details["fields"] == ["born_on"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "12 34"}, "number"),
        ({"number": "079-303<990"}, "number"),
        ({"number": ""}, "number"),
        ({"full_name": "  "}, "full_name"),
        ({"born_on": None}, "born_on"),
        ({"born_on": date(2015, 1, 1)}, "born_on"),
        ({"expires_on": date(2020, 1, 1)}, "expires_on"),
        ({"issued_on": date(2090, 1, 1)}, "issued_on"),
    ],
)
def test_what_no_card_can_say_is_refused(
    waiting: IdentityDocument, reviewer: User, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(PaperUnreadable) as refusal:
        approve(waiting, reviewer, replace(READ_CARD, **change), override_reason="whatever")

    assert set(refusal.value.details["errors"]) == {field}
    assert untouched(waiting)


@pytest.mark.parametrize(
    ("classes", "issued_on", "field"),
    [
        ((), date(2025, 7, 1), "licence_classes"),
        (("B",), None, "issued_on"),
        (("A1",), date(2024, 12, 31), "licence_classes"),
        (("old_A1",), date(2025, 1, 1), "licence_classes"),
        (("old_B2", "A1"), date(2020, 1, 1), "licence_classes"),
        (("A_14kW",), date(2024, 5, 1), "licence_classes"),
    ],
)
def test_a_class_must_fit_the_day_of_issue(
    waiting_licence: IdentityDocument,
    reviewer: User,
    classes: tuple[str, ...],
    issued_on: date | None,
    field: str,
) -> None:
    with pytest.raises(PaperUnreadable) as refusal:
        approve(
            waiting_licence, reviewer, replace(READ_LICENCE, licence_classes=classes, issued_on=issued_on)
        )

    assert set(refusal.value.details["errors"]) == {field}
    assert untouched(waiting_licence)


def test_a_paper_that_ends_today_is_still_taken(waiting: IdentityDocument, reviewer: User) -> None:
    assert (
        approve(waiting, reviewer, replace(READ_CARD, expires_on=clock.today())).state
        == DocumentState.APPROVED
    )


def test_a_rejection_has_a_code_and_says_what_to_do(
    waiting: IdentityDocument, newcomer: User, reviewer: User
) -> None:
    reject_document(
        document=waiting,
        code="unreadable",
        note="Mặt sau bị lóa",
        reviewer=reviewer,
        by=operator_actor(reviewer),
    )
    outbox.run_all()

    row = IdentityDocument.objects.get(pk=waiting.pk)
    assert (row.state, row.rejection_code, row.rejection_note) == ("rejected", "unreadable", "Mặt sau bị lóa")
    assert AuditEvent.objects.get().changes == {"user": newcomer.public_id, "code": "unreadable"}
    (message,) = mail.outbox
    assert message.subject == "Cần chụp lại: căn cước công dân"
    assert "Ảnh bị mờ, lóa hoặc bị cắt" in message.body
    assert "Mặt sau bị lóa" in message.body
    assert "/account/identity/citizen_card/" in message.body


def test_a_suspected_forgery_is_not_called_so_to_the_person(
    waiting: IdentityDocument, reviewer: User
) -> None:
    reject_document(
        document=waiting, code="suspected_forgery", reviewer=reviewer, by=operator_actor(reviewer)
    )

    body = Delivery.objects.get().body
    assert "không thật" not in body
    assert "bản gốc" in body


def test_an_unknown_code_is_refused(waiting: IdentityDocument, reviewer: User) -> None:
    with pytest.raises(ValueError, match="because"):
        reject_document(document=waiting, code="because", reviewer=reviewer, by=operator_actor(reviewer))
    assert untouched(waiting)


def test_a_decided_paper_is_not_decided_again(
    waiting: IdentityDocument, reviewer: User, operator: User
) -> None:
    stale = IdentityDocument.objects.get(pk=waiting.pk)
    reject_document(document=waiting, code="unreadable", reviewer=reviewer, by=operator_actor(reviewer))

    with pytest.raises(IllegalTransition):
        approve(stale, operator)
    with pytest.raises(IllegalTransition):
        reject_document(document=stale, code="expired", reviewer=operator, by=operator_actor(operator))

    assert Delivery.objects.count() == 1
    assert IdentityDocument.objects.get(pk=waiting.pk).rejection_code == "unreadable"


def test_who_comes_second_hears_that_and_not_of_a_typing_error(
    waiting: IdentityDocument, reviewer: User, operator: User
) -> None:
    reject_document(document=waiting, code="unreadable", reviewer=reviewer, by=operator_actor(reviewer))

    with pytest.raises(IllegalTransition):
        approve(IdentityDocument.objects.get(pk=waiting.pk), operator, replace(READ_CARD, number=""))


def test_a_paper_that_was_replaced_while_under_review_is_not_approved(
    waiting: IdentityDocument, newcomer: User, reviewer: User
) -> None:
    states.move(
        DOCUMENT, IdentityDocument.objects.get(pk=waiting.pk), to="superseded", by=renter_actor(newcomer)
    )

    with pytest.raises(IllegalTransition):
        approve(waiting, reviewer)


def test_errors_of_a_reading_are_422(waiting: IdentityDocument) -> None:
    assert issubclass(PaperUnreadable, InvalidInput)
    assert issubclass(PaperContradictsAccount, InvalidInput)
    assert (DocumentNumberTaken.status, ReviewerIsSubject.status) == (409, 403)


def test_licence_validity_counts_from_tomorrow_on(reviewer: User) -> None:
    user = make_renter(full_name="Võ Hoài An", born_on=date(2003, 5, 18))
    new = make_document(user=user, kind=LICENCE, state=DocumentState.NEEDS_REVIEW)

    with pytest.raises(PaperUnreadable):
        approve(new, reviewer, replace(READ_LICENCE, expires_on=clock.today() - timedelta(days=1)))

"""Two reviewers, two renters and two tabs at once: each time exactly one outcome."""

from collections import Counter
from datetime import date

from accounts.access.actors import operator_actor, renter_actor
from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.errors import DocumentNumberTaken
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import ReadFields, approve_document, reject_document, submit_document
from accounts.notifications.models import Delivery
from accounts.notifications.services import notify
from accounts.users.models import User
from tests.concurrency.racing import race
from tests.factories.accounts import make_consent, make_document, make_user, photo_upload
from voltgo.core.errors import IllegalTransition
from voltgo.core.models import OutboxMessage, StateEvent

READ = ReadFields(number="079303990005", full_name="Võ Hoài An", born_on=date(2003, 5, 18))


def approve(document_id: int, reviewer: User) -> str:
    document = IdentityDocument.objects.select_related("user").get(pk=document_id)
    return approve_document(
        document=document, read=READ, reviewer=reviewer, by=operator_actor(reviewer)
    ).state


def kinds(results: list[str | Exception]) -> Counter[str]:
    return Counter(result if isinstance(result, str) else type(result).__name__ for result in results)


def test_two_reviewers_of_one_paper_give_one_decision() -> None:
    document = make_document(user=make_user(full_name="Võ Hoài An"), state=DocumentState.NEEDS_REVIEW)
    reviewers = [make_user(is_staff=True) for _ in range(6)]

    def decide(number: int) -> str:
        reviewer = reviewers[number]
        if number % 2:
            return approve(document.pk, reviewer)
        row = IdentityDocument.objects.select_related("user").get(pk=document.pk)
        return reject_document(
            document=row, code="unreadable", reviewer=reviewer, by=operator_actor(reviewer)
        ).state

    results = race(6, decide)

    document.refresh_from_db()
    assert kinds(results) == Counter({document.state: 1, IllegalTransition.__name__: 5})
    assert Delivery.objects.count() == 1
    assert StateEvent.objects.filter(machine="document", source="needs_review").count() == 1


def test_one_number_approved_for_two_people_at_once_goes_to_one() -> None:
    papers = [
        make_document(user=make_user(full_name="Võ Hoài An"), state=DocumentState.NEEDS_REVIEW)
        for _ in range(4)
    ]
    reviewers = [make_user(is_staff=True) for _ in papers]

    results = race(4, lambda number: approve(papers[number].pk, reviewers[number]))

    assert kinds(results) == Counter({"approved": 1, DocumentNumberTaken.__name__: 3})
    states = IdentityDocument.objects.values_list("state", flat=True)
    assert Counter(states) == Counter({"approved": 1, "needs_review": 3})
    assert User.objects.filter(born_on=READ.born_on).count() == 1


def test_sending_from_several_tabs_leaves_one_version_waiting() -> None:
    user = make_user()
    make_consent(user)

    def send(_number: int) -> str:
        return submit_document(
            user=User.objects.get(pk=user.pk),
            kind=DocumentKind.CITIZEN_CARD,
            images={"front": photo_upload(), "back": photo_upload()},
            by=renter_actor(user),
        ).state

    results = race(4, send)

    assert kinds(results) == Counter({"uploaded": 4})
    states = user.documents.values_list("state", flat=True)
    assert Counter(states) == Counter({"uploaded": 1, "superseded": 3})


def test_a_new_version_sent_during_the_review_is_never_approved_unseen() -> None:
    user = make_user(full_name="Võ Hoài An")
    make_consent(user)
    document = make_document(user=user, state=DocumentState.NEEDS_REVIEW, with_images=True)
    reviewer = make_user(is_staff=True)

    def act(number: int) -> str:
        if number:
            return approve(document.pk, reviewer)
        return submit_document(
            user=User.objects.get(pk=user.pk),
            kind=DocumentKind.CITIZEN_CARD,
            images={"front": photo_upload(), "back": photo_upload()},
            by=renter_actor(user),
        ).state

    race(2, act)

    newest = user.documents.latest("pk")
    assert newest.pk != document.pk
    assert newest.state == DocumentState.UPLOADED
    document.refresh_from_db()
    assert document.state in {DocumentState.APPROVED, DocumentState.SUPERSEDED}


def test_the_same_news_told_by_many_is_told_once() -> None:
    user = make_user()

    def tell(_number: int) -> str:
        delivery = notify(
            user=user,
            kind="document_expired",
            key="document_expired:9",
            context={"kind_label": "giấy tờ", "path": "/account/identity/"},
        )
        return str(delivery.pk)

    results = race(6, tell)

    assert len(set(map(str, results))) == 1
    assert Delivery.objects.count() == 1
    assert OutboxMessage.objects.filter(topic="notifications.send").count() == 1

"""Turns at papers, two pairs of eyes, and what is sent back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from accounts.access.actors import operator_actor, staff_actor
from accounts.kyc.enums import DocumentKind, DocumentState, Finding, ReviewOutcome
from accounts.kyc.errors import PaperTaken, PaperUnreadable, ReadingsDiffer, SecondLookNeedsAnother
from accounts.kyc.models import DocumentReview, IdentityDocument, VerificationPolicy
from accounts.kyc.policy import Policy, needs_second_look, policy_today
from accounts.kyc.services import (
    ReadFields,
    approve_document,
    confirm_face,
    doubt_face,
    let_go,
    reject_document,
    take,
    take_next,
)
from accounts.kyc.services.taking import unsealed
from accounts.notifications.models import Delivery
from accounts.users.models import User
from tests.factories.accounts import make_document, make_user
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import IllegalTransition, NotAllowed
from voltgo.core.models import AuditEvent

CARD, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.SELFIE
READ = ReadFields(
    number="079 303 990 005",
    full_name="VÕ HOÀI AN",
    born_on=date(2003, 5, 18),
    issued_on=date(2022, 6, 1),
    expires_on=date(2043, 5, 18),
)
TENTH_MINUTE = timedelta(minutes=10)


def waiting(user: User | None = None, *, minutes_ago: int = 0, **fields: Any) -> IdentityDocument:
    with time_machine.travel(clock.now() - timedelta(minutes=minutes_ago), tick=False):
        return make_document(user=user or make_user(), state=DocumentState.NEEDS_REVIEW, **fields)


def fresh(document: IdentityDocument) -> IdentityDocument:
    return IdentityDocument.objects.get(pk=document.pk)


def outcomes(document: IdentityDocument) -> list[tuple[str, str]]:
    rows = document.reviews.order_by("pk").select_related("reviewer")
    return [(row.reviewer.email, row.outcome) for row in rows]


def approve(document: IdentityDocument, reviewer: User, read: ReadFields = READ, **options: Any) -> Any:
    return approve_document(
        document=document, read=read, reviewer=reviewer, by=operator_actor(reviewer), **options
    )


class TestTurns:
    def test_the_one_that_has_waited_longest_comes_first(self, reviewer: User) -> None:
        waiting(minutes_ago=5)
        oldest = waiting(minutes_ago=50)

        assert take_next(reviewer=reviewer) == oldest
        assert outcomes(oldest) == [(reviewer.email, "")]

    def test_what_another_works_on_is_passed_over_for_ten_minutes(
        self, reviewer: User, operator: User
    ) -> None:
        oldest, newer = waiting(minutes_ago=50), waiting(minutes_ago=5)
        take(document=oldest, reviewer=operator)

        assert take_next(reviewer=reviewer) == newer
        with pytest.raises(PaperTaken) as refusal:
            take(document=oldest, reviewer=reviewer)
        assert refusal.value.details == {"reviewer": "Đặng Thu Hà"}
        with time_machine.travel(clock.now() + TENTH_MINUTE, tick=False):
            assert take(document=oldest, reviewer=reviewer).reviewer == reviewer
        assert outcomes(oldest) == [(operator.email, "let_go"), (reviewer.email, "")]

    def test_nobody_gets_their_own(self, operator: User) -> None:
        waiting(operator)

        assert take_next(reviewer=operator) is None

    def test_the_next_one_is_another_one(self, reviewer: User) -> None:
        first, second = waiting(minutes_ago=9), waiting(minutes_ago=3)
        take(document=first, reviewer=reviewer)

        assert take_next(reviewer=reviewer, after=first) == second

    def test_a_paper_given_back_is_there_for_others(self, reviewer: User, operator: User) -> None:
        paper = waiting()
        take(document=paper, reviewer=reviewer)

        assert let_go(document=paper, reviewer=operator) is False
        assert let_go(document=paper, reviewer=reviewer) is True
        assert take_next(reviewer=operator) == paper

    def test_a_turn_at_what_was_replaced_ends_by_itself(self, reviewer: User) -> None:
        paper = waiting()
        take(document=paper, reviewer=reviewer)
        IdentityDocument.objects.filter(pk=paper.pk).update(state="superseded")

        assert take_next(reviewer=reviewer) is None
        assert outcomes(paper) == [(reviewer.email, "let_go")]

    def test_who_took_too_long_is_told_when_they_decide(
        self, reviewer: User, operator: User, newcomer: User
    ) -> None:
        paper = waiting(newcomer)
        with time_machine.travel(clock.now() - timedelta(minutes=11), tick=False):
            take(document=paper, reviewer=reviewer)
        take(document=paper, reviewer=operator)

        with pytest.raises(PaperTaken):
            approve(paper, reviewer)
        assert fresh(paper).state == DocumentState.NEEDS_REVIEW

    def test_a_decided_paper_is_nobodys_turn(self, reviewer: User) -> None:
        paper = make_document(user=make_user())

        with pytest.raises(IllegalTransition):
            take(document=paper, reviewer=reviewer)

    def test_only_papers_of_some_people(self, reviewer: User) -> None:
        waiting(minutes_ago=9)
        theirs = waiting(minutes_ago=1)

        assert take_next(reviewer=reviewer, owners=[theirs.user_id]) == theirs
        assert take_next(reviewer=reviewer, owners=[]) is None

    def test_the_time_of_a_review_is_kept(self, reviewer: User, newcomer: User) -> None:
        paper = waiting(newcomer)
        now = clock.now()
        with time_machine.travel(now - timedelta(seconds=40), tick=False):
            take(document=paper, reviewer=reviewer)
        with time_machine.travel(now, tick=False):
            approve(paper, reviewer)

        turn = DocumentReview.objects.get()
        assert turn.decided_at is not None
        assert turn.decided_at - turn.taken_at == timedelta(seconds=40)
        assert (turn.outcome, turn.place) == (ReviewOutcome.APPROVED, "admin")


class TestFourEyes:
    @pytest.fixture
    def grave(self, newcomer: User) -> IdentityDocument:
        return waiting(newcomer, findings=[Finding.SOURCES_DISAGREE])

    def test_the_first_approval_leaves_the_paper_to_a_second_person(
        self, grave: IdentityDocument, reviewer: User, operator: User
    ) -> None:
        approve(grave, reviewer)

        assert fresh(grave).state == DocumentState.NEEDS_REVIEW
        assert outcomes(grave) == [(reviewer.email, "second_look")]
        first = DocumentReview.objects.get()
        assert "079303990005" not in first.reading_encrypted
        assert unsealed(first) == READ
        assert not Delivery.objects.exists()
        assert take_next(reviewer=reviewer) is None
        assert take_next(reviewer=operator) == grave

    def test_the_same_person_is_not_the_second(self, grave: IdentityDocument, reviewer: User) -> None:
        approve(grave, reviewer)

        with pytest.raises(SecondLookNeedsAnother):
            approve(grave, reviewer)
        with pytest.raises(SecondLookNeedsAnother):
            reject_document(document=grave, code="unreadable", reviewer=reviewer, by=operator_actor(reviewer))

    def test_the_second_who_reads_the_same_approves(
        self, grave: IdentityDocument, reviewer: User, operator: User
    ) -> None:
        approve(grave, reviewer)
        approve(grave, operator, replace(READ, full_name="Võ Hoài An"))

        assert (fresh(grave).state, fresh(grave).reviewed_by) == (DocumentState.APPROVED, operator)
        assert outcomes(grave) == [(reviewer.email, "second_look"), (operator.email, "approved")]
        assert [row.reading_encrypted for row in grave.reviews.all()] == ["", ""]
        actions = AuditEvent.objects.order_by("pk").values_list("action", "actor_ref")
        assert list(actions) == [
            ("document.first_look", reviewer.public_id),
            ("document.approved", operator.public_id),
        ]

    def test_the_second_who_reads_something_else_looks_again(
        self, grave: IdentityDocument, reviewer: User, operator: User
    ) -> None:
        approve(grave, reviewer)
        other = replace(READ, number="079303990006", expires_on=None)

        with pytest.raises(ReadingsDiffer) as refusal:
            approve(grave, operator, other)
        assert refusal.value.details == {"fields": ["number", "expires_on"]}
        assert fresh(grave).state == DocumentState.NEEDS_REVIEW

        approve(grave, operator, other, accept_difference=True)
        assert fresh(grave).number == "079303990006"

    def test_one_person_is_enough_to_send_it_back(
        self, grave: IdentityDocument, reviewer: User, operator: User
    ) -> None:
        approve(grave, reviewer)
        reject_document(
            document=grave, code="suspected_forgery", reviewer=operator, by=operator_actor(operator)
        )

        assert outcomes(grave) == [(reviewer.email, "second_look"), (operator.email, "rejected")]
        assert not grave.reviews.exclude(reading_encrypted="").exists()

    def test_overriding_the_account_needs_two_only_where_the_policy_says_so(
        self, newcomer: User, reviewer: User
    ) -> None:
        paper = waiting(newcomer)
        VerificationPolicy.objects.create(valid_from=clock.today(), second_look=[Finding.NAME_DIFFERS])

        approve(paper, reviewer, replace(READ, full_name="VÕ THỊ AN"), override_reason="Đổi tên khi kết hôn")

        assert fresh(paper).state == DocumentState.NEEDS_REVIEW
        assert DocumentReview.objects.get().reason == "Đổi tên khi kết hôn"


class TestPolicy:
    def test_without_rows_grave_findings_need_two(self) -> None:
        assert policy_today() == Policy()
        assert needs_second_look([Finding.FACE_KNOWN])
        assert not needs_second_look([Finding.LOW_CONFIDENCE], [Finding.NAME_DIFFERS])

    def test_the_youngest_row_that_has_begun_holds(self) -> None:
        today = clock.today()
        VerificationPolicy.objects.create(valid_from=today - timedelta(days=9), spot_check_percent=10)
        VerificationPolicy.objects.create(valid_from=today, is_automatic=False)
        VerificationPolicy.objects.create(valid_from=today + timedelta(days=1), spot_check_percent=90)

        assert policy_today() == Policy(is_automatic=False, second_look=frozenset(), spot_check_percent=0)
        assert not needs_second_look([Finding.FACE_KNOWN])


class TestKinds:
    PASSPORT = replace(READ, number="P01234567", country="deu")

    def approved(self, user: User, kind: str, reviewer: User, read: ReadFields) -> IdentityDocument:
        paper = waiting(user, kind=kind)
        approve(paper, reviewer, read)
        return fresh(paper)

    def test_a_passport_names_its_country_and_tells_the_birthday(
        self, newcomer: User, reviewer: User
    ) -> None:
        paper = self.approved(newcomer, "passport", reviewer, self.PASSPORT)

        newcomer.refresh_from_db()
        assert (paper.country, paper.licence_classes, newcomer.born_on) == ("DEU", [], date(2003, 5, 18))

    def test_a_foreign_name_may_stand_in_another_order(self, reviewer: User) -> None:
        guest = make_user(full_name="Anna Maria Schmidt")

        paper = self.approved(
            guest, "passport", reviewer, replace(self.PASSPORT, full_name="SCHMIDT ANNA MARIA")
        )
        assert paper.state == DocumentState.APPROVED

    @pytest.mark.parametrize(
        ("kind", "changes", "fields"),
        [
            ("passport", {"country": ""}, {"country"}),
            ("foreign_licence", {"licence_classes": ()}, {"licence_classes"}),
            ("foreign_licence", {"licence_classes": ("old_B2",)}, {"licence_classes"}),
            ("foreign_licence", {"issued_on": None}, {"issued_on"}),
            ("foreign_licence", {"country": "VNM"}, {"country"}),
            ("driving_permit", {"convention": "1949"}, {"convention"}),
            ("driving_permit", {"convention": "", "country": "VNM"}, {"convention", "country"}),
        ],
    )
    def test_what_no_foreign_paper_can_say_is_refused(
        self, newcomer: User, reviewer: User, kind: str, changes: dict[str, Any], fields: Iterable[str]
    ) -> None:
        paper = waiting(newcomer, kind=kind)
        good = replace(self.PASSPORT, licence_classes=("B",), convention="1968")

        with pytest.raises(PaperUnreadable) as refusal:
            approve(paper, reviewer, replace(good, **changes))
        assert set(refusal.value.details["errors"]) == set(fields)
        assert fresh(paper).state == DocumentState.NEEDS_REVIEW

    def test_a_permit_of_1968_carries_its_categories(self, newcomer: User, reviewer: User) -> None:
        read = replace(self.PASSPORT, licence_classes=("B", "A"), convention="1968")

        paper = self.approved(newcomer, "driving_permit", reviewer, read)
        assert (paper.licence_classes, paper.country) == (["A", "B"], "DEU")

    def test_a_selfie_is_approved_without_a_number(self, newcomer: User, reviewer: User) -> None:
        paper = self.approved(newcomer, SELFIE, reviewer, ReadFields())

        assert (paper.state, paper.number_hash, paper.born_on) == (DocumentState.APPROVED, "", None)


class TestSentBack:
    def sent_back(self, reviewer: User, **options: Any) -> IdentityDocument:
        paper = waiting()
        reject_document(document=paper, reviewer=reviewer, by=operator_actor(reviewer), **options)
        return fresh(paper)

    def test_only_the_bad_photograph_is_asked_for_again(self, reviewer: User) -> None:
        paper = self.sent_back(reviewer, code="unreadable", sides=["back"])

        assert paper.bad_sides == {"back": "unreadable"}

    def test_without_a_side_both_are(self, reviewer: User) -> None:
        assert self.sent_back(reviewer, code="glare").bad_sides == {"front": "glare", "back": "glare"}

    def test_a_reason_about_the_paper_is_not_about_a_photograph(self, reviewer: User) -> None:
        assert self.sent_back(reviewer, code="expired", sides=["back"]).bad_sides == {}


class TestFaces:
    @pytest.fixture
    def selfie(self, newcomer: User) -> IdentityDocument:
        return make_document(user=newcomer, kind=SELFIE, state=DocumentState.AUTO_PASSED)

    def test_staff_confirm_the_face_before_them(self, selfie: IdentityDocument, attendant: User) -> None:
        for _ in range(2):
            confirm_face(document=fresh(selfie), user=attendant, by=staff_actor(attendant))

        assert (fresh(selfie).state, fresh(selfie).reviewed_by) == (DocumentState.APPROVED, attendant)
        assert not Delivery.objects.exists()

    def test_a_face_that_differs_goes_to_the_reviewers(
        self, selfie: IdentityDocument, attendant: User, reviewer: User
    ) -> None:
        doubt_face(document=selfie, user=attendant, by=staff_actor(attendant))

        assert (fresh(selfie).state, fresh(selfie).findings) == ("needs_review", ["face_differs"])
        assert take_next(reviewer=reviewer) == selfie
        with pytest.raises(IllegalTransition):
            confirm_face(document=fresh(selfie), user=attendant, by=staff_actor(attendant))

    def test_nobody_confirms_papers_or_by_machine(self, selfie: IdentityDocument, attendant: User) -> None:
        with pytest.raises(NotAllowed):
            confirm_face(document=selfie, user=attendant, by=SYSTEM)
        with pytest.raises(NotAllowed):
            confirm_face(document=waiting(), user=attendant, by=staff_actor(attendant))

    def test_attendants_do_not_decide_about_papers(self, attendant: User) -> None:
        paper = waiting()

        with pytest.raises(NotAllowed):
            approve_document(document=paper, read=READ, reviewer=attendant, by=staff_actor(attendant))
        with pytest.raises(NotAllowed):
            reject_document(document=paper, code="expired", reviewer=attendant, by=staff_actor(attendant))
        assert not DocumentReview.objects.exists()

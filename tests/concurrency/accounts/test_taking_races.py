"""Reviewers who ask for work at the same moment: each paper goes to one of them, and none is left over."""

from collections import Counter
from datetime import timedelta

import time_machine

from accounts.kyc.enums import DocumentState, ReviewOutcome
from accounts.kyc.errors import PaperTaken
from accounts.kyc.models import DocumentReview, IdentityDocument
from accounts.kyc.services import take, take_next
from tests.concurrency.racing import race
from tests.factories.accounts import make_document, make_user
from voltgo.core import clock


def waiting(count: int) -> list[IdentityDocument]:
    return [make_document(user=make_user(), state=DocumentState.NEEDS_REVIEW) for _ in range(count)]


def test_as_many_reviewers_as_papers_get_one_each() -> None:
    papers = waiting(6)
    reviewers = [make_user(is_staff=True) for _ in papers]

    results = race(6, lambda number: take_next(reviewer=reviewers[number]))

    assert sorted(each.pk for each in results if isinstance(each, IdentityDocument)) == sorted(
        each.pk for each in papers
    )
    assert DocumentReview.objects.filter(decided_at=None).count() == 6


def test_one_paper_goes_to_one_of_many() -> None:
    (paper,) = waiting(1)
    reviewers = [make_user(is_staff=True) for _ in range(8)]

    results = race(8, lambda number: take_next(reviewer=reviewers[number]))

    assert [each for each in results if each is not None] == [paper]
    assert DocumentReview.objects.get().document_id == paper.pk


def test_who_opens_the_same_paper_at_once_is_told_of_the_first() -> None:
    (paper,) = waiting(1)
    reviewers = [make_user(is_staff=True) for _ in range(6)]

    results = race(6, lambda number: take(document=paper, reviewer=reviewers[number]).reviewer_id)

    assert Counter(type(each).__name__ for each in results) == {"int": 1, PaperTaken.__name__: 5}
    assert DocumentReview.objects.count() == 1


def test_a_lease_that_ran_out_is_taken_over_by_one_of_many() -> None:
    (paper,) = waiting(1)
    with time_machine.travel(clock.now() - timedelta(minutes=11), tick=False):
        take(document=paper, reviewer=make_user(is_staff=True))
    reviewers = [make_user(is_staff=True) for _ in range(6)]

    results = race(6, lambda number: take_next(reviewer=reviewers[number]))

    assert len([each for each in results if each == paper]) == 1
    assert DocumentReview.objects.filter(outcome=ReviewOutcome.LET_GO).count() == 1
    assert DocumentReview.objects.filter(decided_at=None).count() == 1

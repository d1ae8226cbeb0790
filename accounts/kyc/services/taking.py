"""Taking turns: who is at work on which paper, so that two reviewers never read the same one at once.

A turn is a `DocumentReview` without a decision. It keeps others away for ten minutes; afterwards anybody may
take the paper over, and whoever was too slow is told so when they decide.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.kyc.enums import DOCUMENT, DocumentState, ReviewOutcome
from accounts.kyc.errors import PaperTaken, ReviewerIsSubject, SecondLookNeedsAnother
from accounts.kyc.models import DocumentReview, IdentityDocument
from accounts.kyc.services.approving import ReadFields
from accounts.users.models import User
from voltgo.core import clock, crypto, locks
from voltgo.core.errors import IllegalTransition

LEASE = timedelta(minutes=10)
# What a person may decide about. Only the first of the two waits for one.
REVIEWABLE = (DocumentState.NEEDS_REVIEW, DocumentState.AUTO_PASSED)
ADMIN, TABLET = "admin", "tablet"
LONGEST_REASON = 300


@transaction.atomic
def take(*, document: IdentityDocument, reviewer: User, place: str = ADMIN) -> DocumentReview:
    """Give a reviewer the turn at a paper, or return the one they have. Locks the document.

    Raises:
        ReviewerIsSubject: it is their own.
        SecondLookNeedsAnother: they were the first of two.
        PaperTaken: somebody else has been at work on it for less than ten minutes.
        IllegalTransition: it waits for nobody.
    """
    if reviewer.pk == document.user_id:
        raise ReviewerIsSubject
    current = locks.lock_row(document)
    if current.state not in REVIEWABLE:
        raise IllegalTransition(
            machine=DOCUMENT.name, source=current.state, target=str(DocumentState.APPROVED)
        )
    return _take(current, reviewer, place, now=clock.now())


@transaction.atomic
def take_next(
    *,
    reviewer: User,
    place: str = ADMIN,
    after: IdentityDocument | None = None,
    owners: Collection[int] | None = None,
) -> IdentityDocument | None:
    """Give a reviewer the turn at the paper that has waited longest; None when there is nothing for them.

    Never one of their own, one that somebody else works on, or one that they were the first of two to approve.
    `after` is left out: who asks for the next one does not want the same again. With `owners` only papers of
    these people count. Rivals do not wait for each
    other: rows that another one is just taking are passed over.
    """
    now = clock.now()
    _drop_what_is_over(reviewer, now)
    passed_over = [after.pk] if after is not None else []
    while True:
        waiting = waiting_for(reviewer, now=now).exclude(pk__in=passed_over)
        if owners is not None:
            waiting = waiting.filter(user__in=owners)
        document = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if document is None:
            return None
        try:
            _take(document, reviewer, place, now=now)
        except PaperTaken:
            # Taken and let loose between our look at the queue and our lock.
            passed_over.append(document.pk)
        else:
            return document


@transaction.atomic
def let_go(*, document: IdentityDocument, reviewer: User) -> bool:
    """Give a paper back to the queue; say whether the reviewer had it. Locks the document."""
    current = locks.lock_row(document)
    turn = current.reviews.filter(decided_at=None, reviewer=reviewer).first()
    if turn is None:
        return False
    finish(turn, ReviewOutcome.LET_GO)
    return True


def waiting_for(reviewer: User, *, now: datetime | None = None) -> QuerySet[IdentityDocument]:
    """Return what a reviewer could take now, oldest first."""
    turns = DocumentReview.objects.filter(document=OuterRef("pk"))
    running = turns.filter(decided_at=None, taken_at__gt=(now or clock.now()) - LEASE)
    rows = IdentityDocument.objects.filter(state=DocumentState.NEEDS_REVIEW).exclude(user=reviewer)
    return rows.filter(
        ~Exists(running.exclude(reviewer=reviewer)),
        ~Exists(turns.filter(reviewer=reviewer, outcome=ReviewOutcome.SECOND_LOOK)),
    ).order_by("uploaded_at", "pk")


def finish(turn: DocumentReview, outcome: str, *, reason: str = "", reading: str = "") -> None:
    """Close a turn with its outcome."""
    turn.decided_at, turn.outcome = clock.now(), outcome
    turn.reason, turn.reading_encrypted = reason.strip()[:LONGEST_REASON], reading
    turn.save(update_fields=["decided_at", "outcome", "reason", "reading_encrypted"])


def first_look_at(document: IdentityDocument) -> DocumentReview | None:
    """Return the approval of the first of two reviewers, if a second one is due."""
    return document.reviews.filter(outcome=ReviewOutcome.SECOND_LOOK).order_by("-pk").first()


def sealed(read: ReadFields) -> str:
    """Return what was read, encrypted."""
    return crypto.encrypt(json.dumps(asdict(read), default=date.isoformat))


def unsealed(turn: DocumentReview) -> ReadFields | None:
    """Return what was read in a turn, or None when it is forgotten."""
    if not turn.reading_encrypted:
        return None
    values: dict[str, Any] = json.loads(crypto.decrypt(turn.reading_encrypted))
    for name in ("born_on", "issued_on", "expires_on"):
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    return ReadFields(**values | {"licence_classes": tuple(values["licence_classes"])})


def _take(document: IdentityDocument, reviewer: User, place: str, *, now: datetime) -> DocumentReview:
    if document.reviews.filter(reviewer=reviewer, outcome=ReviewOutcome.SECOND_LOOK).exists():
        raise SecondLookNeedsAnother
    turn = document.reviews.filter(decided_at=None).select_related("reviewer").first()
    if turn is not None and turn.reviewer_id == reviewer.pk:
        return turn
    if turn is not None:
        if turn.taken_at + LEASE > now:
            raise PaperTaken(reviewer=turn.reviewer.full_name)
        finish(turn, ReviewOutcome.LET_GO)
    return DocumentReview.objects.create(document=document, reviewer=reviewer, taken_at=now, place=place)


def _drop_what_is_over(reviewer: User, now: datetime) -> None:
    """Close turns at papers that were decided or replaced by others in the meantime."""
    over = DocumentReview.objects.filter(reviewer=reviewer, decided_at=None).exclude(
        document__state__in=REVIEWABLE
    )
    over.update(decided_at=now, outcome=ReviewOutcome.LET_GO)

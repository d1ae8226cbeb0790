"""Review of a paper by a person: approved, sent back, or left to a second pair of eyes."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import translation

from accounts.extraction.types import FieldName
from accounts.kyc.crosscheck import merge
from accounts.kyc.enums import (
    DOCUMENT,
    REVIEWERS,
    SIDES_OF,
    DocumentKind,
    DocumentState,
    RejectionCode,
    ReviewOutcome,
)
from accounts.kyc.errors import PaperContradictsAccount, ReadingsDiffer, ReviewerIsSubject
from accounts.kyc.models import IdentityDocument
from accounts.kyc.policy import policy_today
from accounts.kyc.readings import reading_in, reading_row_of
from accounts.kyc.rules import folded_name, normal_number
from accounts.kyc.services.approving import (
    FINDING_OF,
    ReadFields,
    check_number_is_free,
    check_reading,
    contradictions_of,
    put_approved,
)
from accounts.kyc.services.taking import ADMIN, finish, first_look_at, sealed, take, unsealed
from accounts.kyc.wording import cure_of, problem_of
from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from accounts.users.models import User
from voltgo.core import clock, crypto, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import NotAllowed

# What is wrong with a photograph, not with the paper: only that side has to be sent again.
PHOTO_CODES = frozenset(
    {
        RejectionCode.UNREADABLE,
        RejectionCode.BLURRED,
        RejectionCode.GLARE,
        RejectionCode.TOO_DARK,
        RejectionCode.TOO_SMALL,
        RejectionCode.NOT_A_CARD,
        RejectionCode.WRONG_SIDE,
        RejectionCode.FACE_UNCLEAR,
    }
)


@transaction.atomic
def approve_document(
    *,
    document: IdentityDocument,
    read: ReadFields,
    reviewer: User,
    by: Actor,
    override_reason: str = "",
    accept_difference: bool = False,
    place: str = ADMIN,
) -> IdentityDocument:
    """Approve a waiting paper with what was read from it, or leave it to a second reviewer.

    Where the policy asks for two people, the first approval leaves the paper waiting with a review of outcome
    `second_look`, which keeps what was read, encrypted; the second one must be somebody else and must have
    read the same. Locks the user row, then documents. See `put_approved` for what an approval writes.
    `override_reason` accepts a name or a date of birth that differs from the account, and is kept;
    `accept_difference` says that the second reviewer has looked again and stays with their own reading.

    Raises:
        ReviewerIsSubject, SecondLookNeedsAnother: four eyes are needed.
        NotAllowed: this kind of actor does not review.
        PaperTaken: somebody else is at work on it.
        PaperUnreadable: a value cannot be right; `details["errors"]` names the fields.
        PaperContradictsAccount: name or date of birth differ, and no reason was given.
        ReadingsDiffer: the first reviewer has read something else; `details["fields"]` names what.
        DocumentNumberTaken: the number belongs to another person.
        IllegalTransition: somebody else has decided meanwhile.
    """
    _check_reviewer(document, reviewer, by)
    user = locks.lock_row(document.user)
    turn = take(document=document, reviewer=reviewer, place=place)
    check_reading(document, read)
    contradictions = contradictions_of(document, user, read)
    if contradictions and not override_reason.strip():
        raise PaperContradictsAccount(fields=contradictions)
    first = first_look_at(document)
    if first is None and policy_today().needs_second_look(
        document.findings, [FINDING_OF[name] for name in contradictions]
    ):
        if read.number:
            check_number_is_free(document, normal_number(read.number))
        finish(turn, ReviewOutcome.SECOND_LOOK, reason=override_reason, reading=sealed(read))
        audit.record("document.first_look", f"document:{document.pk}", by=by, user=user.public_id)
        return document
    before = unsealed(first) if first is not None else None
    differing = differences(before, read) if before is not None else []
    if differing and not accept_difference:
        raise ReadingsDiffer(fields=differing)
    put_approved(
        document=document,
        user=user,
        read=read,
        by=by,
        reviewer=reviewer,
        reason=override_reason,
        contradictions=contradictions,
    )
    finish(turn, ReviewOutcome.APPROVED, reason=override_reason)
    return document


@transaction.atomic
def reject_document(
    *,
    document: IdentityDocument,
    code: str,
    reviewer: User,
    by: Actor,
    note: str = "",
    sides: Iterable[str] = (),
    place: str = ADMIN,
) -> IdentityDocument:
    """Send a waiting paper back with a coded reason; the person is told what to do by email after commit.

    `note` is shown to the person too. `sides` are the photographs that are to be taken again; without any, and
    for a reason that is not about a photograph, all of them are. One person is enough to send a paper back.
    Locks the user row, then the document.

    Raises:
        ReviewerIsSubject, SecondLookNeedsAnother: four eyes are needed.
        NotAllowed: this kind of actor does not review.
        PaperTaken: somebody else is at work on it.
        IllegalTransition: somebody else has decided meanwhile.
    """
    code = RejectionCode(code)
    _check_reviewer(document, reviewer, by)
    user = locks.lock_row(document.user)
    turn = take(document=document, reviewer=reviewer, place=place)
    states.move(
        DOCUMENT,
        document,
        to=DocumentState.REJECTED,
        by=by,
        reason=code,
        rejection_code=code,
        rejection_note=note.strip()[:300],
        bad_sides=_bad_sides(document, code, set(sides)),
        **_marks(document, code),
        reviewed_by=reviewer,
        reviewed_at=clock.now(),
    )
    document.reviews.exclude(reading_encrypted="").update(reading_encrypted="")
    finish(turn, ReviewOutcome.REJECTED, reason=code)
    audit.record("document.rejected", f"document:{document.pk}", by=by, user=user.public_id, code=str(code))
    tell_rejected(document, user)
    return document


def differences(first: ReadFields, second: ReadFields) -> list[str]:
    """Name the fields in which two people have read something else."""
    pairs = {
        "number": (normal_number(first.number), normal_number(second.number)),
        "full_name": (folded_name(first.full_name), folded_name(second.full_name)),
        "born_on": (first.born_on, second.born_on),
        "licence_classes": (set(first.licence_classes), set(second.licence_classes)),
        "issued_on": (first.issued_on, second.issued_on),
        "expires_on": (first.expires_on, second.expires_on),
        "country": (first.country.strip().upper(), second.country.strip().upper()),
    }
    return [name for name, (one, other) in pairs.items() if one != other]


def _check_reviewer(document: IdentityDocument, reviewer: User, by: Actor) -> None:
    if reviewer.pk == document.user_id:
        raise ReviewerIsSubject
    if by.kind not in REVIEWERS:
        raise NotAllowed


def _bad_sides(document: IdentityDocument, code: RejectionCode, sides: set[str]) -> dict[str, str]:
    if code not in PHOTO_CODES:
        return {}
    every = [str(side) for side in SIDES_OF[document.kind]]
    return {side: str(code) for side in every if side in sides or not sides.intersection(every)}


def _marks(document: IdentityDocument, code: RejectionCode) -> dict[str, str]:
    """Keep the number of a false paper as its keyed hash, as far as it could be read: the next account meets it."""
    row = reading_row_of(document) if code == RejectionCode.SUSPECTED_FORGERY else None
    reading = reading_in(row) if row is not None else None
    number = merge(reading, kind=document.kind).get(FieldName.NUMBER) if reading is not None else None
    return {"number_hash": crypto.keyed_hash(normal_number(number.value))} if number is not None else {}


def tell_rejected(document: IdentityDocument, user: User) -> None:
    """Tell a person that a paper goes back, why, and what to do."""
    with translation.override(user.language):
        problem, cure = problem_of(document.rejection_code), cure_of(document.rejection_code)
    notify(
        user=user,
        kind=MessageKind.DOCUMENT_REJECTED,
        key=f"{MessageKind.DOCUMENT_REJECTED}:{document.pk}",
        reference=f"document:{document.pk}",
        context={
            "kind_label": DocumentKind(document.kind).label,
            "problem": problem,
            "cure": cure,
            "note": document.rejection_note,
            "path": reverse("accounts:identity-upload", args=[document.kind]),
        },
    )

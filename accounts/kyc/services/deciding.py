"""Deciding about a person's papers: what the pure rules say becomes states, approvals and reasons."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction

from accounts.extraction.types import FaceMatch
from accounts.kyc import decision, duplicates
from accounts.kyc.crosscheck import Identity, Subject, Values
from accounts.kyc.decision import Case, Decision, Paper, Portrait
from accounts.kyc.enums import (
    DOCUMENT,
    IDENTITY_KINDS,
    WAITING,
    DocumentKind,
    DocumentState,
    Finding,
)
from accounts.kyc.errors import DocumentNumberTaken, PaperUnreadable
from accounts.kyc.forerunners import carried_over
from accounts.kyc.models import DocumentExtraction, IdentityDocument
from accounts.kyc.policy import policy_today
from accounts.kyc.readings import last_comparison, reading_in, reading_row_of
from accounts.kyc.services.approving import (
    ReadFields,
    check_reading,
    is_complete,
    put_approved,
    tell_approved,
)
from accounts.kyc.services.faces import compares_faces
from accounts.users.models import User
from voltgo.core import clock, crypto, locks, states
from voltgo.core.actors import SYSTEM
from voltgo.core.audit import services as audit

# Versions about which the machine may still change its mind.
UNDER_WAY = (DocumentState.PROCESSING, DocumentState.AUTO_PASSED)

Refusals = dict[str, Finding]
Papers = Mapping[str, tuple[IdentityDocument, DocumentExtraction]]


@transaction.atomic
def decide_papers(user: User, *, is_face_engine_away: bool = False) -> dict[str, DocumentState]:
    """Decide about every paper of a person that was read and is under way; return what became of each kind.

    Locks the user row, then documents. Writes only what has changed, so it may run any number of times.
    Approvals are written as a reviewer's are; a number that another account has taken in the same moment leaves
    the paper to a person. Somebody who may book now is told by email after commit; who has to photograph
    something again sees it on the page, and hears of it by `remind_of_retakes` if they have left.
    """
    user = locks.lock_row(user)
    papers = _under_way(user)
    before = {kind: document.state for kind, (document, _row) in papers.items()}
    compares = not is_face_engine_away and compares_faces(user)
    refusals: Refusals = {}
    done: dict[str, DocumentState] = {}
    while not _apply_all(_case(user, papers, refusals, compares=compares), user, papers, refusals, done):
        # An approval that fails changes what the other papers are held against: judge them anew.
        continue
    if any(done[kind] != state for kind, state in before.items()) and is_complete(user):
        _tell(user)
    return done


def _tell(user: User) -> None:
    """Say once that everything is there; of papers approved by the machine nothing was said one by one."""
    approved = user.documents.filter(state=DocumentState.APPROVED, is_automatic=True)
    document = approved.exclude(kind=DocumentKind.SELFIE).order_by("reviewed_at", "pk").last()
    if document is not None:
        tell_approved(document, user)


def _apply_all(
    case: Case, user: User, papers: Papers, refusals: Refusals, done: dict[str, DocumentState]
) -> bool:
    """Write what was decided, the identity paper first; False when an approval could not be written."""
    for kind, decided in decision.decide(case).items():
        if kind in done:
            continue
        document, row = papers[kind]
        if decided.is_approved:
            refusal = _approve(document, user, decided)
            if refusal is not None:
                refusals[kind] = refusal
                return False
        else:
            _move(document, user, decided)
        codes = [str(each) for each in decided.findings]
        if row.findings != codes:
            DocumentExtraction.objects.filter(pk=row.pk).update(findings=codes)
        done[kind] = decided.state
    return True


def _under_way(user: User) -> Papers:
    """Return what is to be decided, with its reading; what nobody has read yet is left to its own job."""
    found = {}
    for document in user.documents.filter(state__in=UNDER_WAY).order_by("pk"):
        row = reading_row_of(document)
        if row is not None:
            document.user = user
            found[document.kind] = (document, row)
    return found


def _case(user: User, papers: Papers, refusals: Refusals, *, compares: bool) -> Case:
    policy = policy_today()
    known = user.documents.filter(kind__in=IDENTITY_KINDS, state=DocumentState.APPROVED)
    approved = known.order_by("pk").last()
    face, portrait = _face(user)
    return Case(
        subject=Subject(user.full_name, approved.born_on if approved else None),
        today=clock.today(),
        papers={
            kind: Paper(
                reading_in(row),
                is_image_known=Finding.IMAGE_KNOWN in row.findings,
                is_spot_check=is_spot_check(document, policy.spot_check_percent),
                besides=carried_over(document) | ({refusals[kind]} if kind in refusals else set()),
            )
            for kind, (document, row) in papers.items()
        },
        identity=_identity(approved) if approved else None,
        is_number_taken=partial(duplicates.is_number_taken, user),
        is_automatic=policy.is_automatic,
        compares_faces=compares,
        face=face,
        portrait=portrait,
    )


def _face(user: User) -> tuple[FaceMatch | None, Portrait]:
    """Return what the machine found about the newest selfie and the newest identity paper, and which that is."""
    counting = user.documents.filter(state__in=(*WAITING, DocumentState.APPROVED)).order_by("-pk")
    selfie = counting.filter(kind=DocumentKind.SELFIE).first()
    identity = counting.filter(kind__in=IDENTITY_KINDS).first()
    if selfie is None or identity is None:
        return None, Portrait(DocumentKind.CITIZEN_CARD)
    found = last_comparison(selfie, identity)
    portrait = Portrait(identity.kind, is_approved=identity.state == DocumentState.APPROVED)
    return found.match if found is not None else None, portrait


def _identity(approved: IdentityDocument) -> Identity:
    is_card = approved.kind == DocumentKind.CITIZEN_CARD
    return Identity(approved.full_name, approved.born_on, has_accents=is_card)


def is_spot_check(document: IdentityDocument, percent: int) -> bool:
    """Draw lots for a version: the same each time, and not to be foreseen from outside."""
    lot = int(crypto.keyed_hash(f"spot-check:{document.pk}")[:8], 16)
    return lot % 100 < percent


def _approve(document: IdentityDocument, user: User, decided: Decision) -> Finding | None:
    """Write an approval; if it cannot be, return why: somebody else has the number, or no paper says such a thing."""
    read = _read_fields(decided.values)
    before = document.state
    try:
        check_reading(document, read)
        with transaction.atomic():
            put_approved(document=document, user=user, read=read, by=SYSTEM, is_automatic=True, is_told=False)
    except DocumentNumberTaken:
        document.state = before
        return Finding.NUMBER_TAKEN
    except PaperUnreadable:
        return Finding.LOW_CONFIDENCE
    codes = [str(each) for each in decided.findings]
    if document.findings != codes:
        IdentityDocument.objects.filter(pk=document.pk).update(findings=codes)
    return None


def _read_fields(values: Values) -> ReadFields:
    return ReadFields(
        number=values.number,
        full_name=values.full_name,
        born_on=values.born_on,
        licence_classes=values.licence_classes,
        issued_on=values.issued_on,
        expires_on=values.expires_on,
    )


def _move(document: IdentityDocument, user: User, decided: Decision) -> None:
    """Put a paper where it waits, or send its photographs back; nothing if it stands there already."""
    codes = [str(each) for each in decided.findings]
    if document.state == decided.state:
        if document.findings != codes:
            IdentityDocument.objects.filter(pk=document.pk).update(findings=codes)
        return
    changes: dict[str, Any] = {"findings": codes}
    if decided.state == DocumentState.REJECTED:
        changes |= {
            "rejection_code": decided.rejection_code,
            "bad_sides": dict(decided.bad_sides),
            "reviewed_at": clock.now(),
            "is_automatic": True,
        }
        audit.record(
            "document.rejected",
            f"document:{document.pk}",
            by=SYSTEM,
            user=user.public_id,
            code=decided.rejection_code,
        )
    states.move(DOCUMENT, document, to=decided.state, by=SYSTEM, reason=decided.rejection_code, **changes)

"""Reading identity papers: the summary for their owner, and the queue for reviewers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from accounts.kyc.enums import IDENTITY_KINDS, LICENCE_KINDS, DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.kyc.wording import cure_of, problem_of
from accounts.users.models import User
from voltgo.core import clock

MISSING, PROCESSING = "missing", "processing"
BEING_READ = (DocumentState.UPLOADED, DocumentState.PROCESSING)
FOREIGN_LICENCE_KINDS = (DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT)


@dataclass(frozen=True, slots=True)
class PaperSummary:
    """What its owner sees of one kind of paper.

    `document` is the version that counts (the approved one, else the newest); `renewal` is a newer version
    that waits or was rejected while the approved one still holds.
    """

    kind: DocumentKind
    document: IdentityDocument | None = None
    renewal: IdentityDocument | None = None

    @property
    def status(self) -> str:
        """One of missing, processing, auto_passed, needs_review, approved, rejected, expired, revoked.

        Judged by the date, not by the job.
        """
        if self.document is None:
            return MISSING
        if self.document.state == DocumentState.APPROVED and has_run_out(self.document):
            return DocumentState.EXPIRED
        return PROCESSING if self.document.state in BEING_READ else self.document.state

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def latest(self) -> IdentityDocument | None:
        return self.renewal or self.document

    @property
    def is_approved(self) -> bool:
        return self.status == DocumentState.APPROVED

    @property
    def is_waiting(self) -> bool:
        """True while the machine or a person has something to do."""
        return self.latest is not None and self.latest.is_waiting

    @property
    def is_rejected(self) -> bool:
        return self.latest is not None and self.latest.state == DocumentState.REJECTED

    @property
    def is_to_do(self) -> bool:
        """True when the person has to hand something in before they can rent."""
        return not self.is_approved and not self.is_waiting

    @property
    def is_enough(self) -> bool:
        """True when a booking asks for no more of this paper: a selfie is compared when the keys are given."""
        return self.is_approved or (
            self.kind == DocumentKind.SELFIE and self.status == DocumentState.AUTO_PASSED
        )

    @property
    def bad_sides(self) -> dict[str, str]:
        """Which photographs to take again, and what is wrong with each, in words."""
        if not self.is_rejected or self.latest is None:
            return {}
        return {side: problem_of(code) for side, code in self.latest.bad_sides.items()}

    @property
    def problem(self) -> str:
        """What is wrong with a rejected version."""
        return problem_of(self.latest.rejection_code) if self.is_rejected and self.latest else ""

    @property
    def cure(self) -> str:
        return cure_of(self.latest.rejection_code) if self.is_rejected and self.latest else ""


@dataclass(frozen=True, slots=True)
class PaperGroup:
    """What is asked for under one heading: one paper, or a foreign licence with its permit."""

    name: str
    papers: Sequence[PaperSummary]
    # The kinds that would do; where there is more than one, the person chooses.
    choices: Sequence[DocumentKind] = ()

    @property
    def paper(self) -> PaperSummary:
        """The paper that leads the group."""
        return self.papers[0]

    @property
    def is_approved(self) -> bool:
        return all(paper.is_approved for paper in self.papers)

    @property
    def is_enough(self) -> bool:
        return all(paper.is_enough for paper in self.papers)

    @property
    def is_waiting(self) -> bool:
        return not self.is_to_do and any(paper.is_waiting for paper in self.papers)

    @property
    def is_to_do(self) -> bool:
        return any(paper.is_to_do for paper in self.papers)


@dataclass(frozen=True, slots=True)
class IdentitySummary:
    """The papers of one person: who they are, what they may drive, what they look like."""

    identity: PaperGroup
    licence: PaperGroup
    selfie: PaperGroup
    # Of every kind, also of those that nobody asks this person for.
    by_kind: Mapping[str, PaperSummary] = field(default_factory=dict)

    @property
    def groups(self) -> Sequence[PaperGroup]:
        return (self.identity, self.licence, self.selfie)

    @property
    def papers(self) -> Sequence[PaperSummary]:
        """The papers that are asked for, the identity paper first."""
        return [paper for group in self.groups for paper in group.papers]

    @property
    def is_complete(self) -> bool:
        """True when a booking asks for no more papers."""
        return all(group.is_enough for group in self.groups)

    @property
    def to_do(self) -> list[PaperSummary]:
        return [paper for paper in self.papers if paper.is_to_do]

    @property
    def has_everything(self) -> bool:
        """True when nothing is left for the person to do; our check may still be missing."""
        return not self.to_do

    def paper(self, kind: str) -> PaperSummary:
        return self.by_kind[kind]


def identity_summary(user: User) -> IdentitySummary:
    """Return where each of a person's papers stands. One query."""
    rows = list(user.documents.exclude(state=DocumentState.SUPERSEDED).order_by("pk"))
    identity = _chosen_identity(rows)
    licences = _chosen_licences(rows, identity)
    papers: dict[str, PaperSummary] = {kind: _paper(kind, rows) for kind in DocumentKind}
    return IdentitySummary(
        identity=PaperGroup("identity", [papers[identity]], IDENTITY_KINDS),
        licence=PaperGroup(
            "licence",
            [papers[kind] for kind in licences],
            (DocumentKind.DRIVING_LICENCE, DocumentKind.FOREIGN_LICENCE),
        ),
        selfie=PaperGroup("selfie", [papers[DocumentKind.SELFIE]], (DocumentKind.SELFIE,)),
        by_kind=papers,
    )


def _chosen_identity(rows: Sequence[IdentityDocument]) -> DocumentKind:
    """Return the paper by which somebody shows who they are: an approved one, else what they sent last."""
    own = [row for row in rows if row.kind in IDENTITY_KINDS]
    approved = [row for row in own if row.state == DocumentState.APPROVED]
    chosen = next(iter(approved or own[-1:]), None)
    return DocumentKind(chosen.kind) if chosen else DocumentKind.CITIZEN_CARD


def _chosen_licences(rows: Sequence[IdentityDocument], identity: DocumentKind) -> tuple[DocumentKind, ...]:
    """Return the papers by which somebody shows what they may drive; a foreign licence counts with its permit."""
    own = [row for row in rows if row.kind in LICENCE_KINDS]
    approved = [row for row in own if row.state == DocumentState.APPROVED]
    is_domestic = any(row.kind == DocumentKind.DRIVING_LICENCE for row in approved)
    if own and not is_domestic:
        is_domestic = own[-1].kind == DocumentKind.DRIVING_LICENCE
    elif not own:
        is_domestic = identity == DocumentKind.CITIZEN_CARD
    return (DocumentKind.DRIVING_LICENCE,) if is_domestic else FOREIGN_LICENCE_KINDS


def has_run_out(document: IdentityDocument, *, today: date | None = None) -> bool:
    return document.expires_on is not None and document.expires_on < (today or clock.today())


def waiting_documents() -> QuerySet[IdentityDocument]:
    """Return the review queue, oldest first."""
    waiting = IdentityDocument.objects.filter(state=DocumentState.NEEDS_REVIEW)
    return waiting.select_related("user").order_by("uploaded_at", "pk")


def number_of_waiting() -> int:
    return waiting_documents().count()


def _paper(kind: DocumentKind, rows: Sequence[IdentityDocument]) -> PaperSummary:
    own = [row for row in rows if row.kind == kind]
    approved = next((row for row in own if row.state == DocumentState.APPROVED), None)
    newest = own[-1] if own else None
    document = approved or newest
    renewal = newest if approved is not None and newest is not approved else None
    return PaperSummary(kind=kind, document=document, renewal=renewal)

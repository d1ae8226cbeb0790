"""Decides about a person's papers, all of them together. Pure: no database, no clock, nothing written.

A machine approves only where independent sources agree: on a citizen card its code, its zone and its print, and
the account; on a licence its print and the card. One thing in doubt, and a person looks. A code or a zone can be
printed by anybody, so "approved" means consistent, and the original is still compared when the keys are given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from accounts.extraction.types import FaceMatch, Problem, Reading
from accounts.kyc.crosscheck import Checked, Field, Identity, Subject, Values, crosscheck
from accounts.kyc.enums import IDENTITY_KINDS, DocumentKind, DocumentState, Finding, RejectionCode

# What points to deceit rather than to a bad photograph: never the machine, and by policy two people.
GRAVE = frozenset(
    {
        Finding.NUMBER_TAKEN,
        Finding.IMAGE_KNOWN,
        Finding.FACE_KNOWN,
        Finding.FACE_DIFFERS,
        Finding.SOURCES_DISAGREE,
        Finding.REFUSED_BEFORE,
    }
)
# What may be said of a paper without keeping the machine from passing it; everything else keeps it.
HARMLESS = frozenset({Finding.FACE_NOT_COMPARED})
# Read to spare the reviewer some typing, or not at all, and always looked at by a person.
BY_PERSON = frozenset({DocumentKind.PASSPORT, DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT})
# What a selfie says about the person says it about the paper with their portrait too.
ABOUT_THE_FACE = frozenset({Finding.FACE_DIFFERS, Finding.FACE_KNOWN, Finding.FACE_UNCERTAIN})
# Of several bad photographs the reason that is told first: a better camera does not help against the wrong side.
WORST_FIRST = (
    Problem.NOT_A_CARD,
    Problem.WRONG_DOCUMENT,
    Problem.WRONG_SIDE,
    Problem.TOO_DARK,
    Problem.BLURRED,
    Problem.GLARE,
    Problem.TOO_SMALL,
    Problem.FACE_UNCLEAR,
)


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper that is to be decided about."""

    # None: no engine could read it.
    reading: Reading | None
    # The same file or the same picture lies in somebody else's account.
    is_image_known: bool = False
    # Chosen by the policy to be looked at by a person although nothing is wrong.
    is_spot_check: bool = False
    # What the versions before it leave to a person, and what turned out on the way, e.g. that an approval could
    # not be written.
    besides: frozenset[Finding] = frozenset()


@dataclass(frozen=True, slots=True)
class Portrait:
    """The paper whose portrait a face was compared with."""

    kind: str
    is_approved: bool = False


def _nobody_has(_kind: str, _number: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known of one person on one day."""

    subject: Subject
    today: date
    # By kind; only papers that are under way.
    papers: Mapping[str, Paper]
    # What the approved identity paper says, if there is one.
    identity: Identity | None = None
    # Asked of every number that any source shows: (kind, number) -> somebody else has it.
    is_number_taken: Callable[[str, str], bool] = _nobody_has
    # The policy of the day lets the machine approve.
    is_automatic: bool = True
    # A machine compares this person's face, by its settings and with their consent.
    compares_faces: bool = False
    # What it has found; None while a selfie or a portrait is missing.
    face: FaceMatch | None = None
    # A face that fits one paper says nothing for another one with somebody else's portrait.
    portrait: Portrait = Portrait(DocumentKind.CITIZEN_CARD)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one paper."""

    state: DocumentState
    findings: tuple[Finding, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    values: Values = field(default_factory=Values)
    # {side: RejectionCode}: what to photograph again.
    bad_sides: Mapping[str, str] = field(default_factory=dict)
    rejection_code: str = ""

    @property
    def is_approved(self) -> bool:
        return self.state == DocumentState.APPROVED


def decide(case: Case) -> dict[str, Decision]:
    """Decide about every paper of a case; each kind of `case.papers` gets an answer.

    The identity paper comes first, because the licence and the selfie are held against it.
    """
    decisions: dict[str, Decision] = {}
    face = _about_face(case)
    for identity_kind in IDENTITY_KINDS:
        if identity_kind in case.papers:
            decisions[identity_kind] = _identity(identity_kind, case, face)
    identity = _believed(case, decisions)
    for kind, paper in case.papers.items():
        if kind == DocumentKind.SELFIE:
            proved = decisions.get(case.portrait.kind)
            is_identified = proved.is_approved if proved is not None else case.portrait.is_approved
            decisions[kind] = _selfie(paper, case, face, is_identified=is_identified)
        elif kind not in IDENTITY_KINDS:
            decisions[kind] = _licence(kind, paper, case, identity)
    return decisions


def _identity(kind: str, case: Case, face: frozenset[Finding]) -> Decision:
    paper = case.papers[kind]
    checked, found = _checked(kind, paper, case, None)
    if retake := _retake(paper):
        return retake
    selfie = case.papers.get(DocumentKind.SELFIE)
    is_face_missing = case.compares_faces and (
        case.face is None or bool(case.face.problem) or (selfie is not None and bool(_problems(selfie)))
    )
    if case.compares_faces and case.face is not None and case.portrait.kind != kind:
        found |= {Finding.FACE_UNCERTAIN}
    return _decided(kind, paper, case, checked, found | face, lacks_companion=is_face_missing)


def _licence(kind: str, paper: Paper, case: Case, identity: Identity | None) -> Decision:
    checked, found = _checked(kind, paper, case, identity)
    return _retake(paper) or _decided(kind, paper, case, checked, found, lacks_companion=identity is None)


def _checked(
    kind: str, paper: Paper, case: Case, identity: Identity | None
) -> tuple[Checked, frozenset[Finding]]:
    """Read a paper against everything known; return what it says and every finding about it."""
    found = set(paper.besides)
    checked = Checked()
    if kind in BY_PERSON:
        found.add(Finding.ALWAYS_BY_PERSON)
    if paper.reading is None:
        found.add(Finding.READER_AWAY)
    else:
        checked = crosscheck(
            paper.reading, kind=kind, subject=case.subject, today=case.today, identity=identity
        )
        found |= set(checked.findings)
    if any(case.is_number_taken(kind, number) for number in checked.numbers):
        found.add(Finding.NUMBER_TAKEN)
    if paper.is_image_known:
        found.add(Finding.IMAGE_KNOWN)
    return checked, frozenset(found)


def _decided(
    kind: str,
    paper: Paper,
    case: Case,
    checked: Checked,
    found: frozenset[Finding],
    *,
    lacks_companion: bool,
) -> Decision:
    """Pass what nothing speaks against, as far as its companion and the policy allow."""
    if found - HARMLESS:
        state = DocumentState.NEEDS_REVIEW
    elif lacks_companion:
        state = DocumentState.AUTO_PASSED
    elif paper.is_spot_check:
        state, found = DocumentState.NEEDS_REVIEW, found | {Finding.SPOT_CHECK}
    else:
        state = DocumentState.APPROVED if case.is_automatic else DocumentState.NEEDS_REVIEW
    return Decision(state, _ordered(found), checked.fields, checked.values)


def _selfie(paper: Paper, case: Case, face: frozenset[Finding], *, is_identified: bool) -> Decision:
    """A selfie that no machine compares waits for a person at the counter, and is enough to book with."""
    if retake := _retake(paper):
        return retake
    if case.face is not None and case.compares_faces and case.face.problem:
        return _again({"front": str(RejectionCode.FACE_UNCLEAR)})
    found = {*face, *paper.besides, *([Finding.IMAGE_KNOWN] if paper.is_image_known else [])}
    is_compared = case.compares_faces and case.face is not None
    if not is_compared:
        found.add(Finding.FACE_NOT_COMPARED)
    if found - HARMLESS:
        return Decision(DocumentState.NEEDS_REVIEW, _ordered(found))
    if is_compared and is_identified and case.is_automatic:
        return Decision(DocumentState.APPROVED)
    return Decision(DocumentState.AUTO_PASSED, _ordered(found))


def _about_face(case: Case) -> frozenset[Finding]:
    """Say what the comparison of faces has found; nothing while there is none."""
    match = case.face if case.compares_faces else None
    if match is None or match.problem:
        return frozenset()
    found = {Finding.FACE_KNOWN} if match.known_as else set()
    if match.is_unsure:
        found.add(Finding.FACE_UNCERTAIN)
    elif not match.is_same:
        found.add(Finding.FACE_DIFFERS)
    return frozenset(found)


def _believed(case: Case, decisions: Mapping[str, Decision]) -> Identity | None:
    """Return what the licence and the selfie are held against: what was approved before, or is approved now."""
    for kind in IDENTITY_KINDS:
        decision = decisions.get(kind)
        if decision is not None and decision.is_approved:
            return Identity(decision.values.full_name, decision.values.born_on)
    return case.identity


def _problems(paper: Paper) -> dict[str, str]:
    return paper.reading.problems if paper.reading is not None else {}


def _retake(paper: Paper) -> Decision | None:
    """Ask for the bad photographs again; whatever else was read from them is not held against anybody."""
    problems = _problems(paper)
    return _again(problems) if problems else None


def _again(problems: Mapping[str, str]) -> Decision:
    worst = next((each for each in WORST_FIRST if each in problems.values()), next(iter(problems.values())))
    sides = {side: str(RejectionCode(problem)) for side, problem in problems.items()}
    return Decision(DocumentState.REJECTED, bad_sides=sides, rejection_code=str(RejectionCode(worst)))


def _ordered(found: frozenset[Finding] | set[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in Finding if each in found)

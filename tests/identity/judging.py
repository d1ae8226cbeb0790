"""Hands what was read of an applicant to the decision, with the circumstances as facts; no database."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.extraction import looks
from accounts.extraction.same_picture import is_same_picture
from accounts.extraction.types import FaceMatch, Reading, SideReading
from accounts.kyc.crosscheck import Subject
from accounts.kyc.decision import Case, Decision, Paper, decide
from accounts.kyc.duplicates import NEAR
from tests.identity.applicants import CARD, SELFIE, Applicant
from tests.identity.people import TODAY
from tests.identity.runs import Outcome, Task

SELFIE_READING = Reading("none", {"front": SideReading("front")})
# What a stand-in for an engine of faces answers.
FACES = {
    "same": FaceMatch("stand-in", 0.98, is_same=True),
    "other": FaceMatch("stand-in", 0.12, is_same=False),
    "unsure": FaceMatch("stand-in", 0.81, is_same=False, is_unsure=True),
    "known": FaceMatch("stand-in", 0.98, is_same=True, known_as=("another-account",)),
}


@dataclass(frozen=True)
class Verdict:
    """What became of each paper of an applicant."""

    person: int
    decisions: Mapping[str, Decision]

    @property
    def states(self) -> dict[str, str]:
        """The states of the papers; a selfie counts only where a machine compares it."""
        return {str(kind): str(decision.state) for kind, decision in self.decisions.items()}

    @property
    def findings(self) -> dict[str, tuple[str, ...]]:
        return {
            str(kind): tuple(map(str, decision.findings)) or tuple(sorted(set(decision.bad_sides.values())))
            for kind, decision in self.decisions.items()
        }

    def notes(self, kind: str) -> str:
        """Why a paper was not approved, with what its sources say where they do not all agree."""
        decision = self.decisions[kind]
        parts = [*self.findings[kind]]
        for name, found in decision.fields.items():
            if name in {"address", "old_number"}:
                continue
            readings = sorted({f"{r.source}:{r.value}@{r.confidence:.2f}" for r in found.readings})
            parts.append(f"\n      {name}: {' '.join(readings)}")
        return " ".join(parts)


def tasks_of(applicant: Applicant) -> list[Task]:
    """Every paper to read, and those that other accounts have sent before."""
    return [Task(kind, sides) for kind, sides in (*applicant.papers, *applicant.sent_by_others)]


def judge(applicant: Applicant, outcomes: Mapping[Task, Outcome]) -> Verdict:
    around = applicant.around
    papers = {}
    for kind, sides in applicant.papers:
        task = Task(kind, sides)
        papers[kind] = Paper(outcomes[task].reading, is_image_known=is_image_known(applicant, task, outcomes))
    if around.face:
        papers[SELFIE] = Paper(SELFIE_READING)
    case = Case(
        subject=Subject(around.account_name, around.account_born_on),
        today=TODAY,
        papers=papers,
        is_number_taken=lambda kind, number: around.number_taken and kind == CARD,
        compares_faces=bool(around.face),
        face=FACES.get(around.face),
    )
    return Verdict(applicant.person.seed, decide(case))


def is_image_known(applicant: Applicant, task: Task, outcomes: Mapping[Task, Outcome]) -> bool:
    """Look for these photographs among those of other accounts, as `accounts.kyc.duplicates` does in the database."""
    known = [
        (side, photo, look)
        for kind, sides in applicant.sent_by_others
        if kind == task.kind
        for (side, photo), (_, look) in zip(sides, outcomes[Task(kind, sides)].looks, strict=True)
    ]
    return any(
        side == other_side
        and looks.distance(look, other_look) <= NEAR
        and is_same_picture(photo.jpeg(), other.jpeg())
        for (side, photo), (_, look) in zip(task.sides, outcomes[task].looks, strict=True)
        for other_side, other, other_look in known
    )

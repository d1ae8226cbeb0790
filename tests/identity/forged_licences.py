"""Attempts with licences, which have one printed source and a back to hold it against."""

from dataclasses import replace
from datetime import timedelta

from tests.identity.applicants import LICENCE, Applicant, card_of
from tests.identity.people import TODAY, anniversary
from tests.identity.staging import Stage, another_day, attempt, one_letter, other_tones


@attempt(LICENCE)
def licence_of_another(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_licence(of=stage.other), "licence"


@attempt(LICENCE)
def licence_of_another_with_own_name(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_licence(of=stage.other, front={"full_name": stage.me.full_name}), "licence print"


@attempt(LICENCE)
def licence_of_another_with_own_birth(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_licence(of=stage.other, front={"born_on": stage.me.born_on}), "licence print"


@attempt(LICENCE)
def licence_of_a_namesake(stage: Stage) -> tuple[Applicant, str]:
    """A name that only its tones tell apart, and the same day of birth: still somebody else's licence."""
    return stage.with_licence(front={"full_name": other_tones(stage)}), "licence print"


@attempt(LICENCE)
def name_in_licence_by_one_letter(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_licence(front={"full_name": one_letter(stage)}), "licence print"


@attempt(LICENCE)
def birth_in_licence(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_licence(front={"born_on": another_day(stage.rng, stage.me.born_on)}), "licence print"


@attempt(LICENCE)
def issue_day_in_licence(stage: Stage) -> tuple[Applicant, str]:
    """A licence made older than the test on its back; the term it holds goes along."""
    me = stage.me
    day = anniversary(me.licence_issued_on, -stage.rng.randrange(1, 4))
    ends = me.licence_expires_on and anniversary(me.licence_expires_on, day.year - me.licence_issued_on.year)
    return stage.with_licence(front={"licence_issued_on": day, "licence_expires_on": ends}), "licence print"


@attempt(LICENCE)
def expiry_in_licence(stage: Stage) -> tuple[Applicant, str]:
    """An expired licence made to last longer than its classes do."""
    me = stage.me
    issued_on = anniversary(TODAY, -11)
    if me.licence_expires_on is None or me.licence_form == 2025:
        me = replace(me, licence_form=2012, licence_classes=("A1", "B2"))
    me = replace(
        me,
        licence_issued_on=issued_on,
        tested_on=issued_on - timedelta(days=20),
        licence_expires_on=anniversary(issued_on, 10),
    )
    later = TODAY + timedelta(days=stage.rng.randrange(200, 1500))
    return stage.with_licence(of=me, front={"licence_expires_on": later}), "licence print"


@attempt(LICENCE)
def class_in_licence(stage: Stage) -> tuple[Applicant, str]:
    """A higher class printed over the one on the front; the back still tells the true one."""
    higher = {"A1": "A", "A": "A1", "A2": "A1", "B": "C1", "B1": "B2", "B2": "C", "C1": "C", "C": "B2"}
    if stage.me.licence_form == 2012:
        higher["A1"] = "A2"
    place = stage.rng.randrange(len(stage.me.licence_classes))
    classes = list(stage.me.licence_classes)
    classes[place] = higher[classes[place]]
    return stage.with_licence(front={"licence_classes": tuple(classes)}), "licence print"


@attempt(LICENCE)
def class_added_to_licence(stage: Stage) -> tuple[Applicant, str]:
    """A class that the back does not know printed beside the true one."""
    mine = stage.me.licence_classes
    names = ("A1", "A", "B", "C1") if stage.me.licence_form == 2025 else ("A1", "A2", "B1", "B2", "C")
    added = stage.rng.choice([name for name in names if name not in mine])
    return stage.with_licence(front={"licence_classes": tuple(sorted((*mine, added)))}), "licence print"


@attempt(LICENCE)
def class_of_another_time(stage: Stage) -> tuple[Applicant, str]:
    """A class that the law did not know on the day of issue."""
    wrong = ("A2",) if stage.me.licence_form == 2025 else ("A",)
    changed = replace(stage.me, licence_classes=wrong)
    return stage.with_licence(of=changed), "licence, all"


@attempt(LICENCE)
def expired_licence(stage: Stage) -> tuple[Applicant, str]:
    changed = replace(stage.me, licence_expires_on=TODAY - timedelta(days=stage.rng.choice((1, 2, 30, 400))))
    return stage.with_licence(of=changed), "none"


@attempt(LICENCE)
def card_as_licence(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_paper(LICENCE, card_of(stage.me, stage.severity)), "both sides"

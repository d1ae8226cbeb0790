"""A small fixed set through the reader and the decision; `python -m tests.identity.report` measures large ones."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.identity import adversary, faults, judging, runs, staging
from tests.identity.applicants import CARD, LICENCE, honest
from tests.identity.report import TUNING

# One of each family: print, code, lines, both against the print, a licence, somebody else's picture.
ATTEMPTS = (
    "name_in_print_by_one_letter",
    "number_in_print_by_one_digit",
    "qr_of_another",
    "digit_in_lines",
    "codes_agree_against_print",
    "class_in_licence",
    "screenshot_of_anothers_photo",
)


@pytest.fixture(scope="module")
def read():
    runs.start("local")
    known = {}

    def outcomes_of(tasks):
        for task in tasks:
            if task not in known:
                known[task] = runs.read(task)
        return known

    return outcomes_of


def test_honest_people_with_good_photographs_are_mostly_approved_by_the_machine(read):
    people = [honest(TUNING + number, "good") for number in (2, 4)]

    states: Counter = Counter()
    for one in people:
        states.update(judging.judge(one, read(judging.tasks_of(one))).states.values())

    assert states["approved"] >= 3
    assert states["rejected"] == 0


def test_nobody_who_edits_a_paper_is_approved_by_the_machine(read):
    attempts = {case.kind: case for case in adversary.cases(len(staging.MAKERS), seed=TUNING)}

    for kind in ATTEMPTS:
        case = attempts[kind]
        # A licence is held against the card; a card needs no licence.
        papers = tuple(
            paper for paper in case.applicant.papers if LICENCE in case.must_not or paper[0] == CARD
        )
        applicant = replace(case.applicant, papers=papers)
        verdict = judging.judge(applicant, read(judging.tasks_of(applicant)))
        assert not [paper for paper in case.must_not if verdict.states.get(paper) == "approved"], kind


@pytest.mark.parametrize("kind", [CARD, LICENCE])
def test_every_poor_photograph_is_asked_for_again_with_its_reason(read, kind):
    task = next(task for task in judging.tasks_of(honest(TUNING + 1, "poor")) if task.kind == kind)

    reading = read([task])[task].reading

    for side, photo in task.sides:
        assert reading.sides[side].quality.problem in photo.shot.expected


@pytest.mark.parametrize("kind", ["out of focus", "glare", "dark", "small", "front as back", "not a paper"])
def test_a_single_fault_is_named(read, kind):
    fault = next(fault for fault in faults.faults(1, seed=TUNING + 1) if fault.kind == kind)

    reading = read([fault.task])[fault.task].reading

    assert reading.sides[fault.side].quality.problem in fault.expected

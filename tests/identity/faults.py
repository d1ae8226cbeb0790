"""Photographs with one thing wrong, or only something odd, and what has to be said of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from accounts.extraction.types import Layout, Problem
from tests.identity.applicants import CARD, CARD_BACK, CARD_FRONT, LICENCE, Photo, card_of, licence_of, paper
from tests.identity.people import Person, make_person
from tests.identity.runs import Task


@dataclass(frozen=True)
class Fault:
    """One paper whose one side has a fault. No reason expected: the photograph must be taken as it is."""

    kind: str
    task: Task
    side: str
    expected: frozenset[Problem]


def _front(person: Person, **faults: object) -> Task:
    front, back = card_of(person, "good")
    shot = replace(front[1], faults=tuple(sorted(faults.items(), key=lambda pair: pair[0])))
    return Task(CARD, paper(shot, back[1]))


def _back(person: Person, photo: Photo) -> Task:
    return Task(CARD, paper(card_of(person, "good")[0][1], photo))


MAKERS: dict[str, tuple[Callable[[Person], Task], str, frozenset[Problem]]] = {
    "out of focus": (lambda who: _front(who, blur=4.5), "front", frozenset({Problem.BLURRED})),
    "shaken": (lambda who: _front(who, shake=27), "front", frozenset({Problem.BLURRED})),
    "glare": (
        lambda who: _front(who, glare=1.0, glare_size=0.34, glare_at=(0.55, 0.5)),
        "front",
        frozenset({Problem.GLARE}),
    ),
    "dark": (lambda who: _front(who, light=0.16, noise=7.0), "front", frozenset({Problem.TOO_DARK})),
    "small": (
        lambda who: _front(who, width=1280, height=960, fill=0.36),
        "front",
        frozenset({Problem.TOO_SMALL}),
    ),
    # There is no word for it alone; a card that is not wholly there is none, or too near.
    "cut off": (
        lambda who: _front(who, cut=0.22, angle=0.0),
        "front",
        frozenset({Problem.NOT_A_CARD, Problem.WRONG_SIDE, Problem.TOO_SMALL}),
    ),
    "front as back": (
        lambda who: _back(who, Photo(CARD_FRONT[who.card_form], who, who.seed + 9)),
        "back",
        frozenset({Problem.WRONG_SIDE}),
    ),
    "back as front": (
        lambda who: Task(
            CARD, paper(Photo(CARD_BACK[who.card_form], who, who.seed + 9), card_of(who, "good")[1][1])
        ),
        "front",
        frozenset({Problem.WRONG_SIDE}),
    ),
    "licence as card": (
        lambda who: _back(who, licence_of(who, "good")[1][1]),
        "back",
        frozenset({Problem.WRONG_DOCUMENT, Problem.WRONG_SIDE}),
    ),
    "not a paper": (
        lambda who: _back(who, Photo(Layout.UNKNOWN, who, who.seed)),
        "back",
        frozenset({Problem.NOT_A_CARD}),
    ),
    "quarter turn": (lambda who: _front(who, quarter_turns=1, width=1512, height=2016), "front", frozenset()),
    "upside down": (lambda who: _front(who, quarter_turns=2), "front", frozenset()),
    "quarter turn left": (
        lambda who: _front(who, quarter_turns=3, width=1512, height=2016),
        "front",
        frozenset(),
    ),
    "from the side": (lambda who: _front(who, perspective=0.06), "front", frozenset()),
    "dim": (lambda who: _front(who, light=0.62, noise=4.0), "front", frozenset()),
    "licence upside down": (lambda who: _licence(who, quarter_turns=2), "front", frozenset()),
}


def _licence(person: Person, **faults: object) -> Task:
    front, back = licence_of(person, "good")
    return Task(LICENCE, paper(replace(front[1], faults=tuple(sorted(faults.items()))), back[1]))


def faults(each: int, *, seed: int) -> list[Fault]:
    """Make `each` photographs of every kind."""
    return [
        Fault(kind, maker(make_person(seed + number)), side, expected)
        for kind, (maker, side, expected) in MAKERS.items()
        for number in range(each)
    ]

"""Papers that must not be approved by a machine: what was edited on each, and what must not happen.

What a photograph cannot show is left out and said in docs/identity-report.md: a forgery whose print, codes and
lines all tell the same story, an edit of what stands on a licence once only, a card photographed from a screen.
"""

import random

from tests.identity import borrowed, forged_cards, forged_licences
from tests.identity.applicants import honest
from tests.identity.people import make_person
from tests.identity.staging import MAKERS, Case, Stage

# Importing them registers their attempts.
FAMILIES = (forged_cards, forged_licences, borrowed)


def cases(count: int, *, seed: int) -> list[Case]:
    """Make `count` attempts, every kind about as often, on a base of a few dozen honest people."""
    makers = list(MAKERS.items())
    people = max(4, count // 16)
    made = []
    for number in range(count):
        name, (maker, must_not) = makers[number % len(makers)]
        rng = random.Random(f"attempt {seed} {number}")
        # Whoever means to deceive sends a sharp picture; some cannot.
        severity = "fair" if rng.random() < 0.25 else "good"
        own = seed + rng.randrange(people)
        other = seed + people + rng.randrange(people)
        stage = Stage(rng, severity, make_person(own), make_person(other), honest(own, severity))
        applicant, edited = maker(stage)
        made.append(Case(name, number, applicant, edited, must_not))
    return made

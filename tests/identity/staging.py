"""What attempts to deceive are made with: an honest applicant, somebody else, chance, and little lies."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from tests.identity.applicants import CARD, LICENCE, Applicant, card_of, licence_of
from tests.identity.people import GIVEN_F, GIVEN_M, Person, folded

CONSONANTS = "BCDGHKLMNPRSTVX"

# What is printed instead of the truth on one side.
Edits = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """One attempt. None of `must_not` may be approved automatically."""

    kind: str
    number: int
    applicant: Applicant
    edited: str
    must_not: frozenset[str]


@dataclass
class Stage:
    """What a maker of cases works with: an honest applicant, somebody else, and chance."""

    rng: random.Random
    severity: str
    me: Person
    other: Person
    base: Applicant

    def with_card(
        self, *, of: Person | None = None, front: Edits | None = None, back: Edits | None = None
    ) -> Applicant:
        return self.with_paper(CARD, card_of(of or self.me, self.severity, front=front, back=back))

    def with_licence(
        self, *, of: Person | None = None, front: Edits | None = None, back: Edits | None = None
    ) -> Applicant:
        return self.with_paper(LICENCE, licence_of(of or self.me, self.severity, front=front, back=back))

    def with_qr(self, **edit: object) -> Applicant:
        """An edit of the code, which stands on the front of 2021 and on the back of 2024."""
        return self.with_card(front=edit) if self.me.card_form == 2021 else self.with_card(back=edit)

    def around(self, **changes: object) -> Applicant:
        return replace(self.base, around=replace(self.base.around, **changes))  # type: ignore[arg-type]

    def with_paper(self, kind: str, sides: tuple) -> Applicant:
        papers = tuple((name, sides if name == kind else own) for name, own in self.base.papers)
        return replace(self.base, papers=papers)


Maker = Callable[[Stage], tuple[Applicant, str]]
MAKERS: dict[str, tuple[Maker, frozenset[str]]] = {}


def attempt(*must_not: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        MAKERS[maker.__name__] = (maker, frozenset(must_not))
        return maker

    return register


def another_name(stage: Stage) -> str:
    names = GIVEN_M if stage.me.sex == "M" else GIVEN_F
    head, _, given = stage.me.full_name.rpartition(" ")
    return f"{head} {stage.rng.choice([name for name in names if folded(name) != folded(given)])}"


def one_letter(stage: Stage) -> str:
    """The same name but for one consonant."""
    name = stage.me.full_name
    places = [place for place, letter in enumerate(name) if letter.upper() in CONSONANTS]
    place = stage.rng.choice(places)
    letter = stage.rng.choice([letter for letter in CONSONANTS if letter != name[place].upper()])
    return f"{name[:place]}{letter if name[place].isupper() else letter.lower()}{name[place + 1 :]}"


def other_tones(stage: Stage) -> str:
    """A name of other letters that a machine readable zone spells the same way."""
    turns = str.maketrans(
        "ạảãáàâăậấầẫẩắằặẵẳẹẻẽéèêệếềểễọỏõóòôơộốồổỗợớờởỡụủũúùưựứừửữịỉĩíìỵỷỹýỳđĐ",
        "aaaaaaaaaaaaaaaaaeeeeeeeeeeeooooooooooooooooouuuuuuuuuuuiiiiiyyyyydD",
    )
    plain = stage.me.full_name.translate(turns)
    return plain if plain != stage.me.full_name else plain.replace("a", "á", 1).replace("u", "ú", 1)


def one_digit(rng: random.Random, text: str, *, start: int = 0) -> str:
    place = rng.randrange(start, len(text))
    digit = rng.choice([digit for digit in "0123456789" if digit != text[place]])
    return text[:place] + digit + text[place + 1 :]


def another_day(rng: random.Random, day: date) -> date:
    """The same date but for one of its numbers."""
    while True:
        day_of, month, year = rng.choice(
            ((rng.randrange(1, 29), day.month, day.year), (day.day, rng.randrange(1, 13), day.year),
             (day.day, day.month, day.year + rng.choice((-10, -2, -1, 1, 2))))
        )  # fmt: skip
        try:
            changed = date(year, month, day_of)
        except ValueError:
            continue
        if changed != day:
            return changed

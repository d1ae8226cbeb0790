"""Papers that must not be approved by a machine: what was edited on each, and what must not happen.

What a photograph cannot show is left out and said in docs/identity-report.md: a forgery whose print, codes and
lines all tell the same story, an edit of what stands on a licence once only, a card photographed from a screen.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.identity import zones
from tests.identity.applicants import (
    CARD,
    LICENCE,
    SELFIE,
    Applicant,
    account_of,
    card_of,
    honest,
    licence_of,
    paper,
)
from tests.identity.people import (
    GIVEN_F,
    GIVEN_M,
    TODAY,
    Person,
    anniversary,
    citizen_number,
    folded,
    make_person,
)

CONSONANTS = "BCDGHKLMNPRSTVX"


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

    def with_card(self, *, of: Person | None = None, **edits: dict[str, object]) -> Applicant:
        return self._with(CARD, card_of(of or self.me, self.severity, **edits))

    def with_licence(self, *, of: Person | None = None, **edits: dict[str, object]) -> Applicant:
        return self._with(LICENCE, licence_of(of or self.me, self.severity, **edits))

    def with_qr(self, **edit: object) -> Applicant:
        """An edit of the code, which stands on the front of 2021 and on the back of 2024."""
        return self.with_card(**{"front" if self.me.card_form == 2021 else "back": edit})

    def around(self, **changes: object) -> Applicant:
        return replace(self.base, around=replace(self.base.around, **changes))  # type: ignore[arg-type]

    def _with(self, kind: str, sides: tuple) -> Applicant:
        papers = tuple((name, sides if name == kind else own) for name, own in self.base.papers)
        return replace(self.base, papers=papers)


Maker = Callable[[Stage], tuple[Applicant, str]]
MAKERS: dict[str, tuple[Maker, frozenset[str]]] = {}


def attempt(*must_not: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        MAKERS[maker.__name__] = (maker, frozenset(must_not))
        return maker

    return register


# --- little lies ---------------------------------------------------------------------------------


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


# --- the print of the card -----------------------------------------------------------------------


@attempt(CARD)
def name_in_print(stage: Stage) -> tuple[Applicant, str]:
    name = another_name(stage)
    found = stage.with_card(front={"full_name": name})
    return replace(found, around=account_of(stage.me, account_name=name)), "print"


@attempt(CARD)
def name_in_print_by_one_letter(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_card(front={"full_name": one_letter(stage)}), "print"


@attempt(CARD)
def number_in_print(stage: Stage) -> tuple[Applicant, str]:
    number = citizen_number(
        stage.rng, province=stage.me.number[:3], sex=stage.me.sex, born_on=stage.me.born_on
    )
    return stage.with_card(front={"number": number}), "print"


@attempt(CARD)
def number_in_print_by_one_digit(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_card(front={"number": one_digit(stage.rng, stage.me.number, start=6)}), "print"


@attempt(CARD)
def birth_in_print(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_card(front={"born_on": another_day(stage.rng, stage.me.born_on)}), "print"


@attempt(CARD)
def birth_in_print_and_account(stage: Stage) -> tuple[Applicant, str]:
    day = another_day(stage.rng, stage.me.born_on)
    found = stage.with_card(front={"born_on": day})
    return replace(found, around=account_of(stage.me, account_born_on=day)), "print"


@attempt(CARD)
def whole_print_of_another(stage: Stage) -> tuple[Applicant, str]:
    """Codes and lines are genuine and agree; everything printed on the front is the attacker's."""
    found = stage.with_card(of=stage.me, front={
        "full_name": stage.other.full_name, "number": stage.other.number, "born_on": stage.other.born_on,
        "sex": stage.other.sex, "face": stage.other.face,
    })  # fmt: skip
    whose = stage.rng.choice((stage.me, stage.other))
    return replace(found, around=account_of(whose)), "print"


@attempt(CARD)
def expiry_in_print(stage: Stage) -> tuple[Applicant, str]:
    """An expired card with a later day printed over it."""
    expired = replace(stage.me, expires_on=TODAY - timedelta(days=stage.rng.randrange(1, 900)))
    later = {"expires_on": anniversary(TODAY, stage.rng.randrange(1, 12))}
    side = "front" if stage.me.card_form == 2021 else "back"
    return stage.with_card(of=expired, **{side: later}), "print"


@attempt(CARD)
def issue_day_in_print(stage: Stage) -> tuple[Applicant, str]:
    day = anniversary(stage.me.issued_on, stage.rng.choice((-1, 1)))
    return stage.with_card(back={"issued_on": day}), "print"


# --- codes and lines -----------------------------------------------------------------------------


@attempt(CARD)
def qr_of_another(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_qr(qr_of=replace(stage.other, card_form=stage.me.card_form)), "qr"


@attempt(CARD)
def name_in_qr(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_qr(qr_of=replace(stage.me, full_name=another_name(stage))), "qr"


@attempt(CARD)
def number_in_qr(stage: Stage) -> tuple[Applicant, str]:
    number = one_digit(stage.rng, stage.me.number, start=6)
    return stage.with_qr(qr_of=replace(stage.me, number=number)), "qr"


@attempt(CARD)
def birth_in_qr(stage: Stage) -> tuple[Applicant, str]:
    day = another_day(stage.rng, stage.me.born_on)
    return stage.with_qr(qr_of=replace(stage.me, born_on=day)), "qr"


@attempt(CARD)
def qr_says_something_else(stage: Stage) -> tuple[Applicant, str]:
    whole = zones.qr_text(stage.me)
    text = stage.rng.choice(
        (
            "https://example.com/can-cuoc",
            whole.split("|", 1)[0],
            whole.rsplit("|", 4)[0],
            whole.replace("|", ";"),
            "|".join(("", *whole.split("|")[1:])),
            whole[::-1],
        )
    )
    return stage.with_qr(qr=text), "qr"


@attempt(CARD)
def digit_in_lines(stage: Stage) -> tuple[Applicant, str]:
    """One digit of the machine readable zone, without its check digit."""
    first, second, third = zones.td1(stage.me)
    if stage.rng.random() < 0.5:
        place = stage.rng.randrange(5, 26)
        first = first[:place] + one_digit(stage.rng, first[place]) + first[place + 1 :]
    else:
        place = stage.rng.choice((*range(6), *range(8, 14)))
        second = second[:place] + one_digit(stage.rng, second[place]) + second[place + 1 :]
    return stage.with_card(back={"lines": (first, second, third)}), "mrz"


@attempt(CARD)
def birth_in_lines(stage: Stage) -> tuple[Applicant, str]:
    """With check digits that fit."""
    changed = replace(stage.me, born_on=another_day(stage.rng, stage.me.born_on))
    return stage.with_card(back={"mrz_of": changed}), "mrz"


@attempt(CARD)
def number_in_lines(stage: Stage) -> tuple[Applicant, str]:
    changed = replace(stage.me, number=one_digit(stage.rng, stage.me.number, start=6))
    return stage.with_card(back={"mrz_of": changed}), "mrz"


@attempt(CARD)
def name_in_lines(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_card(back={"mrz_of": replace(stage.me, full_name=another_name(stage))}), "mrz"


@attempt(CARD)
def codes_agree_against_print(stage: Stage) -> tuple[Applicant, str]:
    """Code and lines of another person on a card whose print is one's own."""
    other = replace(stage.other, card_form=stage.me.card_form)
    if stage.me.card_form == 2021:
        found = stage.with_card(front={"qr_of": other}, back={"mrz_of": other})
    else:
        found = stage.with_card(back={"qr_of": other, "mrz_of": other})
    whose = stage.rng.choice((stage.me, stage.other))
    return replace(found, around=account_of(whose)), "qr and mrz"


@attempt(CARD)
def print_and_qr_against_lines(stage: Stage) -> tuple[Applicant, str]:
    """A number changed by one digit wherever it is easy to change, but not in the lines."""
    number = one_digit(stage.rng, stage.me.number, start=6)
    changed = replace(stage.me, number=number)
    if stage.me.card_form == 2021:
        return stage.with_card(front={"number": number, "qr_of": changed}), "print and qr"
    return stage.with_card(front={"number": number}, back={"qr_of": changed}), "print and qr"


@attempt(CARD)
def back_of_another(stage: Stage) -> tuple[Applicant, str]:
    """Two genuine halves of two people's cards of the same form."""
    other = make_person(stage.other.seed, card_form=stage.me.card_form)
    front, back = card_of(stage.me, stage.severity), card_of(other, stage.severity)
    return _card(stage, paper(front[0][1], back[1][1])), "back"


@attempt(CARD)
def front_of_another(stage: Stage) -> tuple[Applicant, str]:
    other = make_person(stage.other.seed, card_form=stage.me.card_form)
    front, back = card_of(other, stage.severity), card_of(stage.me, stage.severity)
    return _card(stage, paper(front[0][1], back[1][1])), "front"


@attempt(CARD)
def halves_of_two_forms(stage: Stage) -> tuple[Applicant, str]:
    """The old card ceased to be valid when the new one was issued."""
    new = make_person(stage.me.seed, card_form=2024 if stage.me.card_form == 2021 else 2021)
    other = replace(
        stage.me, card_form=new.card_form, issued_on=new.issued_on, expires_on=stage.me.expires_on
    )
    front, back = card_of(stage.me, stage.severity), card_of(other, stage.severity)
    return _card(stage, paper(front[0][1], back[1][1])), "back"


@attempt(CARD)
def front_twice(stage: Stage) -> tuple[Applicant, str]:
    front = card_of(stage.me, stage.severity)[0][1]
    return _card(stage, paper(front, replace(front, seed=front.seed + 5000))), "back"


@attempt(CARD)
def licence_as_card(stage: Stage) -> tuple[Applicant, str]:
    return _card(stage, licence_of(stage.me, stage.severity)), "both sides"


def _card(stage: Stage, sides: tuple) -> Applicant:
    return stage._with(CARD, sides)


# --- consistent papers that break a rule ---------------------------------------------------------


@attempt(CARD)
def number_against_the_rule(stage: Stage) -> tuple[Applicant, str]:
    """Everything agrees, but sex or year of birth are not what the number says."""
    number = stage.me.number
    wrong = stage.rng.choice(
        (
            number[:3] + str(int(number[3]) ^ 1) + number[4:],
            number[:4] + f"{(int(number[4:6]) + stage.rng.randrange(1, 40)) % 100:02d}" + number[6:],
        )
    )
    changed = replace(stage.me, number=wrong)
    return replace(stage.with_card(of=changed), person=changed), "all"


@attempt(CARD)
def unknown_province(stage: Stage) -> tuple[Applicant, str]:
    changed = replace(stage.me, number=stage.rng.choice(("003", "097", "555", "999")) + stage.me.number[3:])
    return replace(stage.with_card(of=changed), person=changed), "all"


@attempt(CARD, LICENCE)
def expired(stage: Stage) -> tuple[Applicant, str]:
    changed = replace(stage.me, expires_on=TODAY - timedelta(days=stage.rng.choice((1, 2, 30, 400))))
    return replace(stage.with_card(of=changed), person=changed), "none"


@attempt(CARD, LICENCE)
def under_age(stage: Stage) -> tuple[Applicant, str]:
    born_on = anniversary(TODAY, -16) + timedelta(days=stage.rng.choice((1, 20, 200)))
    child = replace(
        stage.me,
        born_on=born_on,
        number=citizen_number(stage.rng, province=stage.me.number[:3], sex=stage.me.sex, born_on=born_on),
        expires_on=anniversary(born_on, 25),
    )
    found = stage.with_card(of=child)
    return replace(found, person=child, around=account_of(child)), "none"


# --- accounts ------------------------------------------------------------------------------------


@attempt(CARD, LICENCE)
def papers_of_another(stage: Stage) -> tuple[Applicant, str]:
    theirs = honest(stage.other.seed, stage.severity)
    return replace(theirs, around=account_of(stage.me)), "account"


@attempt(CARD)
def account_born_on_another_day(stage: Stage) -> tuple[Applicant, str]:
    return stage.around(account_born_on=another_day(stage.rng, stage.me.born_on)), "account"


@attempt(CARD)
def account_of_another_name(stage: Stage) -> tuple[Applicant, str]:
    return stage.around(account_name=another_name(stage)), "account"


@attempt(CARD)
def number_in_another_account(stage: Stage) -> tuple[Applicant, str]:
    return stage.around(number_taken=True), "account"


@attempt(CARD)
def screenshot_of_anothers_photo(stage: Stage) -> tuple[Applicant, str]:
    """A picture of a card that another account has sent, passed on and cut; only its look gives it away."""
    sides = tuple(
        (side, replace(photo, is_screenshot=True)) for side, photo in card_of(stage.me, stage.severity)
    )
    found = _card(stage, sides)
    return replace(found, sent_by_others=((CARD, card_of(stage.me, stage.severity)),)), "account"


@attempt(CARD, SELFIE)
def selfie_of_another(stage: Stage) -> tuple[Applicant, str]:
    return stage.around(face="other"), "selfie"


@attempt(CARD, SELFIE)
def face_of_another_account(stage: Stage) -> tuple[Applicant, str]:
    return stage.around(face="known"), "selfie"


@attempt(SELFIE)
def unsure_face(stage: Stage) -> tuple[Applicant, str]:
    return stage.around(face="unsure"), "selfie"


# --- licences ------------------------------------------------------------------------------------


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
    return stage._with(LICENCE, card_of(stage.me, stage.severity)), "both sides"


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

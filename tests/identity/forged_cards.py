"""Attempts with citizen's cards: the print, codes and lines edited, halves mixed, rules broken."""

from dataclasses import replace
from datetime import timedelta

from tests.identity import zones
from tests.identity.applicants import CARD, LICENCE, Applicant, account_of, card_of, licence_of, paper
from tests.identity.people import TODAY, anniversary, citizen_number, make_person
from tests.identity.staging import Stage, another_day, another_name, attempt, one_digit, one_letter

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
    if stage.me.card_form == 2021:
        return stage.with_card(of=expired, front=later), "print"
    return stage.with_card(of=expired, back=later), "print"


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
    return stage.with_paper(CARD, paper(front[0][1], back[1][1])), "back"


@attempt(CARD)
def front_of_another(stage: Stage) -> tuple[Applicant, str]:
    other = make_person(stage.other.seed, card_form=stage.me.card_form)
    front, back = card_of(other, stage.severity), card_of(stage.me, stage.severity)
    return stage.with_paper(CARD, paper(front[0][1], back[1][1])), "front"


@attempt(CARD)
def halves_of_two_forms(stage: Stage) -> tuple[Applicant, str]:
    """The old card ceased to be valid when the new one was issued."""
    new = make_person(stage.me.seed, card_form=2024 if stage.me.card_form == 2021 else 2021)
    other = replace(
        stage.me, card_form=new.card_form, issued_on=new.issued_on, expires_on=stage.me.expires_on
    )
    front, back = card_of(stage.me, stage.severity), card_of(other, stage.severity)
    return stage.with_paper(CARD, paper(front[0][1], back[1][1])), "back"


@attempt(CARD)
def front_twice(stage: Stage) -> tuple[Applicant, str]:
    front = card_of(stage.me, stage.severity)[0][1]
    return stage.with_paper(CARD, paper(front, replace(front, seed=front.seed + 5000))), "back"


@attempt(CARD)
def licence_as_card(stage: Stage) -> tuple[Applicant, str]:
    return stage.with_paper(CARD, licence_of(stage.me, stage.severity)), "both sides"


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

"""Attempts with genuine papers in the wrong account."""

from dataclasses import replace

from tests.identity.applicants import CARD, LICENCE, SELFIE, Applicant, account_of, card_of, honest
from tests.identity.staging import Stage, another_day, another_name, attempt


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
    """A picture of a card that another account has sent, passed on; only its look gives it away."""
    sides = tuple(
        (side, replace(photo, is_screenshot=True)) for side, photo in card_of(stage.me, stage.severity)
    )
    found = stage.with_paper(CARD, sides)
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

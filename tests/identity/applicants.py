"""What one applicant hands in: photographs that can be made again from a few words, and an account."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from PIL import Image

from accounts.extraction.types import Layout
from tests.identity import cards, photos
from tests.identity.people import Person, make_person

CARD = "citizen_card"
LICENCE = "driving_licence"
SELFIE = "selfie"
CARD_FRONT = {2021: Layout.CARD_2021_FRONT, 2024: Layout.CARD_2024_FRONT}
CARD_BACK = {2021: Layout.CARD_2021_BACK, 2024: Layout.CARD_2024_BACK}


@dataclass(frozen=True)
class Photo:
    """One photograph, by what is on it and how it was taken; equal ones are made and read once."""

    layout: Layout
    person: Person
    seed: int
    severity: str = "good"
    # Of cards.draw.
    edits: tuple[tuple[str, object], ...] = ()
    # Of photos.plan.
    faults: tuple[tuple[str, object], ...] = ()
    # A copy of the photograph, as it is passed on.
    is_screenshot: bool = False

    @property
    def shot(self) -> photos.Shot:
        return photos.plan(self.seed, self.severity, **dict(self.faults))

    def jpeg(self) -> bytes:
        if self.layout == Layout.UNKNOWN:
            return photos.not_a_card(self.seed)
        card = cards.draw(self.layout, self.person, **dict(self.edits))  # type: ignore[arg-type]
        content = photos.take(card, self.shot)
        return screenshot(content) if self.is_screenshot else content


def screenshot(content: bytes) -> bytes:
    """The same picture after it went through a telephone's screen and a messenger: smaller, paler, compressed again."""
    picture: Image.Image = Image.open(io.BytesIO(content))
    width, height = picture.size
    picture = picture.resize((width * 7 // 8, height * 7 // 8), Image.Resampling.BILINEAR)
    picture = picture.point([round(12 + value * 0.94) for value in range(256)] * 3)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=72)
    return out.getvalue()


@dataclass(frozen=True)
class Circumstances:
    """What is known around the papers, apart from what stands on them."""

    account_name: str
    account_born_on: date | None
    number_taken: bool = False
    # What an engine for faces says: "" for none, or same, other, unsure, known.
    face: str = ""


@dataclass(frozen=True)
class Applicant:
    """Both papers by side, and the circumstances."""

    person: Person
    papers: tuple[tuple[str, tuple[tuple[str, Photo], ...]], ...]
    around: Circumstances
    # Papers that lie in other people's accounts, to be known again by their looks.
    sent_by_others: tuple[tuple[str, tuple[tuple[str, Photo], ...]], ...] = ()

    def sides(self, kind: str) -> Mapping[str, Photo]:
        return dict(dict(self.papers)[kind])


def paper(front: Photo, back: Photo) -> tuple[tuple[str, Photo], ...]:
    return (("front", front), ("back", back))


def card_of(
    person: Person,
    severity: str,
    *,
    front: Mapping[str, object] | None = None,
    back: Mapping[str, object] | None = None,
    shots: int = 0,
) -> tuple[tuple[str, Photo], ...]:
    """Both sides of a person's card; `front` and `back` are edits of them."""
    return paper(
        Photo(CARD_FRONT[person.card_form], person, _shot(person, shots, 0), severity, _frozen(front)),
        Photo(CARD_BACK[person.card_form], person, _shot(person, shots, 1), severity, _frozen(back)),
    )


def licence_of(
    person: Person,
    severity: str,
    *,
    front: Mapping[str, object] | None = None,
    back: Mapping[str, object] | None = None,
    shots: int = 0,
) -> tuple[tuple[str, Photo], ...]:
    return paper(
        Photo(Layout.LICENCE_FRONT, person, _shot(person, shots, 2), severity, _frozen(front)),
        Photo(Layout.LICENCE_BACK, person, _shot(person, shots, 3), severity, _frozen(back)),
    )


def _shot(person: Person, shots: int, number: int) -> int:
    return (person.seed * 31 + shots) * 7 + number


def _frozen(edits: Mapping[str, object] | None) -> tuple[tuple[str, object], ...]:
    return tuple(sorted((edits or {}).items(), key=lambda pair: pair[0]))


def account_of(person: Person, **changes: object) -> Circumstances:
    values: dict[str, object] = {
        "account_name": person.full_name,
        "account_born_on": person.born_on,
        **changes,
    }
    return Circumstances(**values)  # type: ignore[arg-type]  # named by the caller


def honest(seed: int, severity: str) -> Applicant:
    """Somebody who photographs their own papers."""
    person = make_person(seed)
    return Applicant(
        person,
        ((CARD, card_of(person, severity)), (LICENCE, licence_of(person, severity))),
        account_of(person),
    )

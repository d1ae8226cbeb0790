"""A picture saved anew is found; the cards of two people, however alike in form, are not taken for one."""

import io
from collections.abc import Callable
from itertools import combinations

import pytest
from PIL import Image

from accounts.extraction.same_picture import is_same_picture
from accounts.extraction.types import Layout
from tests.identity import cards, photos
from tests.identity.people import make_person

Change = Callable[[Image.Image], Image.Image]
CHANGES: dict[str, Change] = {
    "as it is": lambda picture: picture,
    "smaller": lambda picture: picture.resize((picture.width * 6 // 10, picture.height * 6 // 10)),
    "paler": lambda picture: picture.point(lambda value: min(255, int(value * 1.06) + 3)),
}


def saved(picture: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("layout", [Layout.CARD_2021_FRONT, Layout.LICENCE_FRONT])
def test_a_copy_is_the_same_picture(layout: Layout, change: str) -> None:
    card = cards.draw(layout, make_person(1))

    assert is_same_picture(saved(card), saved(CHANGES[change](card), quality=60))


@pytest.mark.parametrize("layout", [Layout.CARD_2021_FRONT, Layout.CARD_2024_BACK, Layout.LICENCE_FRONT])
def test_cards_of_different_people_are_different_pictures(layout: Layout) -> None:
    pictures = [saved(cards.draw(layout, make_person(seed))) for seed in range(1, 9)]

    assert not any(is_same_picture(one, other) for one, other in combinations(pictures, 2))


def test_selfies_of_different_people_are_different_pictures() -> None:
    pictures = [photos.selfie(seed) for seed in range(1, 9)]

    assert not any(is_same_picture(one, other) for one, other in combinations(pictures, 2))


def test_an_even_picture_is_no_reason_to_fail() -> None:
    assert not is_same_picture(saved(Image.new("RGB", (400, 300))), photos.selfie(1))

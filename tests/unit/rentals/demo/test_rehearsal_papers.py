"""What a rehearsal shows as papers: cards that the gate lets through, of which no two look like one picture."""

from itertools import combinations

import pytest

from accounts.extraction import picture, quality, rectify
from accounts.extraction.same_picture import is_same_picture
from rentals.demo.rehearsal.journey import PHOTOGRAPHED
from rentals.demo.rehearsal.props import CARD, photograph

# Of a card, sides and numbers of thirty runs.
RUNS = range(30)
SIDES = [(kind, side) for kind, sides in PHOTOGRAPHED.items() for side in sides]


@pytest.mark.parametrize(("kind", "side"), SIDES)
def test_every_drawing_is_a_card_that_can_be_read(kind: str, side: str) -> None:
    for run in RUNS:
        pixels = picture.decode(photograph(f"{kind} {side} 079094{run * 33_331:06}"))
        assert pixels is not None
        if kind == "selfie":
            assert quality.measure_selfie(pixels).problem == ""
            continue
        found = rectify.best_outline(pixels)
        assert found is not None
        corners, score = found
        card = rectify.flatten(pixels, corners, score=score)
        # The drawn card itself, and nothing else on the picture.
        assert score > 0.95
        assert card.width == pytest.approx(CARD[2] - CARD[0], abs=10)
        assert quality.measure(card.image, card_width=card.width).problem == ""


def test_no_two_people_show_the_same_picture() -> None:
    drawn = [photograph(f"driving_licence back 079094{run * 33_331:06}") for run in RUNS]

    assert not any(is_same_picture(one, other) for one, other in combinations(drawn, 2))

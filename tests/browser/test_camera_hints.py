"""What the camera's live hints make of a card that is held badly, and of one that is held well."""

import base64

import pytest

from accounts.extraction.types import Layout
from tests.browser.conftest import PHONE
from tests.identity.cards import draw
from tests.identity.people import make_person
from tests.identity.photos import photograph

# A card in the frame of a phone held upright, as the camera in the page sees it.
HELD_WELL = {
    "width": 1080, "height": 1920, "fill": 0.86, "angle": 0.5, "quarter_turns": 0, "perspective": 0.005,
    "blur": 0.0, "shake": 0, "glare": 0.0, "shift": (0.0, 0.0), "noise": 2.0, "ground": "wood", "light": 0.95,
}  # fmt: skip
LOOK = """async ([picture, part]) => {
    const { look, MARGIN, WIDTH } = await import("/static/js/capture-look.js");
    const image = new Image();
    image.src = "data:image/jpeg;base64," + picture;
    await image.decode();
    const width = image.width * part;
    const height = width / (85.6 / 53.98);
    const left = Math.max(0, (image.width - width) / 2 - width * MARGIN);
    const top = (image.height - height) / 2 - height * MARGIN;
    const [wide, high] = [Math.min(image.width, image.width - 2 * left), height * (1 + 2 * MARGIN)];
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = Math.round((WIDTH * high) / wide);
    const context = canvas.getContext("2d");
    context.drawImage(image, left, top, wide, high, 0, 0, canvas.width, canvas.height);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const first = look(pixels, null, true);
    return [first.hint, look(pixels, first, true).hint];
}"""


@pytest.fixture
def hints(portal):
    """Return what is said at the first look, and at the second when nothing has moved."""
    page = portal.person(language="vi", size=PHONE)
    page.goto("/account/login/")

    def of(layout, person, part=0.9, **how):
        """`part` of the picture's width is the frame."""
        picture = photograph(draw(layout, person), seed=person.seed, **{**HELD_WELL, **how})
        return page.evaluate(LOOK, [base64.b64encode(picture).decode(), part])

    return of


def test_a_card_that_is_held_well_is_good_once_it_is_still(hints):
    for seed in range(3):
        for layout in (Layout.CARD_2021_FRONT, Layout.CARD_2024_BACK, Layout.LICENCE_FRONT):
            assert hints(layout, make_person(seed)) == ["still", "good"], (seed, layout)


def test_what_is_wrong_is_said(hints):
    wrong = {
        "dark": {"light": 0.3},
        "glare": {"glare": 0.95, "glare_size": 0.4},
        "closer": {"fill": 0.55},
        "blurred": {"blur": 4.0},
    }
    for hint, how in wrong.items():
        for seed in range(2):
            assert hints(Layout.CARD_2021_BACK, make_person(seed), **how)[1] == hint, (hint, seed)


def test_a_card_that_reaches_out_of_the_frame_is_not_taken(hints):
    for seed in range(3):
        for layout in (Layout.CARD_2021_FRONT, Layout.LICENCE_FRONT):
            assert hints(layout, make_person(seed), part=0.65)[1] != "good", (seed, layout)


def test_a_card_that_lies_a_little_askew_is_good_enough(hints):
    assert hints(Layout.CARD_2021_FRONT, make_person(1), fill=0.84, angle=3.5)[1] == "good"

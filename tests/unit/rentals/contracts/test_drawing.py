import io
import json

import pytest
from PIL import Image

from rentals.contracts import drawing
from rentals.contracts.enums import SigningMethod
from rentals.contracts.errors import SignatureTooShort, TypedNameDiffers
from tests.factories.handovers import STROKES, signature_image
from voltgo.core.images import PhotoFormatUnknown


def test_a_drawn_signature_is_a_clean_picture_with_the_hash_of_its_strokes() -> None:
    drawn = drawing.drawn(signature_image(), STROKES)

    assert drawn.method == SigningMethod.DRAWN
    assert Image.open(io.BytesIO(drawn.content)).format == "PNG"
    assert drawn.sha256 == drawing.drawn(signature_image(), STROKES).sha256


def test_spaces_in_the_strokes_make_no_other_signature() -> None:
    spaced = json.dumps(json.loads(STROKES), indent=2)

    assert drawing.drawn(signature_image(), spaced).sha256 == drawing.drawn(signature_image(), STROKES).sha256


def test_other_strokes_have_another_hash() -> None:
    strokes = json.loads(STROKES)
    strokes[0][2][0] += 1

    other = drawing.drawn(signature_image(), json.dumps(strokes))

    assert other.sha256 != drawing.drawn(signature_image(), STROKES).sha256


@pytest.mark.parametrize(("length", "is_enough"), [(59, False), (60, True)])
def test_strokes_shorter_than_sixty_pixels_are_a_slip(length: int, *, is_enough: bool) -> None:
    steps = [0, length / 4, length / 2, length * 3 / 4, length]
    strokes = json.dumps([[[x, 0, 0] for x in steps]])

    if is_enough:
        assert drawing.drawn(signature_image(), strokes).content
    else:
        with pytest.raises(SignatureTooShort):
            drawing.drawn(signature_image(), strokes)


@pytest.mark.parametrize(("count", "is_enough"), [(4, False), (5, True)])
def test_fewer_than_five_points_are_no_hand(count: int, *, is_enough: bool) -> None:
    strokes = json.dumps([[[100 * number, 0, 0] for number in range(count)]])

    if is_enough:
        assert drawing.drawn(signature_image(), strokes).content
    else:
        with pytest.raises(SignatureTooShort):
            drawing.drawn(signature_image(), strokes)


def test_endless_strokes_are_not_read() -> None:
    with pytest.raises(SignatureTooShort):
        drawing.drawn(signature_image(), "[" * 500_000)


def test_the_picture_must_be_a_png() -> None:
    with pytest.raises(PhotoFormatUnknown):
        drawing.drawn("data:image/svg+xml;base64,AAAA", STROKES)


def test_a_typed_name_is_set_as_a_picture() -> None:
    typed = drawing.typed("nguyễn  MINH anh", "Nguyễn Minh Anh")

    assert typed.method == SigningMethod.TYPED
    width, height = Image.open(io.BytesIO(typed.content)).size
    assert width > 400
    assert 60 < height < 200


@pytest.mark.parametrize("name", ["", " ", "Nguyen Minh Anh", "Nguyễn Minh", "Ai đó"])
def test_another_name_is_no_signature(name: str) -> None:
    with pytest.raises(TypedNameDiffers):
        drawing.typed(name, "Nguyễn Minh Anh")

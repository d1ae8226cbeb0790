import io

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from accounts.extraction import looks


def picture(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Soft blotches, as a photograph has them at a distance."""
    blotches = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return Image.fromarray(blotches).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_the_hash_fits_into_a_signed_bigint() -> None:
    hashes = [looks.perceptual_hash(encoded(picture(seed))) for seed in range(12)]

    assert all(-(2**63) <= value < 2**63 for value in hashes)
    assert any(value < 0 for value in hashes)


@pytest.mark.parametrize(
    "again",
    [
        lambda image: encoded(image, quality=40),
        lambda image: encoded(image, "PNG"),
        lambda image: encoded(image.resize((320, 240)), quality=70),
        lambda image: encoded(image.point(lambda value: min(255, int(value * 1.08)))),
    ],
)
def test_the_same_photograph_looks_the_same_however_it_was_encoded(again) -> None:
    for seed in range(6):
        original = picture(seed)
        apart = looks.distance(
            looks.perceptual_hash(encoded(original)), looks.perceptual_hash(again(original))
        )

        assert apart <= looks.ALIKE


def test_other_photographs_look_different() -> None:
    hashes = [looks.perceptual_hash(encoded(picture(seed))) for seed in range(12)]

    apart = [looks.distance(one, other) for one in hashes for other in hashes if one != other]

    assert min(apart) > looks.ALIKE


@pytest.mark.parametrize("size", [(1, 1), (1, 2400), (2400, 1), (9, 8), (3, 5)])
def test_any_size_has_a_hash(size: tuple[int, int]) -> None:
    assert isinstance(looks.perceptual_hash(encoded(picture(1, size))), int)


def test_what_is_no_picture_has_none() -> None:
    with pytest.raises(UnidentifiedImageError):
        looks.perceptual_hash(b"no picture")


def test_distance_counts_bits_of_signed_numbers() -> None:
    assert looks.distance(0, -1) == 64
    assert looks.distance(-1, -1) == 0
    assert looks.distance(-(2**63), 0) == 1

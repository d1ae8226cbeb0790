import cv2
import numpy as np
import pytest

from accounts.extraction import rectify

CARD = (1350, 850)
LIGHT, DARK = (228, 236, 226), (70, 60, 52)


def card() -> np.ndarray:
    """A light card with a dark patch where its upper left corner is."""
    image = np.full((CARD[1], CARD[0], 3), LIGHT, np.uint8)
    cv2.rectangle(image, (80, 80), (330, 330), (40, 40, 160), cv2.FILLED)
    for row in range(5):
        cv2.putText(
            image, "VOLTGO SPECIMEN", (420, 200 + 120 * row), cv2.FONT_HERSHEY_SIMPLEX, 2, (30, 30, 30), 4
        )
    return image


def rounded() -> np.ndarray:
    mask = np.zeros((CARD[1], CARD[0]), np.uint8)
    cv2.rectangle(mask, (50, 0), (CARD[0] - 51, CARD[1] - 1), 255, cv2.FILLED)
    cv2.rectangle(mask, (0, 50), (CARD[0] - 1, CARD[1] - 51), 255, cv2.FILLED)
    for x in (50, CARD[0] - 51):
        for y in (50, CARD[1] - 51):
            cv2.circle(mask, (x, y), 50, 255, cv2.FILLED)
    return mask


def laid(corners: np.ndarray, size: tuple[int, int] = (1600, 1200)) -> np.ndarray:
    """Lay the card with round corners on a dark table."""
    table = np.full((size[1], size[0], 3), DARK, np.uint8)
    table += np.random.default_rng(1).integers(0, 8, table.shape, np.uint8)
    flat = np.array([[0, 0], [CARD[0], 0], [CARD[0], CARD[1]], [0, CARD[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    picture = cv2.warpPerspective(card(), matrix, size)
    mask = cv2.warpPerspective(rounded(), matrix, size) > 127
    table[mask] = picture[mask]
    return table


def turned_corners(degrees: float, *, pull: float = 0.0, width: float = 1000) -> np.ndarray:
    half = np.array([width, width / CARD[0] * CARD[1]]) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners[0] += pull * width
    angle = np.deg2rad(degrees)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(corners @ spin + np.array([800, 600]))


def furthest(found: np.ndarray, true: np.ndarray) -> float:
    """How far the worst corner is off, whichever way round they are counted from."""
    return float(min(np.abs(np.roll(found, step, axis=0) - true).max() for step in range(4)))


@pytest.mark.parametrize("degrees", [0, 7, -18, 45, 90, 97, 180, 263])
@pytest.mark.parametrize("pull", [0.0, 0.06])
def test_corners_are_found_to_three_pixels_at_any_rotation(degrees: float, pull: float) -> None:
    corners = turned_corners(degrees, pull=pull, width=900)

    found = rectify.find_card(laid(corners))

    assert found is not None
    assert furthest(found, corners) < 3


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_flat_card_has_its_long_side_level_and_is_upright_or_upside_down(degrees: float) -> None:
    photo = laid(turned_corners(degrees, width=900))
    found = rectify.find_card(photo)
    assert found is not None

    flat = rectify.flatten(photo, found)
    if flat.image[200, 200, 2] < 100 or flat.image[200, 200, 0] > 100:
        flat = rectify.turned(flat)

    assert flat.image.shape == (850, 1350, 3)
    assert abs(flat.width - 900) < 8
    assert flat.image[200, 200].tolist() == pytest.approx([40, 40, 160], abs=12)
    assert flat.image[800, 1250].tolist() == pytest.approx(LIGHT, abs=12)


def test_a_place_in_the_photograph_is_found_on_the_card() -> None:
    corners = turned_corners(30, width=900)
    flat = rectify.flatten(laid(corners), corners)

    assert rectify.place_on(flat, *corners[0]) == pytest.approx((0, 0), abs=0.01)
    assert rectify.place_on(flat, *corners[2]) == pytest.approx((1, 1), abs=0.01)
    assert rectify.place_on(flat, *corners.mean(axis=0)) == pytest.approx((0.5, 0.5), abs=0.01)
    assert rectify.place_on(rectify.turned(flat), *corners[0]) == pytest.approx((1, 1), abs=0.01)


def nothing(kind: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    if kind == "noise":
        return rng.integers(0, 255, (600, 800, 3), np.uint8)
    picture = np.full((600, 800, 3), 120, np.uint8)
    if kind == "square":
        picture[150:450, 250:550] = 240
    if kind == "ribbon":
        picture[280:330] = 240
    return picture


@pytest.mark.parametrize("kind", ["noise", "grey", "square", "ribbon"])
def test_where_no_card_lies_none_is_found(kind: str) -> None:
    assert rectify.find_card(nothing(kind)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 2400), (2400, 1), (39, 60), (60, 2400)])
def test_pictures_too_narrow_for_a_card_hold_none(shape: tuple[int, int]) -> None:
    assert rectify.find_card(np.full((*shape, 3), 200, np.uint8)) is None

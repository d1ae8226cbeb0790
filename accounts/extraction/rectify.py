"""Finds a card in a photograph and lays it flat: four corners, then one perspective transform.

Corners are where straight lines meet that are fitted to the middle 70 % of each side. Cards have round corners:
a polygon through the outline cuts them off, and every zone of the card would be read a little beside itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Corners = NDArray[np.float64]

# ISO/IEC 7810 ID-1, and the page of a passport (ID-3).
CARD_ASPECT = 85.6 / 53.98
PASSPORT_ASPECT = 125.0 / 88.0
FLAT_WIDTH = 1350
FLAT_HEIGHT = 850
# Corners are looked for on a small copy.
SEARCH_SIDE = 900
# A picture this narrow, made small, shows no card.
MIN_SIDE = 40
# A card covers at least this share of the picture, or it is too small to be read anyway.
MIN_AREA = 0.04
MAX_AREA = 0.985
# How far the sides' ratio may be from the real one: a tilt of forty degrees shortens a side by a quarter.
ASPECT_TOLERANCE = 0.30
MIDDLE_OF_SIDE = (0.15, 0.85)
MIN_SCORE = 0.45
# Opposite sides may differ this much in length under the steepest perspective that is still read.
MAX_SIDE_RATIO = 1.7


@dataclass(frozen=True, slots=True)
class FlatCard:
    """A card laid flat, long side level; which way up is not known yet."""

    image: Image
    # In pixels of the photograph, clockwise from what is the upper left of `image`.
    corners: Corners
    # Mean length of the two long sides, in pixels of the photograph.
    width: int
    # How much the outline looks like a card's, 0 to 1; 0 when the whole picture was taken for one.
    score: float


def find_card(photo: Image, *, aspect: float = CARD_ASPECT) -> Corners | None:
    """Return the corners of the most card-like outline, or None. See `FlatCard.corners` for their order."""
    found = best_outline(photo, aspect=aspect)
    return None if found is None else found[0]


def best_outline(photo: Image, *, aspect: float = CARD_ASPECT) -> tuple[Corners, float] | None:
    """Return corners and score of the most card-like outline, or None."""
    scale = min(1.0, SEARCH_SIDE / max(photo.shape[:2]))
    if min(photo.shape[:2]) * scale < MIN_SIDE:
        return None
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else photo
    smooth = _pixels(cv2.GaussianBlur(small, (5, 5), 0))
    strength = _edge_strength(smooth)
    best: tuple[Corners, float] | None = None
    for mask in _masks(smooth):
        for outline in _outlines(mask):
            corners = _corners_of(outline)
            if corners is None:
                continue
            score = _score(corners, strength, aspect)
            if best is None or score > best[1]:
                best = corners, score
        if best is not None and best[1] > 0.9:
            break
    if best is None or best[1] < MIN_SCORE:
        return None
    return _long_side_up(best[0]) / scale, best[1]


def flatten(photo: Image, corners: Corners, *, score: float = 1.0, aspect: float = CARD_ASPECT) -> FlatCard:
    """Lay the quadrilateral flat, `FLAT_WIDTH` wide."""
    height = FLAT_HEIGHT if aspect == CARD_ASPECT else round(FLAT_WIDTH / aspect)
    target = np.array([[0, 0], [FLAT_WIDTH, 0], [FLAT_WIDTH, height], [0, height]], np.float32)
    # The pixel's centre, not its corner, lies on the whole number.
    transform = cv2.getPerspectiveTransform(corners.astype(np.float32), target - 0.5)
    width = _width(corners)
    # A much larger card would be sampled with holes: area interpolation exists only for plain resizing.
    method = cv2.INTER_LINEAR if width < 2 * FLAT_WIDTH else cv2.INTER_AREA
    flat = cv2.warpPerspective(
        photo, transform, (FLAT_WIDTH, height), flags=method, borderMode=cv2.BORDER_REPLICATE
    )
    return FlatCard(image=_pixels(flat), corners=corners, width=round(width), score=score)


def whole_picture(photo: Image) -> Corners:
    """Return the corners of the picture itself, for a scan that was cut to the card."""
    height, width = photo.shape[:2]
    return _long_side_up(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))


def place_on(card: FlatCard, x: float, y: float) -> tuple[float, float]:
    """Return where a point of the photograph lies on the card, in shares of its width and height."""
    height, width = card.image.shape[:2]
    target = np.array([[0, 0], [1, 0], [1, height / width], [0, height / width]], np.float32)
    transform = cv2.getPerspectiveTransform(card.corners.astype(np.float32), target)
    spot = cv2.perspectiveTransform(np.array([[[x, y]]], np.float64), transform)[0, 0]
    return float(spot[0]), float(spot[1] * width / height)


def turned(card: FlatCard) -> FlatCard:
    """Return the card the other way up."""
    flipped = _pixels(cv2.rotate(card.image, cv2.ROTATE_180))
    return FlatCard(flipped, np.roll(card.corners, 2, axis=0), card.width, card.score)


def _pixels(image: Any) -> Image:
    return np.ascontiguousarray(image, dtype=np.uint8)


def _masks(smooth: Image) -> Iterator[Image]:
    """Yield pictures in which the card may stand as one blob, the cheapest first."""
    lab = _pixels(cv2.cvtColor(smooth, cv2.COLOR_BGR2LAB))
    yield _apart_from_surroundings(lab)
    yield _closed_edges(lab, 0.66)
    light = _pixels(cv2.threshold(lab[:, :, 0], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1])
    yield light
    yield _pixels(cv2.bitwise_not(light))
    yield _closed_edges(lab, 0.33)
    # On a chequered cloth the card hangs together with the squares of its own brightness.
    for mask in (light, _like_the_middle(lab)):
        for reach in (0.06, 0.10):
            yield _without_small_parts(mask, round(reach * max(mask.shape)))


def _apart_from_surroundings(lab: Image) -> Image:
    """Mark what differs in colour from the rim of the picture, where the table lies."""
    height, width = lab.shape[:2]
    rim = max(4, round(min(height, width) * 0.02))
    frame = np.concatenate(
        [
            lab[:rim].reshape(-1, 3),
            lab[-rim:].reshape(-1, 3),
            lab[:, :rim].reshape(-1, 3),
            lab[:, -rim:].reshape(-1, 3),
        ]
    )
    table = np.median(frame, axis=0)
    apart = np.abs(lab.astype(np.int16) - table.astype(np.int16))
    # Light falls off across a table; colour does not.
    weighed = np.clip(apart[:, :, 0] + 3 * (apart[:, :, 1] + apart[:, :, 2]), 0, 255).astype(np.uint8)
    _threshold, mask = cv2.threshold(weighed, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return _pixels(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))


def _like_the_middle(lab: Image) -> Image:
    """Mark what has the colour of the middle of the picture, where people hold the card."""
    height, width = lab.shape[:2]
    middle = lab[height * 3 // 8 : height * 5 // 8, width * 3 // 8 : width * 5 // 8].reshape(-1, 3)
    apart = np.abs(lab.astype(np.int16) - np.median(middle, axis=0).astype(np.int16))
    weighed = np.clip(apart[:, :, 0] + 3 * (apart[:, :, 1] + apart[:, :, 2]), 0, 255).astype(np.uint8)
    _threshold, mask = cv2.threshold(weighed, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    return np.asarray(mask, np.uint8)


def _without_small_parts(mask: Image, reach: int) -> Image:
    """Fill print and portrait, then cut off whatever is narrower than `reach` pixels."""
    filled = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    contours, _hierarchy = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(filled, contours, -1, 255, cv2.FILLED)
    return _pixels(cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8)))


def _closed_edges(lab: Image, strictness: float) -> Image:
    edges = np.zeros(lab.shape[:2], np.uint8)
    for channel in cv2.split(lab):
        steepness = cv2.Sobel(channel, cv2.CV_16S, 1, 0), cv2.Sobel(channel, cv2.CV_16S, 0, 1)
        magnitude = np.abs(steepness[0]) + np.abs(steepness[1])
        high = max(30.0, float(np.percentile(magnitude, 100 - 12 * strictness)))
        edges |= _pixels(cv2.Canny(steepness[0], steepness[1], high * 0.4, high))
    return _pixels(cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)))


def _outlines(mask: Image) -> list[NDArray[np.int32]]:
    """Return the few largest outlines of a mask that could be a card."""
    contours, _hierarchy = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    whole = mask.shape[0] * mask.shape[1]
    large = []
    for contour in contours:
        if len(contour) < 60:
            continue
        hull = cv2.convexHull(contour)
        area = cv2.contourArea(hull)
        if MIN_AREA * whole < area < MAX_AREA * whole:
            large.append((area, contour))
    large.sort(key=lambda pair: -pair[0])
    return [np.asarray(contour, np.int32) for _area, contour in large[:6]]


def _corners_of(outline: NDArray[np.int32]) -> Corners | None:
    """Return the corners where lines fitted to the four sides of an outline meet."""
    rough = _rough_corners(outline)
    if rough is None:
        return None
    points = outline.reshape(-1, 2).astype(np.float64)
    for reach in (0.06, 0.02):
        refined = _meet(rough, points, reach)
        if refined is None:
            return None
        rough = refined
    return rough


def _rough_corners(outline: NDArray[np.int32]) -> Corners | None:
    hull = cv2.convexHull(outline)
    around = cv2.arcLength(hull, closed=True)
    for slack in (0.02, 0.035, 0.05, 0.08):
        polygon = cv2.approxPolyDP(hull, slack * around, closed=True)
        if len(polygon) == 4:
            return _clockwise(polygon.reshape(4, 2).astype(np.float64))
    box = cv2.boxPoints(cv2.minAreaRect(hull))
    if cv2.contourArea(hull) < 0.85 * cv2.contourArea(box):
        return None
    return _clockwise(box.astype(np.float64))


def _meet(rough: Corners, points: NDArray[np.float64], reach: float) -> Corners | None:
    lines = []
    for start, end in pairwise([*rough, rough[0]]):
        line = _fitted(points, start, end, reach)
        if line is None:
            return None
        lines.append(line)
    corners = [_crossing(lines[side - 1], lines[side]) for side in range(4)]
    if any(corner is None for corner in corners):
        return None
    return np.array(corners, np.float64)


def _fitted(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64], reach: float
) -> NDArray[np.float64] | None:
    """Return direction and a point of the line through the middle part of one side."""
    along = end - start
    length = float(np.hypot(*along))
    if length < 20:
        return None
    along /= length
    offset = points - start
    place = offset @ along / length
    distance = np.abs(offset @ np.array([-along[1], along[0]]))
    near = (place > MIDDLE_OF_SIDE[0]) & (place < MIDDLE_OF_SIDE[1]) & (distance < reach * length)
    if near.sum() < 10:
        return None
    chosen = points[near].astype(np.float32)
    return np.asarray(cv2.fitLine(chosen, cv2.DIST_HUBER, 0, 0.01, 0.01), np.float64).ravel()


def _crossing(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64] | None:
    denominator = first[0] * second[1] - first[1] * second[0]
    if abs(denominator) < 0.2:
        # Neighbouring sides of a card never run almost the same way.
        return None
    between = second[2:] - first[2:]
    step = (between[0] * second[1] - between[1] * second[0]) / denominator
    return np.asarray(first[2:] + step * first[:2])


def _clockwise(corners: Corners) -> Corners:
    centre = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    return corners[np.argsort(angles)]


def _sides(corners: Corners) -> NDArray[np.float64]:
    along = np.roll(corners, -1, axis=0) - corners
    return np.asarray(np.hypot(along[:, 0], along[:, 1]), np.float64)


def _width(corners: Corners) -> float:
    sides = _sides(corners)
    return float(max(sides[0] + sides[2], sides[1] + sides[3]) / 2)


def _long_side_up(corners: Corners) -> Corners:
    """Start with the corner left of a long side, as near to the upper left as that allows."""
    ordered = _clockwise(corners)
    sides = _sides(ordered)
    first = 0 if sides[0] + sides[2] >= sides[1] + sides[3] else 1
    candidates = [np.roll(ordered, -first, axis=0), np.roll(ordered, -first - 2, axis=0)]
    return min(candidates, key=lambda option: float(option[0].sum()))


def _score(corners: Corners, strength: NDArray[np.float32], aspect: float) -> float:
    """Say how card-like a quadrilateral is: its shape, and how much of its rim lies on edges."""
    height, width = strength.shape
    slack = 0.03 * max(height, width)
    if (
        (corners < -slack).any()
        or (corners[:, 0] > width + slack).any()
        or (corners[:, 1] > height + slack).any()
    ):
        return 0.0
    if not cv2.isContourConvex(corners.astype(np.float32)):
        return 0.0
    sides = _sides(corners)
    pairs = sorted((sides[0] + sides[2], sides[1] + sides[3]))
    if (
        max(sides[0] / sides[2], sides[2] / sides[0], sides[1] / sides[3], sides[3] / sides[1])
        > MAX_SIDE_RATIO
    ):
        return 0.0
    misfit = abs(np.log(pairs[1] / pairs[0] / aspect))
    if misfit > ASPECT_TOLERANCE:
        return 0.0
    area = cv2.contourArea(corners.astype(np.float32)) / (height * width)
    if not MIN_AREA < area < MAX_AREA:
        return 0.0
    shape = 1 - misfit / ASPECT_TOLERANCE / 2
    # A larger outline of the same quality is the card, a smaller one its chip or QR code.
    return float(shape * _rim_on_edges(corners, strength) * min(1.0, 0.8 + area))


def _rim_on_edges(corners: Corners, strength: NDArray[np.float32]) -> float:
    """Return the share of the rim, corners left out, that lies on an edge; the weakest side counts most."""
    height, width = strength.shape
    steps = np.linspace(0.12, 0.88, 60)
    shares = []
    for start, end in pairwise([*corners, corners[0]]):
        spots = start + steps[:, None] * (end - start)
        columns = np.clip(spots[:, 0].round().astype(int), 0, width - 1)
        rows = np.clip(spots[:, 1].round().astype(int), 0, height - 1)
        shares.append(float((strength[rows, columns] > 0).mean()))
    return (min(shares) + sum(shares) / 4) / 2


def _edge_strength(smooth: Image) -> NDArray[np.float32]:
    """Return where brightness or colour changes clearly, widened so that a pixel beside a line counts."""
    lab = cv2.cvtColor(smooth, cv2.COLOR_BGR2LAB).astype(np.float32)
    strength = np.zeros(lab.shape[:2], np.float32)
    for channel in range(3):
        across = cv2.Sobel(lab[:, :, channel], cv2.CV_32F, 1, 0)
        down = cv2.Sobel(lab[:, :, channel], cv2.CV_32F, 0, 1)
        strength += np.hypot(across, down)
    threshold = max(14.0, float(np.percentile(strength, 70)))
    marked = np.where(strength > threshold, strength, 0).astype(np.float32)
    return np.asarray(cv2.dilate(marked, np.ones((5, 5), np.uint8)), np.float32)

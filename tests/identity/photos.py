"""Photographs of flat cards as a phone takes them: good, fair and poor ones, and what can be wrong with them.

good: 2016 pixels wide, sharp, nearly straight. fair: 1600 pixels, a little out of focus, glare on every second
one, turned by a few degrees or upside down, stronger compression. poor: 1280 pixels, out of focus and shaken,
glare on nine of ten, any quarter turn, strong compression; none of them can be read with certainty.
"""

import random
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from accounts.extraction.types import Problem
from tests.identity import press

# OpenCV's own annotations promise no type of number.
Pixels = NDArray[Any]
# A card narrower than this in the photograph cannot be read whatever else is right: its code has two pixels a module.
SMALL = 700
GROUNDS = ("plain", "wood", "pattern", "cloth")


@dataclass(frozen=True)
class Shot:
    """How one photograph is taken. Lengths are shares of the frame or pixels of it, angles degrees."""

    seed: int
    width: int
    height: int
    ground: str = "plain"
    # Width of the card as a share of the longest that fits the frame.
    fill: float = 0.8
    angle: float = 0.0
    quarter_turns: int = 0
    # How far the corners are pulled out of the rectangle, as a share of the card's width.
    perspective: float = 0.02
    blur: float = 0.0
    shake: int = 0
    shake_angle: float = 0.0
    glare: float = 0.0
    glare_at: tuple[float, float] = (0.5, 0.5)
    glare_size: float = 0.2
    light: float = 1.0
    noise: float = 2.0
    quality: int = 90
    # Share of the card's width that is outside of the frame on one side.
    cut: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    # What a person must be asked for, if the photograph cannot be used; any one of them is right.
    expected: frozenset[Problem] = field(default_factory=frozenset)


def plan(seed: int, severity: str = "good", **faults: object) -> Shot:
    """Think out one photograph; a named fault replaces what chance gave it."""
    rng = random.Random(f"shot {seed} {severity}")
    shot = {"good": _good, "fair": _fair, "poor": _poor}[severity](rng, seed)
    return replace(shot, **faults)  # type: ignore[arg-type]  # named by the caller


def _frame(rng: random.Random, seed: int, width: int, **values: object) -> Shot:
    shot = Shot(
        seed=seed,
        width=width,
        height=width * 3 // 4,
        ground=rng.choice(GROUNDS),
        glare_at=(rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95)),
        shake_angle=rng.uniform(0, 180),
        shift=(rng.uniform(-1, 1), rng.uniform(-1, 1)),
    )
    return replace(shot, **values)  # type: ignore[arg-type]


def _good(rng: random.Random, seed: int) -> Shot:
    return _frame(
        rng,
        seed,
        2016,
        fill=rng.uniform(0.74, 0.92),
        angle=rng.uniform(-4, 4),
        perspective=rng.uniform(0.0, 0.03),
        blur=rng.uniform(0.0, 0.6),
        light=rng.uniform(0.82, 1.08),
        glare=rng.uniform(0.1, 0.35) if rng.random() < 0.15 else 0.0,
        glare_size=rng.uniform(0.04, 0.1),
        noise=rng.uniform(1, 3),
        quality=rng.randint(85, 94),
    )


def _fair(rng: random.Random, seed: int) -> Shot:
    return _frame(
        rng,
        seed,
        1600,
        fill=rng.uniform(0.72, 0.9),
        angle=rng.uniform(-10, 10),
        quarter_turns=2 if rng.random() < 0.2 else 0,
        perspective=rng.uniform(0.01, 0.05),
        blur=rng.uniform(0.6, 1.2),
        light=rng.uniform(0.68, 1.08),
        glare=rng.uniform(0.3, 0.8) if rng.random() < 0.5 else 0.0,
        glare_size=rng.uniform(0.04, 0.12),
        noise=rng.uniform(2, 6),
        quality=rng.randint(65, 85),
    )


def _poor(rng: random.Random, seed: int) -> Shot:
    has_glare = rng.random() < 0.9
    shot = _frame(
        rng,
        seed,
        1280,
        fill=rng.uniform(0.66, 0.85),
        angle=rng.uniform(-20, 20),
        quarter_turns=rng.randrange(4),
        perspective=rng.uniform(0.02, 0.07),
        blur=rng.uniform(1.0, 2.0),
        shake=rng.randint(3, 9),
        light=rng.uniform(0.4, 1.05),
        glare=rng.uniform(0.6, 1.0) if has_glare else 0.0,
        glare_size=rng.uniform(0.06, 0.22),
        noise=rng.uniform(4, 9),
        quality=rng.randint(40, 65),
    )
    reasons = {Problem.BLURRED}
    corners = place((1350, 850), shot)
    if np.linalg.norm(corners[1] - corners[0]) < SMALL:
        reasons.add(Problem.TOO_SMALL)
    if has_glare:
        reasons.add(Problem.GLARE)
    if shot.light < 0.55:
        reasons.add(Problem.TOO_DARK)
    return replace(shot, expected=frozenset(reasons))


def photograph(card: Image.Image, *, seed: int, severity: str = "good", **faults: object) -> bytes:
    """Photograph a flat card: the JPEG as it reaches us."""
    return take(card, plan(seed, severity, **faults))


def take(card: Image.Image, shot: Shot) -> bytes:
    """Take the photograph as planned; the same card and plan give the same bytes."""
    rng = np.random.default_rng(shot.seed)
    scene = background(shot.ground, shot.width, shot.height, shot.seed % 4).copy()
    corners = place(card.size, shot)
    _lay(scene, card, corners)
    return finish(scene, shot, corners, rng)


def finish(scene: Pixels, shot: Shot, corners: Pixels, rng: np.random.Generator) -> bytes:
    """Light, lens, sensor and file: what happens to any scene on its way to us."""
    if shot.shake > 1:
        scene = cv2.filter2D(scene, -1, _shaken(shot.shake, shot.shake_angle))
    if shot.blur > 0.05:
        scene = cv2.GaussianBlur(scene, (0, 0), shot.blur)
    scene = _light(scene, shot, corners, rng)
    _is_done, jpeg = cv2.imencode(".jpg", scene[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, shot.quality])
    return jpeg.tobytes()


def place(size: tuple[int, int], shot: Shot) -> Pixels:
    """Where the corners of a flat card come to lie in the photograph, clockwise from its top left."""
    rng = random.Random(f"place {shot.seed}")
    card_width, card_height = size
    # A card on its side is held with the phone on its side no more often than not.
    upright = shot.quarter_turns % 2 == 1
    room = (shot.height, shot.width) if upright else (shot.width, shot.height)
    scale = shot.fill * min(room[0] / card_width, room[1] / card_height)
    half = np.array([card_width, card_height], np.float32) * scale / 2
    points = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * half
    pull = shot.perspective * half[0] * 2
    points += np.array([[rng.uniform(-pull, pull), rng.uniform(-pull, pull)] for _ in range(4)], np.float32)
    turn = np.deg2rad(shot.angle + 90 * shot.quarter_turns)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    points = points @ spin
    # Never over the edge by accident: `cut` says when it is.
    low, high = points.min(axis=0), points.max(axis=0)
    frame = np.array([shot.width, shot.height], np.float32)
    room_left = (frame - (high - low)) / 2 - 12
    if (room_left < 0).any():
        shrink = float(((frame - 24) / (high - low)).min())
        points *= min(1.0, shrink)
        low, high = points.min(axis=0), points.max(axis=0)
        room_left = np.maximum((frame - (high - low)) / 2 - 12, 0)
    middle = frame / 2 + np.array(shot.shift, np.float32) * room_left * 0.6 - (low + high) / 2
    if shot.cut:
        middle[0] = shot.cut * (high[0] - low[0]) * -1 - low[0]
    return np.asarray(points + middle, np.float32)


def _lay(scene: Pixels, card: Image.Image, corners: Pixels) -> None:
    """Lay the card with its round corners and a soft shadow on the ground."""
    width, height = card.size
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    span = float(np.linalg.norm(corners[1] - corners[0])) / width
    pixels = np.asarray(card)
    if span < 0.85:
        # What the lens cannot resolve is averaged, not skipped.
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.42 / span)
    frame = scene.shape[1], scene.shape[0]
    laid = cv2.warpPerspective(pixels, matrix, frame, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(_outline(card.size), matrix, frame, flags=cv2.INTER_LINEAR)
    small = cv2.resize(mask, (frame[0] // 8, frame[1] // 8), interpolation=cv2.INTER_AREA)
    shadow = cv2.GaussianBlur(np.roll(small, (1, 1), (0, 1)), (0, 0), 1.6)
    dim = cv2.resize(cv2.convertScaleAbs(shadow, alpha=0.3), frame)
    scene[:] = cv2.subtract(scene, cv2.merge((dim, dim, dim)))
    there = cv2.merge((mask, mask, mask))
    under = cv2.multiply(scene, cv2.bitwise_not(there), scale=1 / 255)
    cv2.add(under, cv2.multiply(laid, there, scale=1 / 255), dst=scene)


@lru_cache(maxsize=4)
def _outline(size: tuple[int, int]) -> Pixels:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=50, fill=255)
    return np.asarray(mask)


def _shaken(length: int, angle: float) -> Pixels:
    size = length | 1
    kernel: Pixels = np.zeros((size, size), np.float32)
    kernel[size // 2] = 1
    spin = cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), angle, 1)
    kernel = cv2.warpAffine(kernel, spin, (size, size))
    return np.asarray(kernel / kernel.sum())


def _light(scene: Pixels, shot: Shot, corners: Pixels, rng: np.random.Generator) -> Pixels:
    """Uneven light, a reflection of a lamp, and the noise of the sensor; at an eighth of the size first."""
    height, width = scene.shape[:2]
    y, x = np.mgrid[0 : height // 8, 0 : width // 8].astype(np.float32)
    slope = rng.uniform(-0.06, 0.06, 2)
    gain = shot.light * (1 + slope[0] * (x * 16 / width - 1) + slope[1] * (y * 16 / height - 1))
    lit = cv2.multiply(
        scene, cv2.merge([_grown(gain.astype(np.float32), width, height)] * 3), dtype=cv2.CV_8U
    )
    if shot.glare:
        u, v = shot.glare_at
        top = corners[0] * (1 - u) + corners[1] * u
        bottom = corners[3] * (1 - u) + corners[2] * u
        centre = (top * (1 - v) + bottom * v) / 8
        reach = shot.glare_size * float(np.linalg.norm(corners[1] - corners[0])) / 8
        away = np.hypot(x - centre[0], (y - centre[1]) * 1.3) / reach
        lamp = (shot.glare * 330 * np.exp(-(away**2))).astype(np.float32)
        glow = _grown(lamp, width, height).clip(0, 255).astype(np.uint8)
        lit = cv2.add(lit, cv2.merge((glow, glow, glow)))
    row, column = rng.integers(0, 255, 2)
    grain: Pixels = np.ascontiguousarray(
        _grain(height + 256, width + 256)[row : row + height, column : column + width]
    )
    grains: Pixels = np.asarray(cv2.merge((grain, grain, grain)))
    noise: Any = cv2.multiply(grains, shot.noise / 32)  # type: ignore[call-overload]  # a scalar is allowed
    return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U))


def _grown(small: Pixels, width: int, height: int) -> Pixels:
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=4)
def _grain(height: int, width: int) -> Pixels:
    return (np.random.default_rng(7).standard_normal((height, width)) * 32).astype(np.int16)


@lru_cache(maxsize=24)
def background(name: str, width: int, height: int, variant: int) -> Pixels:
    """What a card lies on."""
    rng = np.random.default_rng([variant, len(name), width])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) * (1600 / width)
    tone = rng.uniform(50, 190)
    if name == "wood":
        drift = 26 * np.sin(y / 130 + rng.uniform(0, 6)) + 9 * np.sin(y / 37)
        rings = np.sin((x + drift) / 21) + 0.5 * np.sin((x + drift * 1.6) / 6.3)
        rings -= 3.0 * (np.abs((x / 310) % 1 - 0.5) < 0.006)
        shade = rings[..., None] * np.array([11, 10, 8], np.float32)
        scene = np.array([1.0, 0.72, 0.46], np.float32) * max(tone, 90) + shade
    elif name == "pattern":
        size = rng.uniform(60, 150)
        checks = ((x // size + y // size) % 2)[..., None]
        first, second = rng.uniform(40, 215, (2, 3)).astype(np.float32)
        scene = checks * first + (1 - checks) * second
    elif name == "cloth":
        weave = np.sin(x * 1.1) * np.sin(y * 1.1) * 10 + np.sin(x / 90) * 6
        scene = rng.uniform(40, 200, 3).astype(np.float32) + weave[..., None]
    else:
        scene = np.full((height, width, 3), rng.uniform(0.85, 1.1, 3) * tone, np.float32)
    return np.asarray(scene.clip(0, 255), np.uint8)


def not_a_card(seed: int) -> bytes:
    """A photograph on which no identity paper is: an empty table, a receipt, a keyboard, a face."""
    rng = random.Random(f"nothing {seed}")
    shot = plan(seed, "good", ground=rng.choice(GROUNDS))
    scene = background(shot.ground, shot.width, shot.height, seed % 4).copy()
    kind = ("table", "receipt", "keys", "face")[seed % 4]
    picture = Image.fromarray(scene)
    pen = ImageDraw.Draw(picture)
    if kind == "receipt":
        left = shot.width // 2 - 260
        pen.rectangle((left, 60, left + 520, shot.height - 60), fill=(246, 246, 242))
        for row in range(34):
            words = " ".join(rng.choice("Trà Cà phê Bánh Nước Tổng Thuế Giảm".split()) for _ in range(3))
            pen.text(
                (left + 30, 90 + row * 36), words, font=press.font("DejaVuSans.ttf", 24), fill=(60, 60, 60)
            )
            pen.text(
                (left + 400, 90 + row * 36),
                f"{rng.randrange(10, 400)}.000",
                font=press.font("DejaVuSans.ttf", 24),
                fill=(60, 60, 60),
            )
    elif kind == "keys":
        for row in range(6):
            for column in range(15):
                x, y = 80 + column * 124, 260 + row * 130
                pen.rounded_rectangle((x, y, x + 108, y + 112), 14, fill=(44, 46, 52))
                pen.text(
                    (x + 40, y + 30),
                    rng.choice("QWERTYASDF"),
                    font=press.font("DejaVuSans.ttf", 34),
                    fill=(220, 220, 220),
                )
    elif kind == "face":
        picture.paste(press.portrait(seed + 90_000, (1000, 1500)), (shot.width // 2 - 500, 40))
    corners = place((1350, 850), shot)
    return finish(np.asarray(picture), shot, corners, np.random.default_rng(seed))


def selfie(face: int, *, seed: int = 0, severity: str = "good") -> bytes:
    """The face of a person before a wall, upright, without a card."""
    shot = plan(seed, severity, ground="plain", glare=0.0, quarter_turns=0)
    shot = replace(shot, width=shot.width * 3 // 4, height=shot.width)
    scene = background("plain", shot.width, shot.height, seed % 4).copy()
    picture = Image.fromarray(scene)
    red, green, blue = (int(value) for value in scene[0, 0])
    size = (shot.width * 4 // 5, shot.width * 6 // 5)
    picture.paste(
        press.portrait(face, size, back=(red, green, blue)), (shot.width // 10, shot.height - size[1])
    )
    corners = place((850, 1350), shot)
    return finish(np.asarray(picture), shot, corners, np.random.default_rng(seed))

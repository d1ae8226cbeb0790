"""Signatures as drawn or typed: clean pictures, and the strokes that show that a hand moved."""

import hashlib
import io
import json
import math
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

from rentals.contracts.enums import SigningMethod
from rentals.contracts.errors import SignatureTooShort, TypedNameDiffers
from voltgo.core.images import SignatureMissing, clean_png_signature

MAX_STROKES_LENGTH = 400_000
# Less than this is a slip of the finger, not a signature. Lengths in the canvas's CSS pixels.
MIN_POINTS = 5
MIN_LENGTH = 60.0

FONT = "fonts/be-vietnam-pro-semibold.ttf"
FONT_SIZE = 64
MARGIN = 32
INK = "#10211b"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A signature's picture as PNG, and the hash of what made it: its strokes or its letters."""

    content: bytes
    sha256: str
    method: SigningMethod

    def as_file(self) -> ContentFile[bytes]:
        return ContentFile(self.content)


def drawn(image: str | bytes, strokes: str) -> Drawing:
    """Clean a drawn signature and check that it was drawn.

    Raises:
        SignatureMissing, PhotoRefused: there is no usable picture.
        SignatureTooShort: the strokes are missing, broken or no more than a dot.
    """
    if not image:
        raise SignatureMissing
    points = _strokes(strokes)
    if sum(len(stroke) for stroke in points) < MIN_POINTS or _length(points) < MIN_LENGTH:
        raise SignatureTooShort
    picture = clean_png_signature(image)
    canonical = json.dumps(points, separators=(",", ":"))
    return Drawing(picture.content, hashlib.sha256(canonical.encode()).hexdigest(), SigningMethod.DRAWN)


def typed(name: str, expected: str) -> Drawing:
    """Set a typed name as a picture, for people who cannot draw.

    Raises:
        TypedNameDiffers: it is not the signer's name, letter case and spacing apart.
    """
    if _plain(name) != _plain(expected) or not _plain(name):
        raise TypedNameDiffers
    font = ImageFont.truetype(str(finders.find(FONT)), FONT_SIZE)
    words = " ".join(expected.split())
    left, top, right, bottom = font.getbbox(words)
    size = (int(right - left) + 2 * MARGIN, int(bottom - top) + 2 * MARGIN)
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((MARGIN - left, MARGIN - top), words, font=font, fill=INK)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return Drawing(out.getvalue(), hashlib.sha256(words.encode()).hexdigest(), SigningMethod.TYPED)


def _strokes(text: str) -> list[list[list[float]]]:
    """Read `[[[x, y, ms], …], …]`."""
    if not text or len(text) > MAX_STROKES_LENGTH:
        raise SignatureTooShort
    try:
        strokes = json.loads(text)
        return [[_point(point) for point in stroke] for stroke in strokes]
    except (ValueError, TypeError, RecursionError) as error:
        raise SignatureTooShort from error


def _point(values: Any) -> list[float]:
    point = [float(value) for value in values]
    if len(point) < 2 or not all(math.isfinite(value) for value in point):
        raise ValueError
    return point


def _length(strokes: list[list[list[float]]]) -> float:
    return sum(math.dist(start[:2], end[:2]) for stroke in strokes for start, end in pairwise(stroke))


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())

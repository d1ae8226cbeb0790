"""Pictures of made-up identity papers, each stamped as a specimen so that nobody takes one for real."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

from accounts.kyc.paths import document_image_path
from rentals.handovers.paths import inspection_photo_path
from voltgo.core.sealed_files import sealed_storage

# The proportions of an ID-1 card (85.6 x 53.98 mm), lying on a table.
CARD = (1010, 637)
TABLE = (1180, 800)
RADIUS = 42
STAMP = "SPECIMEN / BẢN MẪU"
INK = (28, 38, 52)
FAINT = (92, 104, 120)
RED = (196, 32, 38)
TABLE_COLOUR = (214, 208, 198)
CARD_COLOURS = {"identity": (222, 240, 236), "licence": (252, 240, 214), "selfie": (232, 234, 240)}


@dataclass(frozen=True, slots=True)
class SpecimenSide:
    """What is drawn on one side of a card: its title and lines of (label, value)."""

    look: str
    title: str
    lines: tuple[tuple[str, str], ...]
    has_portrait: bool = False


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in private storage, as an image row describes it."""

    name: str
    sha256: str
    width: int
    height: int


def store_specimen(side: SpecimenSide) -> StoredPicture:
    """Draw one side and keep it sealed under a name that cannot be guessed."""
    picture = draw(side)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    content = buffer.getvalue()
    name = sealed_storage().save(document_image_path(None, ""), ContentFile(content))
    return StoredPicture(name, hashlib.sha256(content).hexdigest(), *picture.size)


def store_damage_photo() -> str:
    """Draw a scratch and keep it as the photo that every charge for damage of the past shows; return its name."""
    picture = Image.new("RGB", (960, 720), (176, 186, 196))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((60, 220, 900, 560), 90, fill=(206, 214, 222))
    for offset in range(0, 40, 8):
        pen.line((250, 330 + offset, 700, 420 + offset // 2), fill=(120, 96, 88), width=3)
    pen.text((60, 650), STAMP, font=_font(36, bold=True), fill=RED)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return default_storage.save(inspection_photo_path(None, ""), ContentFile(buffer.getvalue()))


def draw(side: SpecimenSide) -> Image.Image:
    """Draw one side of a card on a table, with the specimen stamp across it."""
    table = Image.new("RGB", TABLE, TABLE_COLOUR)
    card = Image.new("RGB", CARD, CARD_COLOURS[side.look])
    pen = ImageDraw.Draw(card)
    pen.rectangle((0, 0, CARD[0], 96), fill=tuple(part - 26 for part in CARD_COLOURS[side.look]))
    pen.text((48, 26), side.title, font=_font(36, bold=True), fill=RED)
    left = 48
    if side.has_portrait:
        _portrait(pen)
        left = 330
    for row, (label, value) in enumerate(side.lines):
        top = 128 + row * 92
        pen.text((left, top), label, font=_font(22), fill=FAINT)
        pen.text((left, top + 28), value, font=_font(34, bold=True), fill=INK)
    corners = Image.new("L", CARD, 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, CARD[0] - 1, CARD[1] - 1), RADIUS, fill=255)
    place = ((TABLE[0] - CARD[0]) // 2, (TABLE[1] - CARD[1]) // 2)
    table.paste(_stamped(card), place, corners)
    return table


def _portrait(pen: ImageDraw.ImageDraw) -> None:
    """A plain silhouette: no face of anybody."""
    pen.rounded_rectangle((48, 140, 288, 460), 12, fill=(198, 208, 216))
    pen.ellipse((118, 190, 218, 300), fill=(142, 156, 170))
    pen.pieslice((78, 320, 258, 600), 180, 360, fill=(142, 156, 170))


def _stamped(card: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", card.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    middle = (card.size[0] / 2, card.size[1] / 2)
    pen.text(middle, STAMP, font=_font(84, bold=True), fill=(*RED, 96), anchor="mm")
    return Image.alpha_composite(card.convert("RGBA"), layer.rotate(18)).convert("RGB")


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    weight = "semibold" if bold else "regular"
    return ImageFont.truetype(settings.BASE_DIR / f"static/fonts/be-vietnam-pro-{weight}.ttf", size)

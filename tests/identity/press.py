"""What every synthetic card is printed with: letters, tinted grounds, portraits, codes, chips and seals."""

import random
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import segno
from PIL import Image, ImageDraw, ImageFont

OWN_FONTS = Path(__file__).resolve().parents[2] / "static" / "fonts"
FONT_FOLDERS = (
    OWN_FONTS,
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/opentype/ocr-b"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
)
# (regular, bold, how far letters are pushed together): real cards use a narrower sans than DejaVu.
FACES = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", 0.84),
    ("be-vietnam-pro-regular.ttf", "be-vietnam-pro-semibold.ttf", 0.96),
)
OCR_B = "OCRB.otf"
INK = (28, 30, 38)
RED = (186, 28, 36)
FADED = (96, 102, 112)


@cache
def font_path(name: str) -> str:
    for folder in FONT_FOLDERS:
        for path in sorted(folder.glob(name)) or sorted(folder.rglob(name)):
            return str(path)
    raise FileNotFoundError(f"font {name}: apt-get install fonts-dejavu-core fonts-ocr-b")


@lru_cache(maxsize=256)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_path(name), size, layout_engine=ImageFont.Layout.BASIC)


class Sheet:
    """One side of a card under the printer: knows its typeface and how far the print is off the form."""

    def __init__(self, rng: random.Random, ground: Image.Image) -> None:
        self.image = ground.copy()
        self.pen = ImageDraw.Draw(self.image)
        self.rng = rng
        self.regular, self.bold, self.squeeze = rng.choice(FACES)
        self.squeeze *= rng.uniform(0.97, 1.02)
        # Printers hold their place on a card to about half a millimetre.
        self.off = (rng.randint(-7, 7), rng.randint(-7, 7))
        self.scale = rng.uniform(0.97, 1.03)

    def text(
        self,
        at: tuple[float, float],
        text: str,
        size: int,
        *,
        bold: bool = False,
        ink: tuple[int, int, int] = INK,
        widest: int = 0,
        centred: bool = False,
    ) -> float:
        """Print one line, its letters standing on `at`; return where it ends."""
        face = font(self.bold if bold else self.regular, round(size * self.scale * 2))
        _, top, right, bottom = map(round, face.getbbox(text, anchor="ls"))
        mask = Image.new("L", (max(1, right + 4), bottom - top + 8))
        ImageDraw.Draw(mask).text((0, 4 - top), text, font=face, fill=255, anchor="ls")
        width = mask.width / 2 * self.squeeze
        if widest and width > widest:
            width = widest
        mask = mask.resize((max(1, round(width)), max(1, mask.height // 2)), Image.Resampling.BILINEAR)
        x = at[0] + self.off[0] - (mask.width / 2 if centred else 0)
        y = at[1] + self.off[1] - (4 - top) / 2
        self.image.paste(ink, (round(x), round(y)), mask)
        return x - self.off[0] + mask.width

    def labelled(
        self, at: tuple[float, float], label: str, value: str, size: int, *, value_size: int, widest: int = 0
    ) -> float:
        """Print a label and its value behind it on the same line."""
        x = self.text(at, label, size, ink=FADED)
        return self.text((x + 8, at[1]), value, value_size, widest=widest)

    def machine_lines(
        self, at: tuple[int, int], lines: tuple[str, ...], *, pitch: float, leading: float
    ) -> None:
        """Print a machine readable zone: every letter in its own cell, as a card printer sets OCR-B."""
        face = font(OCR_B, round(pitch / 0.72 * 0.97))
        for row, line in enumerate(lines):
            for column, letter in enumerate(line):
                place = (at[0] + self.off[0] + column * pitch, at[1] + self.off[1] + row * leading)
                self.pen.text(place, letter, font=face, fill=INK, anchor="ls")

    def paste(self, picture: Image.Image, at: tuple[int, int], mask: Image.Image | None = None) -> None:
        self.image.paste(picture, (at[0] + self.off[0], at[1] + self.off[1]), mask)

    def specimen(self, at: tuple[int, int]) -> None:
        """Say that the card is nobody's, where nothing is read."""
        self.pen.text(at, "SPECIMEN", font=font("DejaVuSans.ttf", 13), fill=(150, 70, 70))


@lru_cache(maxsize=16)
def ground(
    name: str, size: tuple[int, int], light: tuple[int, int, int], dark: tuple[int, int, int]
) -> Image.Image:
    """A tinted ground with fine interlaced curves; the same for every card of a form."""
    width, height = size
    rng = random.Random(name)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    blend = 0.5 + 0.5 * np.sin(x / width * 2.6 + y / height * 1.7 + rng.random() * 6)
    paper = np.array(light, np.float32) * (1 - 0.35 * blend[..., None]) + np.array(dark, np.float32) * (
        0.35 * blend[..., None]
    )
    for _ in range(3):
        wave = y + rng.uniform(18, 40) * np.sin(x / rng.uniform(70, 160) + rng.random() * 6)
        wave += rng.uniform(6, 14) * np.sin(x / rng.uniform(23, 41))
        line = np.abs((wave / rng.uniform(9, 13)) % 1.0 - 0.5) < 0.06
        paper[line] -= 9
    return Image.fromarray(paper.clip(0, 255).astype(np.uint8))


def code(text: str, size: int, *, error: str = "m") -> Image.Image:
    """A QR code of about `size` pixels with its quiet border, as dark print on the light form."""
    matrix = np.array(segno.make_qr(text, error=error, boost_error=False).matrix, np.uint8)
    matrix = np.pad(matrix, 2)
    picture = Image.fromarray(((1 - matrix) * 215 + 35).astype(np.uint8))
    # Modules of a printed code have soft edges.
    each = max(2, round(size / matrix.shape[0])) * 2
    return picture.resize((matrix.shape[0] * each,) * 2, Image.Resampling.NEAREST).resize(
        (size, size), Image.Resampling.BOX
    )


def portrait(
    face: int, size: tuple[int, int], *, back: tuple[int, int, int] = (226, 232, 238)
) -> Image.Image:
    """An abstract face of ellipses: the same seed gives the same face, another seed another."""
    rng = random.Random(f"face {face}")
    width, height = 240, 360
    picture = Image.new("RGB", (width, height), back)
    pen = ImageDraw.Draw(picture)
    skin = tuple(rng.randint(low, high) for low, high in ((196, 240), (150, 196), (112, 160)))
    hair = tuple(rng.randint(10, 60) for _ in range(3))
    coat = tuple(rng.randint(30, 220) for _ in range(3))
    broad, tall = rng.randint(58, 78), rng.randint(78, 100)
    middle, top = width // 2, rng.randint(150, 170)
    pen.ellipse((middle - 118, 268, middle + 118, 480), fill=coat)
    pen.rectangle((middle - 26, top + 50, middle + 26, 296), fill=tuple(tone - 16 for tone in skin))
    crown = rng.randint(14, 34)
    pen.ellipse(
        (middle - broad - 10, top - tall - crown, middle + broad + 10, top + rng.randint(10, 80)), fill=hair
    )
    pen.ellipse((middle - broad, top - tall, middle + broad, top + tall), fill=skin)
    fringe = rng.randint(18, 46)
    pen.pieslice((middle - broad, top - tall - 6, middle + broad, top + tall), 180, 360, fill=hair)
    pen.ellipse((middle - broad + 4, top - tall + fringe, middle + broad - 4, top + tall), fill=skin)
    apart, eye, level = rng.randint(24, 34), rng.randint(8, 12), top - rng.randint(4, 20)
    for side in (-1, 1):
        centre = middle + side * apart
        pen.ellipse((centre - eye, level - 6, centre + eye, level + 6), fill=(250, 250, 250))
        pen.ellipse((centre - 5, level - 5, centre + 5, level + 5), fill=(30, 22, 18))
        pen.line(
            (centre - eye - 3, level - 17, centre + eye + 3, level - 17 + side * rng.randint(-4, 4)),
            fill=hair,
            width=rng.randint(3, 7),
        )
    nose = rng.randint(7, 13)
    pen.ellipse((middle - nose, top + 14, middle + nose, top + 30), fill=tuple(tone - 22 for tone in skin))
    mouth = rng.randint(16, 28)
    pen.ellipse((middle - mouth, top + 48, middle + mouth, top + 56 + rng.randint(0, 6)), fill=(176, 80, 84))
    return picture.resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=4)
def emblem(size: int) -> tuple[Image.Image, Image.Image]:
    """A round red and golden mark in the place of the state's arms, and its mask."""
    picture = Image.new("RGB", (size * 2, size * 2), (214, 60, 52))
    mask = Image.new("L", (size * 2, size * 2))
    ImageDraw.Draw(mask).ellipse((2, 2, size * 2 - 2, size * 2 - 2), fill=255)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((6, 6, size * 2 - 6, size * 2 - 6), outline=(236, 190, 62), width=size // 6)
    centre = size
    points = []
    for corner in range(10):
        angle = np.pi * (corner / 5 - 0.5)
        radius = size * (0.52 if corner % 2 == 0 else 0.2)
        points.append((centre + radius * np.cos(angle), centre + radius * np.sin(angle)))
    pen.polygon(points, fill=(244, 206, 70))
    shrink = Image.Resampling.LANCZOS
    return picture.resize((size, size), shrink), mask.resize((size, size), shrink)


@lru_cache(maxsize=4)
def chip(size: tuple[int, int]) -> Image.Image:
    """The contacts of a chip."""
    width, height = size
    picture = Image.new("RGB", size, (214, 184, 108))
    pen = ImageDraw.Draw(picture)
    for share in (0.33, 0.67):
        pen.line((0, height * share, width, height * share), fill=(140, 112, 52), width=3)
        pen.line((width * share, 0, width * share, height), fill=(140, 112, 52), width=3)
    pen.rectangle(
        (width * 0.33, height * 0.2, width * 0.67, height * 0.8), fill=(206, 174, 98), outline=(140, 112, 52)
    )
    pen.rectangle((0, 0, width - 1, height - 1), outline=(140, 112, 52), width=3)
    return picture


def fingerprint(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x - width * rng.uniform(0.42, 0.58), y - height * rng.uniform(0.5, 0.62)
    ring = np.sin(np.hypot(x * 1.25, y) / 2.1 + np.arctan2(y, x) * rng.choice((1, 2)))
    inside = np.hypot(x / (width * 0.42), y / (height * 0.46)) < 1
    return Image.fromarray(np.where((ring > 0.1) & inside, 120, 238).astype(np.uint8)).convert("RGB")


def signature(
    pen: ImageDraw.ImageDraw, rng: random.Random, at: tuple[int, int], *, ink: tuple[int, int, int]
) -> None:
    x, y = at
    points = [(x + step * 14 + rng.randint(-8, 8), y + rng.randint(-26, 26)) for step in range(14)]
    pen.line(points, fill=ink, width=3, joint="curve")


def seal(pen: ImageDraw.ImageDraw, centre: tuple[int, int], radius: int) -> None:
    x, y = centre
    for inset in (0, 8):
        reach = radius - inset
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=(206, 60, 62), width=3)

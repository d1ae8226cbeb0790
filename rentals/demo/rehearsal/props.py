"""What the actors of a rehearsal hold in their hands: papers, photographs and a pen."""

import base64
import hashlib
import io
import json
import math
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from PIL import Image, ImageDraw

from voltgo.core import clock

SPECIMEN = "SPECIMEN / BẢN MẪU"
# A person born in Hồ Chí Minh City (079), male, 1900s (0), 1994.
NUMBER_START = "079094"
TABLE = (52, 44, 40)
# 85.6 to 54 mm, as all cards of this size.
CARD = (110, 66, 1170, 734)


@dataclass(frozen=True, slots=True)
class Papers:
    """What stands on a made-up person's cards."""

    full_name: str
    email: str
    phone: str
    number: str
    born_on: date
    issued_on: date
    expires_on: date


def new_papers() -> Papers:
    """Make up a person whom no run has seen before."""
    digits = "".join(secrets.choice("0123456789") for _ in range(6))
    today = clock.today()
    return Papers(
        full_name="Trịnh Gia Bảo",
        email=f"rehearsal-{digits}@demo.voltgo.vn",
        phone=f"0912{digits}",
        number=f"{NUMBER_START}{digits}",
        born_on=date(1994, 8, 19),
        issued_on=date(2025, 6, 2),
        expires_on=today + timedelta(days=365 * 5),
    )


@lru_cache(maxsize=32)
def photograph(title: str, colour: tuple[int, int, int] = (214, 224, 218)) -> bytes:
    """Return a JPEG of a card of this colour with a title on it, as large as a phone's reduced photo.

    A pale card, shaped as cards are, fills most of a dark table: whoever looks for the outline of a card finds this
    one and none of the drawings on it.
    """
    image = Image.new("RGB", (1280, 800), TABLE)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle(CARD, 40, fill=colour)
    draw.text((190, 140), SPECIMEN, fill=(196, 32, 38), font_size=44)
    draw.text((190, 230), title, fill=(28, 60, 48), font_size=44)
    # Pictures of two people must not look alike: the same picture in two accounts is a matter for reviewers.
    pattern = hashlib.sha256(title.encode()).digest()
    for place, shade in enumerate(pattern):
        left, top = 190 + place % 16 * 57, 330 + place // 16 * 180
        # Stripes, not squares: they hang together with nothing that has a card's shape, and their edges are sharp.
        for stripe in range(3):
            draw.rectangle((left + stripe * 18, top, left + stripe * 18 + 12, top + 160), fill=(shade,) * 3)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


@lru_cache(maxsize=1)
def signature() -> tuple[str, str]:
    """Return a signature as the signature pad sends it: a PNG data URL, and its strokes as JSON."""
    points = [(40 + t * 4, 90 + round(40 * math.sin(t / 6) * math.cos(t / 17))) for t in range(110)]
    image = Image.new("RGB", (520, 180), "white")
    ImageDraw.Draw(image).line(points, fill=(16, 33, 27), width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    strokes = [[[x, y, index * 8] for index, (x, y) in enumerate(points)]]
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode(), json.dumps(strokes)

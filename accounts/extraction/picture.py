"""Pixels of a photograph that we encoded ourselves, bounded in size."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

Image = NDArray[np.uint8]

# `voltgo.core.images` never lets more through; here it keeps a stray picture from taking the memory.
LONGEST_SIDE = 2400
MAX_PIXELS = 40_000_000
PORTRAIT_QUALITY = 88

# One picture is read on one core; the other is for people. A pool of threads also keeps buffers of its own.
cv2.setNumThreads(1)


def decode(jpeg: bytes) -> Image | None:
    """Return blue, green, red; None for what is no picture. Shrinks what is larger than `LONGEST_SIDE`."""
    try:
        with Pillow.open(io.BytesIO(jpeg), formats=("JPEG", "PNG")) as header:
            width, height = header.size
    except (OSError, ValueError, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        return None
    if width * height > MAX_PIXELS:
        return None
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    scale = LONGEST_SIDE / max(image.shape[:2])
    if scale < 1:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8)


def encode(image: Image, quality: int = PORTRAIT_QUALITY) -> bytes:
    """Return a JPEG."""
    _is_done, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return content.tobytes()


def gray(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)

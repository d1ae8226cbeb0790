"""Reads QR codes: the photograph as it is, then larger, then the flat card with more contrast, then sharpened.

Each step costs more than the one before; most photographs are done after the first.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from accounts.extraction.picture import Image

MAX_TEXT = 2000
# Above, enlarging costs more than it brings: the modules are large enough already.
ENLARGE_BELOW = 2100
SHARPEN_SCALE = 2.0


@dataclass(frozen=True, slots=True)
class QrCode:
    """The text of a code and where its middle lies, in pixels of the picture that it was read from."""

    text: str
    x: float
    y: float


def read_photo(brightness: Image, *, is_thorough: bool) -> QrCode | None:
    """Read a code from a whole photograph."""
    found = _read(brightness)
    if found or not is_thorough or max(brightness.shape) > ENLARGE_BELOW:
        return found
    return _read(_enlarged(brightness, 1.5), scale=1.5)


def read_flat(brightness: Image) -> QrCode | None:
    """Read a code from a card laid flat."""
    contrast = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(brightness)
    return _read(np.asarray(contrast, np.uint8)) or _read_sharpened(brightness)


def _read_sharpened(brightness: Image) -> QrCode | None:
    large = _enlarged(brightness, SHARPEN_SCALE)
    soft = cv2.GaussianBlur(large, (0, 0), 3.0)
    return _read(np.asarray(cv2.addWeighted(large, 2.5, soft, -1.5, 0), np.uint8), scale=SHARPEN_SCALE)


def _enlarged(brightness: Image, scale: float) -> Image:
    return np.asarray(
        cv2.resize(brightness, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8
    )


def _read(brightness: Image, *, scale: float = 1.0) -> QrCode | None:
    codes = zxingcpp.read_barcodes(
        np.ascontiguousarray(brightness),
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )
    for code in codes:
        if code.text and len(code.text) <= MAX_TEXT:
            place = code.position
            spots = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            return QrCode(
                code.text,
                sum(spot.x for spot in spots) / 4 / scale,
                sum(spot.y for spot in spots) / 4 / scale,
            )
    return None

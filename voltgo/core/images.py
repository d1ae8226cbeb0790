"""Turns a hostile upload into a plain picture: decoded, turned upright, shrunk, without metadata, encoded anew.

Nothing of the uploaded file survives but its pixels, so a page, a script or a position hidden in it is gone.
HEIC is left out on purpose: phones turn it into JPEG when a page asks for images, and its decoder would be
the largest piece of native code that strangers could reach.
"""

import base64
import binascii
import hashlib
import io
import re
from dataclasses import dataclass, replace
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageChops, ImageFile, ImageOps

from voltgo.core.errors import InvalidInput

MAX_BYTES = 8 * 1024 * 1024
# Judged from the header: a 27 kB file can claim 225 million pixels and take more than a gigabyte to decode.
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2400
SHORTEST_SIDE = 200
JPEG_QUALITY = 88
FORMATS = ("JPEG", "PNG", "WEBP")
# A camera writes about ten; a file with thousands costs minutes of decoding.
MAX_JPEG_SCANS = 60

SIGNATURE_MAX_BYTES = 512 * 1024
SIGNATURE_MAX_PIXELS = 12_000_000
SIGNATURE_LONGEST_SIDE = 1200
# Below this a stroke is a slip of the finger.
SIGNATURE_MIN_EXTENT = 24
SIGNATURE_MIN_INK = 60
INK_THRESHOLD = 64

DATA_URL = "data:image/png;base64,"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
WHITE = (255, 255, 255)


class PhotoRefused(InvalidInput):
    """The upload is not a picture that can be kept."""

    code = "photo_refused"
    message = _("Ảnh này không dùng được. Hãy chụp lại.")


class PhotoTooLarge(PhotoRefused):
    code = "photo_too_large"
    message = _("Ảnh lớn hơn 8 MB. Hãy chọn ảnh nhỏ hơn hoặc chụp lại ở chế độ thường.")


class PhotoFormatUnknown(PhotoRefused):
    code = "photo_format_unknown"
    message = _("Tệp không phải ảnh JPEG, PNG hoặc WebP. Hãy chụp bằng máy ảnh hoặc chọn một ảnh khác.")


class PhotoTooManyPixels(PhotoRefused):
    code = "photo_too_many_pixels"
    message = _("Ảnh có quá nhiều điểm ảnh. Hãy chụp lại ở độ phân giải thường (dưới 40 triệu điểm ảnh).")


class PhotoTooSmall(PhotoRefused):
    code = "photo_too_small"
    message = _("Ảnh quá nhỏ nên không đọc được. Hãy chụp lại gần hơn, giấy tờ hoặc xe nằm kín khung hình.")


class PhotoDamaged(PhotoRefused):
    code = "photo_damaged"
    message = _("Ảnh bị hỏng hoặc tải lên chưa hết. Hãy chọn lại ảnh hoặc chụp lại.")


class SignatureMissing(PhotoRefused):
    code = "signature_missing"
    message = _("Chưa có chữ ký. Hãy ký lại bằng ngón tay hoặc bút trong khung.")


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A picture that we encoded ourselves; `sha256` is the hash of exactly these bytes.

    `uploaded_sha256` is that of the file as it was sent: the same file in two accounts is found by it.
    """

    content: bytes
    sha256: str
    width: int
    height: int
    content_type: str = "image/jpeg"
    uploaded_sha256: str = ""

    def as_file(self, name: str = "photo.jpg") -> ContentFile[bytes]:
        """Return a file to hand to a FileField; the field's `upload_to` chooses the real name."""
        return ContentFile(self.content, name=name)


Upload = File[Any] | IO[bytes] | bytes


def clean_photo(
    upload: Upload, *, max_pixels_side: int = LONGEST_SIDE, min_pixels_side: int = SHORTEST_SIDE
) -> CleanPhoto:
    """Return an upright sRGB JPEG without metadata whose longer side is at most `max_pixels_side`.

    The kind of file is judged by its content; its name and declared type are ignored.

    Raises:
        PhotoRefused: one of its subclasses names the fault and the cure; all answer 422.
    """
    content = _read(upload, MAX_BYTES)
    image = _open(content, FORMATS, MAX_PIXELS)
    if min(image.size) < min_pixels_side:
        raise PhotoTooSmall(width=image.width, height=image.height)
    try:
        upright = _shrink_and_turn(image, max_pixels_side)
        photo = _encoded(upright, "JPEG", "image/jpeg", quality=JPEG_QUALITY, optimize=True)
    except Exception as error:  # a decoder may raise anything at a hostile file
        raise PhotoDamaged from error
    return replace(photo, uploaded_sha256=hashlib.sha256(content).hexdigest())


def clean_png_signature(drawn: str | bytes) -> CleanPhoto:
    """Return a signature drawn on a canvas as an opaque PNG, at most 1,200 pixels wide.

    Takes a `data:image/png;base64,` address or the bytes of a PNG.

    Raises:
        SignatureMissing: nothing was drawn, or no more than a dot.
        PhotoRefused: it is not a PNG of a sane size.
    """
    content = _from_data_url(drawn) if isinstance(drawn, str) else drawn
    if not content:
        raise SignatureMissing
    if len(content) > SIGNATURE_MAX_BYTES:
        raise PhotoTooLarge
    if not content.startswith(PNG_MAGIC):
        raise PhotoFormatUnknown
    image = _open(content, ("PNG",), SIGNATURE_MAX_PIXELS)
    try:
        flat = _flatten(image)
    except Exception as error:  # a decoder may raise anything at a hostile file
        raise PhotoDamaged from error
    _require_ink(flat)
    flat.thumbnail((SIGNATURE_LONGEST_SIDE, SIGNATURE_LONGEST_SIDE), Image.Resampling.LANCZOS)
    return _encoded(flat, "PNG", "image/png", optimize=True)


def _read(upload: Upload, limit: int) -> bytes:
    """Read at most one byte more than allowed, whatever size the client has declared."""
    if isinstance(upload, bytes):
        content = upload
    else:
        upload.seek(0)
        content = upload.read(limit + 1)
    if len(content) > limit:
        raise PhotoTooLarge
    return content


def _open(content: bytes, formats: tuple[str, ...], max_pixels: int) -> Image.Image:
    """Read the header only, and refuse what would be too much to decode."""
    # WeasyPrint, which draws our documents in the same process, tells Pillow to accept half files.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    _refuse_big_webp(content, max_pixels)
    if _jpeg_scans(content) > MAX_JPEG_SCANS:
        raise PhotoDamaged
    try:
        image = Image.open(io.BytesIO(content), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooManyPixels from error
    except Exception as error:  # a header may be broken in any way
        raise PhotoFormatUnknown from error
    if image.width * image.height > max_pixels:
        raise PhotoTooManyPixels
    return image


def _refuse_big_webp(content: bytes, max_pixels: int) -> None:
    """Look at a WebP's claimed size first: Pillow allocates its whole canvas when it opens one."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return
    chunk, header = content[12:16], content[20:30]
    if chunk == b"VP8X":
        width = int.from_bytes(header[4:7], "little") + 1
        height = int.from_bytes(header[7:10], "little") + 1
    elif chunk == b"VP8L":
        bits = int.from_bytes(header[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width = int.from_bytes(header[6:8], "little") & 0x3FFF
        height = int.from_bytes(header[8:10], "little") & 0x3FFF
    if width * height > max_pixels:
        raise PhotoTooManyPixels


# Inside compressed data a marker never occurs: 0xFF is followed by 0x00 or by a restart number.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def _jpeg_scans(content: bytes) -> int:
    """Count the passes over the picture that a progressive JPEG asks for."""
    if content[:2] != b"\xff\xd8":
        return 0
    position, scans = 2, 0
    while scans <= MAX_JPEG_SCANS and (marker := _JPEG_MARKER.search(content, position)):
        kind = content[marker.end() - 1]
        if kind == _END_OF_IMAGE:
            break
        scans += kind == _START_OF_SCAN
        position = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return scans


def _shrink_and_turn(image: Image.Image, side: int) -> Image.Image:
    """Shrink before everything else, so that a large photo never stands in memory twice at full size."""
    image.draft("RGB", (side, side))
    if image.mode not in {"RGB", "RGBA", "L"}:
        image = _flatten(image)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _flatten(ImageOps.exif_transpose(image))


def _flatten(image: Image.Image) -> Image.Image:
    """Return the pixels as RGB on white."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGB", image.size, WHITE)
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return image.convert("RGB")


def _encoded(image: Image.Image, kind: str, content_type: str, **options: Any) -> CleanPhoto:
    # Pillow would write the comment and the colour profile that it has read.
    image.info.clear()
    out = io.BytesIO()
    image.save(out, kind, **options)
    content = out.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return CleanPhoto(content, digest, image.width, image.height, content_type)


def _from_data_url(text: str) -> bytes:
    if not text:
        raise SignatureMissing
    if not text.startswith(DATA_URL):
        raise PhotoFormatUnknown
    if len(text) > SIGNATURE_MAX_BYTES * 4 // 3 + len(DATA_URL) + 4:
        raise PhotoTooLarge
    try:
        return base64.b64decode(text.removeprefix(DATA_URL), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PhotoDamaged from error


def _require_ink(flat: Image.Image) -> None:
    """Ink is what differs from the colour of the paper, taken from the corner."""
    corner = flat.getpixel((0, 0))
    paper = Image.new("RGB", flat.size, corner if isinstance(corner, tuple) else WHITE)
    ink = (
        ImageChops.difference(flat, paper)
        .convert("L")
        .point(lambda value: 255 if value > INK_THRESHOLD else 0)
    )
    box = ink.getbbox()
    if box is None:
        raise SignatureMissing
    extent = max(box[2] - box[0], box[3] - box[1])
    if extent < SIGNATURE_MIN_EXTENT or ink.histogram()[255] < SIGNATURE_MIN_INK:
        raise SignatureMissing

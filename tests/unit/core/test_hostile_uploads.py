"""Files that are a picture and something else, pictures that blow up, and files that are not what they say."""

import hashlib
import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import IO, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFile, PngImagePlugin

from voltgo.core import images
from voltgo.core.images import (
    PhotoDamaged,
    PhotoFormatUnknown,
    PhotoRefused,
    PhotoTooLarge,
    PhotoTooManyPixels,
    clean_photo,
    clean_png_signature,
)

SECRET = b"SECRET-PAYLOAD-7f3a"
HTML = b"<html><script>alert('" + SECRET + b"')</script></html>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(" + SECRET + b")>>>>endobj\n%%EOF"
PHP = b"<?php system('" + SECRET + b"'); ?>"
KINDS = ["JPEG", "PNG", "WEBP"]


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("payload.html", SECRET)
    return out.getvalue()


def picture(width: int = 640, height: int = 400, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), (200, 220, 210))
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill=(255, 0, 0))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes) -> bytes:
    """Put chunks behind the header of a sound PNG."""
    sound = encoded(picture(), "PNG")
    end = len(images.PNG_MAGIC) + 25
    return sound[:end] + b"".join(chunks) + sound[end:]


def jpeg_with(marker: int, data: bytes) -> bytes:
    """Put a segment at the start of a sound JPEG."""
    sound = encoded(picture())
    return sound[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data + sound[2:]


def is_plain(content: bytes) -> bool:
    """Whether a kept file is one JPEG from its first byte to its last, with the tables and pixels alone."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return (
        content.startswith(b"\xff\xd8\xff\xe0")
        and content.endswith(b"\xff\xd9")
        and image.format == "JPEG"
        and image.mode == "RGB"
        and not set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        and not image.getexif()
    )


# --- Two files in one -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [_zip(), HTML, PDF, PHP, b"\0" * 100_000 + SECRET], ids=range(5))
def test_what_hangs_on_behind_is_gone(kind: str, tail: bytes) -> None:
    sound = encoded(picture(), kind)

    kept = clean_photo(sound + tail)

    assert kept.content == clean_photo(sound).content
    assert SECRET not in kept.content
    assert is_plain(kept.content)


@pytest.mark.parametrize(
    "content",
    [
        jpeg_with(0xFE, HTML),
        jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + HTML),
        jpeg_with(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0" + PHP),
        jpeg_with(0xE2, b"ICC_PROFILE\0\x01\x01" + SECRET * 40),
        jpeg_with(0xEB, SECRET),
        png_with(chunk(b"tEXt", b"Comment\0" + HTML)),
        png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + HTML)),
        png_with(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PHP))),
        png_with(chunk(b"prVt", PDF)),
        png_with(chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0" + SECRET)),
    ],
    ids=range(10),
)
def test_what_hides_inside_is_gone(content: bytes) -> None:
    kept = clean_photo(content)

    assert SECRET not in kept.content
    assert is_plain(kept.content)


@pytest.mark.parametrize("head", [HTML, PDF, PHP, b"GIF89a=1;/*", b"%!PS\n", b"\xef\xbb\xbf", b" ", b"\0"])
def test_a_picture_that_begins_as_something_else_is_refused(head: bytes) -> None:
    with pytest.raises(PhotoFormatUnknown):
        clean_photo(head + encoded(picture()))


def test_a_thumbnail_with_a_position_is_gone() -> None:
    small = encoded(picture(160, 100))
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (10.0, 46.0, 30.0)
    first = exif.tobytes()
    # Where the first directory ends its pointer leads to a second one: the thumbnail.
    tiff = bytearray(first[6:])
    order = ">" if tiff[:2] == b"MM" else "<"
    start = struct.unpack(f"{order}I", tiff[4:8])[0]
    entries = struct.unpack(f"{order}H", tiff[start : start + 2])[0]
    pointer = start + 2 + entries * 12
    tiff[pointer : pointer + 4] = struct.pack(f"{order}I", len(tiff))
    behind = len(tiff) + 2 + 2 * 12 + 4
    tiff += struct.pack(f"{order}H", 2)
    tiff += struct.pack(f"{order}HHII", 0x0201, 4, 1, behind)
    tiff += struct.pack(f"{order}HHII", 0x0202, 4, 1, len(small))
    tiff += struct.pack(f"{order}I", 0) + small
    content = jpeg_with(0xE1, b"Exif\0\0" + bytes(tiff))
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(0x8825)

    kept = clean_photo(content)

    assert is_plain(kept.content)
    assert small not in kept.content
    assert kept.content.count(b"\xff\xd8\xff") == 1
    assert SECRET not in kept.content


def test_of_several_pictures_in_one_file_the_first_is_kept() -> None:
    second = picture()
    ImageDraw.Draw(second).text((10, 10), "second", fill=(0, 0, 0))
    out = io.BytesIO()
    picture().save(out, "MPO", save_all=True, append_images=[second])
    assert Image.open(io.BytesIO(out.getvalue())).format == "MPO"

    kept = clean_photo(out.getvalue())

    assert kept.content == clean_photo(encoded(picture())).content
    assert is_plain(kept.content)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_film_the_first_picture_is_kept(kind: str) -> None:
    frames = [picture(), picture().rotate(90), picture().rotate(180)]
    film = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    assert getattr(Image.open(io.BytesIO(film)), "n_frames", 1) == 3

    kept = clean_photo(film)

    assert is_plain(kept.content)
    assert (kept.width, kept.height) == (640, 400)


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_pixel_becomes_plain_rgb(mode: str) -> None:
    image = picture()
    # Sixteen bits a point are reached by way of grey.
    image = image.convert("L").convert("I") if mode == "I;16" else image
    content = encoded(image.convert(mode), "JPEG" if mode == "CMYK" else "PNG")

    assert is_plain(clean_photo(content).content)


def test_a_file_of_two_uses_is_refused_as_a_signature_or_comes_out_plain() -> None:
    image = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(image).line((20, 20, 500, 150), fill=(16, 33, 27), width=5)
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())

    kept = clean_png_signature(encoded(image, "PNG", pnginfo=info) + _zip() + HTML)

    assert SECRET not in kept.content
    assert kept.content.endswith(chunk(b"IEND", b""))
    assert set(kept.content.split(b"IHDR")[0]) <= set(images.PNG_MAGIC + b"\0\0\0\r")


# --- Pictures that blow up ------------------------------------------------------------------------


def _png(
    width: int, height: int, idat: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b""
) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return images.PNG_MAGIC + header + extra + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b"\0" * 1_048_576) for _ in range(megabytes)) + packer.flush()


def _jpeg_header(width: int, height: int, *, marker: int = 0xC0) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\x01\x11\0\x02\x11\0\x03\x11\0"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + bytes([0xFF, marker]) + struct.pack(
        ">H", len(frame) + 2
    ) + frame  # fmt: skip


def _webp(chunk_name: bytes, data: bytes) -> bytes:
    body = b"WEBP" + chunk_name + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _vp8x(width: int, height: int, *, flags: int = 0) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _webp(b"VP8X", bytes([flags, 0, 0, 0]) + sizes)


BOMBS = {
    "png of 225 million points": lambda: _png(15_000, 15_000, _zeros(27), depth=1, colour=0),
    "png as wide as numbers go": lambda: _png(2**31 - 1, 1, _zeros(1)),
    "png as high as numbers go": lambda: _png(300, 2**31 - 1, _zeros(1)),
    "png of no points": lambda: _png(0, 0, _zeros(1)),
    "png with much behind its last point": lambda: _png(640, 400, _zeros(400)),
    "png with a profile of 300 MB": lambda: _png(
        640, 400, _zeros(1), extra=chunk(b"iCCP", b"x\0\0" + _zeros(300))
    ),
    "png with texts of a gigabyte": lambda: _png(
        640, 400, _zeros(1), extra=chunk(b"zTXt", b"x\0\0" + _zeros(50)) * 20
    ),
    "jpeg of four thousand million points": lambda: _jpeg_header(65_500, 65_500),
    "progressive jpeg of the same": lambda: _jpeg_header(65_500, 65_500, marker=0xC2),
    "lossless jpeg": lambda: _jpeg_header(6_000, 6_000, marker=0xC3),
    "jpeg of no points": lambda: _jpeg_header(0, 0),
    "webp of 16383 a side": lambda: _webp(
        b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 16_383, 16_383) + b"\0" * 100
    ),
    "lossless webp of 16384 a side": lambda: _webp(
        b"VP8L", b"\x2f" + (16_383 | 16_383 << 14).to_bytes(4, "little") + b"\0" * 100
    ),
    "webp canvas": lambda: _vp8x(16_384, 16_384),
    "webp film": lambda: _vp8x(16_777_216, 16_777_216, flags=2),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_comes_out_small(name: str) -> None:
    content = BOMBS[name]()
    assert len(content) < images.MAX_BYTES

    try:
        kept = clean_photo(content)
    except PhotoRefused:
        return
    assert (kept.width, kept.height) == (640, 400)
    assert is_plain(kept.content)


@pytest.mark.slow
def test_no_bomb_takes_more_memory_than_an_honest_photo() -> None:
    """All bombs one after the other, in a process of their own whose peak is read at its end."""
    program = """
import resource, runpy, sys
import django
django.setup()
from voltgo.core.images import PhotoRefused, clean_photo
bombs = runpy.run_path(sys.argv[1])["BOMBS"]
made = [bomb() for bomb in bombs.values()]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for content in made:
    try:
        clean_photo(content)
    except PhotoRefused:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, __file__],
        capture_output=True, text=True, timeout=120, check=True, cwd=Path(__file__).parents[3],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "voltgo.settings"},
    )  # fmt: skip

    assert int(done.stdout) < 100, f"{done.stdout} MB more"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.98])
def test_a_picture_that_was_cut_is_refused(kind: str, part: float) -> None:
    noisy = Image.effect_noise((640, 400), 60).convert("RGB")
    content = encoded(noisy, kind)

    with pytest.raises((PhotoDamaged, PhotoFormatUnknown)):
        clean_photo(content[: int(len(content) * part)])
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_with_bytes_changed_anywhere_ends_in_a_refusal_or_a_plain_picture(kind: str) -> None:
    sound = encoded(Image.effect_noise((240, 220), 60).convert("RGB"), kind)

    for position in range(0, len(sound), max(1, len(sound) // 150)):
        changed = bytearray(sound)
        changed[position] ^= 0xFF
        try:
            kept = clean_photo(bytes(changed))
        except PhotoRefused:
            continue
        assert is_plain(kept.content)


# --- Files that are not what they say -------------------------------------------------------------


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"<?xml version='1.0'?>" + SVG,
        PDF,
        HTML,
        _zip(),
        b"MZ" + b"\0" * 200,
        b"\x7fELF" + b"\0" * 200,
        b"",
    ],
    ids=["svg", "xml", "pdf", "html", "zip", "exe", "elf", "empty"],
)
@pytest.mark.parametrize(
    ("name", "declared"),
    [("card.jpg", "image/jpeg"), ("card.png", "image/png"), ("card.jpg.svg", "image/svg+xml")],
)
def test_neither_name_nor_declared_type_make_a_picture(content: bytes, name: str, declared: str) -> None:
    with pytest.raises(PhotoFormatUnknown):
        clean_photo(SimpleUploadedFile(name, content, content_type=declared))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b.jpg", "x" * 4000, "con", "ảnh.html", "-rf *"])
def test_a_wrong_name_and_type_do_not_hurt_a_sound_picture(name: str) -> None:
    upload = io.BytesIO(encoded(picture()))
    upload.name = name

    assert is_plain(clean_photo(upload).content)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000"])
def test_kinds_that_no_camera_of_ours_sends_are_refused(kind: str) -> None:
    with pytest.raises(PhotoFormatUnknown):
        clean_photo(encoded(picture(), kind))


class Endless(io.RawIOBase):
    """A stream that says it is small and never ends."""

    size = 1000

    def __init__(self) -> None:
        self.given = 0

    def read(self, wanted: int = -1) -> bytes:
        assert wanted > 0, "somebody reads to the end"
        self.given += wanted
        return b"\xff\xd8\xff\xe0" + b"\0" * (wanted - 4)

    def seek(self, *_where: int) -> int:
        return 0


def test_an_endless_stream_is_read_to_the_limit_and_no_further() -> None:
    stream = Endless()

    with pytest.raises(PhotoTooLarge):
        clean_photo(cast("IO[bytes]", stream))
    assert stream.given == images.MAX_BYTES + 1


def test_the_limit_is_exact() -> None:
    sound = encoded(picture())
    exactly = sound + b"\0" * (images.MAX_BYTES - len(sound))

    assert is_plain(clean_photo(exactly).content)
    with pytest.raises(PhotoTooLarge):
        clean_photo(exactly + b"\0")


def test_both_hashes_are_told_apart() -> None:
    sent = encoded(picture(), "PNG") + _zip()

    kept = clean_photo(SimpleUploadedFile("a.png", sent))

    assert kept.uploaded_sha256 == hashlib.sha256(sent).hexdigest()
    assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()
    assert kept.uploaded_sha256 != kept.sha256


def test_the_header_is_believed_only_to_refuse() -> None:
    claimed = bytearray(encoded(picture(), "PNG"))
    claimed[16:24] = struct.pack(">II", 7_000, 7_000)
    claimed[29:33] = struct.pack(">I", zlib.crc32(bytes(claimed[12:29])))

    with pytest.raises(PhotoTooManyPixels):
        clean_photo(bytes(claimed))

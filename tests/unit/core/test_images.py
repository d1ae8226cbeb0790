import base64
import io
import struct
import zlib

import pytest
from PIL import ExifTags, Image, ImageDraw, ImageFile, PngImagePlugin

from voltgo.core import images
from voltgo.core.images import clean_photo, clean_png_signature


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(width: int = 640, height: int = 400, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), (200, 220, 210))
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill=(255, 0, 0))
    return image.convert(mode)


def decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = chunk(b"IDAT", zlib.compress(b"\x00" * 100))
    return images.PNG_MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)) + pixels


def drawn(*points: tuple[int, int], size: tuple[int, int] = (600, 200), width: int = 4) -> bytes:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).line(points, fill=(16, 33, 27), width=width)
    return encoded(image, "PNG")


def data_url(content: bytes) -> str:
    return images.DATA_URL + base64.b64encode(content).decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_an_allowed_kind_becomes_a_jpeg(kind: str) -> None:
    photo = clean_photo(encoded(picture(), kind))

    assert (photo.width, photo.height, photo.content_type) == (640, 400, "image/jpeg")
    assert decoded(photo.content).format == "JPEG"


def test_the_hash_is_that_of_the_kept_bytes() -> None:
    import hashlib

    photo = clean_photo(encoded(picture()))

    assert photo.sha256 == hashlib.sha256(photo.content).hexdigest()


def test_the_same_photo_gives_the_same_bytes() -> None:
    assert clean_photo(encoded(picture())) == clean_photo(encoded(picture()))


def test_a_large_photo_is_shrunk_and_keeps_its_shape() -> None:
    photo = clean_photo(encoded(picture(4800, 3000)))

    assert (photo.width, photo.height) == (2400, 1500)


def test_the_caller_chooses_the_longest_side() -> None:
    photo = clean_photo(encoded(picture(800, 500)), max_pixels_side=400)

    assert (photo.width, photo.height) == (400, 250)


def test_a_sideways_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6

    photo = clean_photo(encoded(picture(640, 400), exif=exif))

    assert (photo.width, photo.height) == (400, 640)
    red, green, _blue = decoded(photo.content).getpixel((380, 20))  # type: ignore[misc]
    assert red > 230
    assert green < 40


def test_position_camera_and_comments_are_gone() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (10.0, 46.0, 35.0)
    source = encoded(picture(), exif=exif, comment=b"hidden words", icc_profile=b"profile" * 20)
    assert b"SecretCam" in source

    photo = clean_photo(source)

    kept = decoded(photo.content)
    assert dict(kept.getexif()) == {}
    assert set(kept.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for trace in (b"SecretCam", b"hidden words", b"profile", b"Exif"):
        assert trace not in photo.content


def test_text_in_a_png_is_gone() -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "<script>alert(1)</script>")

    assert b"script" not in clean_photo(encoded(picture(), "PNG", pnginfo=note)).content


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04 a zip archive", b"%PDF-1.7"])
def test_what_hangs_on_behind_a_photo_is_cut_off(tail: bytes) -> None:
    assert tail not in clean_photo(encoded(picture()) + tail).content


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "1", "RGBA", "LA", "I;16"])
def test_any_mode_becomes_rgb(mode: str) -> None:
    kind = "JPEG" if mode in {"L", "CMYK"} else "PNG"
    source = picture().convert("I").convert("I;16") if mode == "I;16" else picture(mode=mode)

    assert decoded(clean_photo(encoded(source, kind)).content).mode == "RGB"


def test_transparent_parts_become_white() -> None:
    photo = clean_photo(encoded(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), "PNG"))

    assert decoded(photo.content).getpixel((150, 150)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"%PDF-1.7\n%...",
        b"<?php echo 1; ?>",
        b"GIF89a" + b"\x00" * 40,
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"BM" + b"\x00" * 60,
    ],
    ids=["empty", "text", "svg", "pdf", "php", "gif", "heic", "bmp"],
)
def test_other_kinds_of_file_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(images.PhotoFormatUnknown):
        clean_photo(content)


def test_a_gif_is_refused_even_when_it_could_be_decoded() -> None:
    with pytest.raises(images.PhotoFormatUnknown):
        clean_photo(encoded(picture(), "GIF"))


def test_a_file_above_eight_megabytes_is_refused() -> None:
    with pytest.raises(images.PhotoTooLarge):
        clean_photo(encoded(picture()) + b"\x00" * images.MAX_BYTES)


def test_a_declared_size_is_not_believed() -> None:
    class Liar(io.BytesIO):
        size = 10

    with pytest.raises(images.PhotoTooLarge):
        clean_photo(Liar(b"\x00" * (images.MAX_BYTES + 1)))


@pytest.mark.parametrize("side", [6_400, 15_000, 60_000])
def test_a_png_bomb_is_refused_from_its_header(side: int) -> None:
    with pytest.raises(images.PhotoTooManyPixels):
        clean_photo(png_header(side, side))


def test_a_real_png_bomb_is_refused_without_being_decoded() -> None:
    bomb = encoded(Image.new("1", (9_000, 9_000)), "PNG")
    assert len(bomb) < 30_000

    with pytest.raises(images.PhotoTooManyPixels):
        clean_photo(bomb)


def test_a_jpeg_bomb_is_refused_from_its_header() -> None:
    small = encoded(picture())
    size = small.index(b"\xff\xc0") + 5
    bomb = small[:size] + struct.pack(">HH", 60_000, 60_000) + small[size + 4 :]

    with pytest.raises(images.PhotoTooManyPixels):
        clean_photo(bomb)


@pytest.mark.parametrize(
    "chunk",
    [
        b"VP8X" + struct.pack("<I", 10) + b"\x00" * 4 + b"\xfe\x3f\x00" * 2,
        b"VP8L" + struct.pack("<I", 10) + b"\x2f" + b"\xff\xff\xff\x0f" + b"\x00" * 5,
        b"VP8 " + struct.pack("<I", 10) + b"\x00\x00\x00\x9d\x01\x2a" + b"\xff\x3f\xff\x3f",
    ],
    ids=["extended", "lossless", "lossy"],
)
def test_a_webp_bomb_is_refused_before_pillow_sees_it(chunk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_args, **_options: pytest.fail("Pillow was asked"))

    with pytest.raises(images.PhotoTooManyPixels):
        clean_photo(b"RIFF" + struct.pack("<I", 40) + b"WEBP" + chunk)


def test_a_photo_with_thousands_of_scans_is_refused() -> None:
    source = encoded(picture(), progressive=True)
    scan = source[source.index(b"\xff\xda") : source.rindex(b"\xff\xd9")]

    with pytest.raises(images.PhotoDamaged):
        clean_photo(source[:-2] + scan * 2_000 + b"\xff\xd9")


def test_a_progressive_photo_with_a_film_behind_it_is_taken() -> None:
    film = b"\xff\xda\x00\x02" * 500

    assert clean_photo(encoded(picture(), progressive=True) + film).width == 640


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_photo_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # As WeasyPrint leaves it in a process that has drawn a document.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    noise = Image.effect_noise((500, 500), 80).convert("RGB")
    content = encoded(noise, kind)

    with pytest.raises(images.PhotoRefused):
        clean_photo(content[: len(content) // 2])


def test_a_tiny_picture_is_refused() -> None:
    with pytest.raises(images.PhotoTooSmall):
        clean_photo(encoded(picture(640, 199)))


def test_every_refusal_says_a_cure_and_answers_422() -> None:
    for error in images.PhotoRefused.__subclasses__():
        assert error.status == 422
        assert "Hãy" in str(error())
    codes = [error.code for error in images.PhotoRefused.__subclasses__()]
    assert len(set(codes)) == len(codes)


def test_a_drawn_signature_is_kept_as_an_opaque_png() -> None:
    signature = clean_png_signature(data_url(drawn((20, 100), (200, 40), (380, 150))))

    kept = decoded(signature.content)
    assert (kept.format, kept.mode, kept.size) == ("PNG", "RGB", (600, 200))
    assert signature.content_type == "image/png"


def test_a_signature_on_a_transparent_canvas_gets_white_paper() -> None:
    canvas = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(canvas).line(((20, 100), (300, 40)), fill=(16, 33, 27, 255), width=5)

    kept = decoded(clean_png_signature(encoded(canvas, "PNG")).content)

    assert kept.getpixel((0, 0)) == (255, 255, 255)


def test_a_wide_signature_is_shrunk() -> None:
    signature = clean_png_signature(drawn((20, 100), (2000, 700), size=(2700, 900), width=12))

    assert (signature.width, signature.height) == (1200, 400)


@pytest.mark.parametrize("empty", ["", b"", encoded(Image.new("RGB", (600, 200), "white"), "PNG")])
def test_an_empty_pad_is_no_signature(empty: str | bytes) -> None:
    with pytest.raises(images.SignatureMissing):
        clean_png_signature(empty)


def test_a_dot_is_no_signature() -> None:
    with pytest.raises(images.SignatureMissing):
        clean_png_signature(drawn((300, 100), (310, 104), width=6))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("data:image/svg+xml;base64,PHN2Zy8+", images.PhotoFormatUnknown),
        ("data:image/png;base64,???", images.PhotoDamaged),
        (data_url(b"not a png"), images.PhotoFormatUnknown),
        (data_url(images.PNG_MAGIC), images.PhotoFormatUnknown),
        (data_url(png_header(5_000, 5_000)), images.PhotoTooManyPixels),
        (data_url(b"\x00" * (images.SIGNATURE_MAX_BYTES + 1)), images.PhotoTooLarge),
        (images.DATA_URL + "A" * 2_000_000, images.PhotoTooLarge),
        (encoded(picture()), images.PhotoFormatUnknown),
    ],
)
def test_a_signature_that_is_no_sane_png_is_refused(
    content: str | bytes, error: type[images.PhotoRefused]
) -> None:
    with pytest.raises(error):
        clean_png_signature(content)

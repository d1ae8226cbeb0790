"""PDFs read back, by another engine than the one that writes them."""

import ctypes
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

# Bindings made at run time, of which a type checker sees nothing.
pypdfium2: Any = import_module("pypdfium2")
raw: Any = import_module("pypdfium2.raw")


def text_of(content: bytes) -> str:
    """Return the text of every page."""
    with pypdfium2.PdfDocument(content) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def page_count(content: bytes) -> int:
    with pypdfium2.PdfDocument(content) as document:
        return len(document)


def fonts_of(content: bytes) -> set[tuple[str, bool]]:
    """Return (name without the subset's tag, is embedded) of every font that draws a letter."""
    with pypdfium2.PdfDocument(content) as document:
        return {_font(text) for page in document for text in _texts(page)}


def unpacked(content: bytes) -> bytes:
    """Return the file with its compressed streams in the clear, to look for marks in."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    return content + b"\n".join(
        zlib.decompressobj().decompress(each) for each in streams if each[:1] == b"\x78"
    )


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """One file inside of a PDF."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def attachments_of(content: bytes) -> list[CarriedFile]:
    """Return the files that a PDF carries, by name."""
    with pypdfium2.PdfDocument(content) as document:
        attachments = [document.get_attachment(index) for index in range(document.count_attachments())]
        files = [CarriedFile(each.get_name(), bytes(each.get_data())) for each in attachments]
    return sorted(files, key=lambda file: file.name)


def without_spaces(text: str) -> str:
    """Return the text as one run: a document breaks lines where it likes."""
    return "".join(text.split())


def _texts(page: Any) -> Iterator[Any]:
    yield from page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])


def _font(text: Any) -> tuple[str, bool]:
    font = raw.FPDFTextObj_GetFont(text.raw)
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    name = ctypes.create_string_buffer(length)
    raw.FPDFFont_GetBaseFontName(font, name, length)
    return name.value.decode().split("+")[-1], bool(raw.FPDFFont_GetIsEmbedded(font))

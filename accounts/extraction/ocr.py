"""Reads print with Tesseract, in this process: one object per language, kept, because loading one costs a second.

The letters' knowledge (traineddata) is a package of the system; without it, or without tesserocr, `ReaderAway`.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image as Pillow

from accounts.extraction.picture import Image
from accounts.extraction.types import ReaderAway
from voltgo.core import tessdata

VIETNAMESE = "vie"
LATIN = "eng"
MRZ_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
DIGITS = "0123456789"
CLASS_LETTERS = "ABCDEF12,"
# A line longer than this is no line of a card.
MAX_LINE_WIDTH = 4000

# Tesseract's objects hold the picture that they read: one at a time.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """One word and how sure the reader is, 0 to 1."""

    text: str
    confidence: float
    # Where it begins and ends in the picture that was read, in pixels from the left.
    left: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """Words as they were read, left to right."""

    words: tuple[Word, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Return the confidence of the worst word."""
        return min((word.confidence for word in self.words), default=0.0)


def read(
    image: Image, *, language: str = VIETNAMESE, mode: int = 7, letters: str = "", seconds: float = 2.0
) -> Line:
    """Read a picture of one line (`mode` 7 and 13) or a block (6) of print.

    `letters` are the only ones that may stand there; empty means any.

    Raises:
        ReaderAway: tesserocr or the language is not installed.
    """
    if image.size == 0 or image.shape[1] > MAX_LINE_WIDTH:
        return Line()
    with _lock:
        api = _api(language)
        api.SetPageSegMode(mode)
        api.SetVariable("tessedit_char_whitelist", letters)
        try:
            api.SetImage(Pillow.fromarray(np.ascontiguousarray(image)))
            # Takes the time too: a picture of nothing but specks can cost Tesseract many seconds.
            if not api.Recognize(int(seconds * 1000)):
                return Line()
            return Line(tuple(_words(api)))
        finally:
            api.Clear()


def _words(api: Any) -> Iterator[Word]:
    import tesserocr

    level: Any = tesserocr.RIL.WORD
    for item in tesserocr.iterate_level(api.GetIterator(), level):
        if item.Empty(level):
            continue
        text = item.GetUTF8Text(level).strip()
        left, _top, right, _bottom = item.BoundingBox(level)
        if text:
            yield Word(text, item.Confidence(level) / 100, left, right)


def require() -> None:
    """Raise `ReaderAway` unless both languages can be read."""
    for language in (VIETNAMESE, LATIN):
        _api(language)


def _folder_of(language: str) -> str:
    """Return the folder of a language's traineddata, as Tesseract wants it."""
    folder = tessdata.folder_of(language)
    if folder is None:
        raise ReaderAway(f"{tessdata.PACKAGES[language]} is not installed")
    return f"{folder}/"


@lru_cache(maxsize=4)
def _api(language: str) -> Any:
    folder = _folder_of(language)
    try:
        import tesserocr
    except ImportError as error:
        raise ReaderAway("tesserocr is not installed") from error
    # Its type hints take the members of its enums for something else.
    mode: Any = tesserocr.PSM.SINGLE_LINE
    network: Any = tesserocr.OEM.LSTM_ONLY
    api = tesserocr.PyTessBaseAPI(path=folder, lang=language, psm=mode, oem=network)
    # Words of a dictionary would "correct" names and numbers.
    for name in ("load_system_dawg", "load_freq_dawg"):
        api.SetVariable(name, "0")
    return api

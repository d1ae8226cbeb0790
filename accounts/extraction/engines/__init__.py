"""Engines that read papers, by name."""

from collections.abc import Mapping
from importlib import import_module

from django.conf import settings

from accounts.extraction.types import Engine, ReaderAway, Reading

LOCAL, TEXTRACT, NONE = "local", "textract", "none"
# Imported only when chosen: one needs OpenCV and Tesseract, the other boto3.
CLASSES = {
    LOCAL: ("accounts.extraction.engines.local", "LocalEngine"),
    TEXTRACT: ("accounts.extraction.engines.textract", "TextractEngine"),
}


class NoEngine:
    """Reads nothing: every paper goes to a person."""

    name = NONE

    def read(self, images: Mapping[str, bytes], *, kind: str) -> Reading:
        raise ReaderAway("reading is switched off")


def get_engine(name: str | None = None) -> Engine:
    """Return an engine by name, or the one that KYC_READER names.

    Raises:
        ValueError: there is none of this name.
    """
    chosen = settings.KYC_READER if name is None else name
    if chosen == NONE:
        return NoEngine()
    if chosen not in CLASSES:
        raise ValueError(f"no reader is called {chosen!r}")
    module, class_name = CLASSES[chosen]
    engine: Engine = getattr(import_module(module), class_name)()
    return engine

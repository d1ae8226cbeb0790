"""The local reader: OpenCV finds the card, zxing-cpp reads its code, Tesseract its print. Nothing leaves the house."""

import time
from collections.abc import Mapping

from accounts.extraction.types import ReaderAway, Reading


class LocalEngine:
    """Reads Vietnamese papers in this process; about a third of a second of one core for each photograph."""

    name = "local"

    def read(self, images: Mapping[str, bytes], *, kind: str) -> Reading:
        """See `accounts.extraction.types.Engine`."""
        started = time.monotonic()
        try:
            # Here, not above: they take sixty megabytes, which a web process does without.
            from accounts.extraction import ocr
            from accounts.extraction.side import read_side
        except ImportError as error:
            raise ReaderAway("a library of the local reader is not installed") from error
        ocr.require()
        sides = {side: read_side(content, side=side, kind=kind) for side, content in images.items()}
        return Reading(engine=self.name, sides=sides, seconds=round(time.monotonic() - started, 3))

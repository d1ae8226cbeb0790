"""The outline drawings that show from where to photograph: the empty tile, and a line over the camera's picture."""

from pathlib import Path

from django.contrib.staticfiles import finders

FOLDER = "img/outlines"


def choices() -> list[tuple[str, str]]:
    """Return the drawings of static/img/outlines as choices of a form."""
    folder = finders.find(FOLDER)
    names = sorted(path.name for path in Path(folder).glob("*.svg")) if folder else []
    return [(name, name.removesuffix(".svg")) for name in names]

"""The drawings of vehicles that may be chosen for a model."""

from pathlib import Path

from django.contrib.staticfiles import finders

FOLDER = "img/vehicles"


def choices() -> list[tuple[str, str]]:
    """Return the drawings of static/img/vehicles as choices of a form."""
    folder = finders.find(FOLDER)
    names = sorted(path.name for path in Path(folder).glob("*.svg")) if folder else []
    return [(name, name.removesuffix(".svg")) for name in names]

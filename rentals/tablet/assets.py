"""What the tablet app consists of, found by following what its pages and modules name, and the version of it all."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from stations.checklists import outlines

TEMPLATES = settings.BASE_DIR / "templates" / "station" / "tablet"
WORKER = "js/tablet/worker.js"
# Named where the page is drawn, not where a search for names would see it.
FOLDERS = ("img/damage", "img/tablet", outlines.FOLDER)
STATIC_TAG = re.compile(r"{%\s*static\s+[\"']([^\"']+)[\"']")
# import … from "./x.js", export … from "./x.js", import "./x.js", import("./x.js")
IMPORT = re.compile(r"(?:\bfrom|\bimport)\s*\(?\s*[\"'](\.{1,2}/[^\"']+)[\"']")
CSS_URL = re.compile(r"url\(\s*[\"']?([^\"')#?:]+)[\"']?\s*\)")
NAMES_IN = {".js": IMPORT, ".mjs": IMPORT, ".css": CSS_URL}


def addresses() -> list[str]:
    """Return the addresses of every file that the app needs to run without network."""
    return _built().addresses


def version() -> str:
    """Return a name that changes whenever anything of the app does: a file, a page or a translation."""
    return _built().version


def worker_source() -> str:
    """Return the worker as it stands in its file, without what it is told."""
    return _source(WORKER).read_text()


class _Build:
    """The app as it lies on this server's disk."""

    def __init__(self) -> None:
        self.names = sorted(_names())
        self.addresses = [static(name) for name in self.names]
        digest = hashlib.sha256()
        for path in [*map(_source, self.names), _source(WORKER), *_pages()]:
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        self.version = digest.hexdigest()[:16]


def _built() -> _Build:
    # In production files change by a new release; elsewhere while somebody works on them.
    return _once() if settings.IS_PRODUCTION else _Build()


@lru_cache(maxsize=1)
def _once() -> _Build:
    return _Build()


def _names() -> set[str]:
    """Return the names of static files that the app's pages name, and those that these name in turn."""
    found: set[str] = set()
    ahead = {name for page in TEMPLATES.rglob("*.html") for name in STATIC_TAG.findall(page.read_text())}
    ahead |= set(_in_folders())
    while ahead:
        name = ahead.pop()
        path = finders.find(name)
        # A page of the app may name what is not there yet; whoever asks for the page hears of it, the worker need not.
        if name in found or path is None or not Path(path).is_file():
            continue
        found.add(name)
        ahead |= _named_in(name, Path(path))
    return found


def _named_in(name: str, path: Path) -> set[str]:
    pattern = NAMES_IN.get(path.suffix)
    if pattern is None:
        return set()
    return {normpath(join(dirname(name), each)) for each in pattern.findall(path.read_text())}


def _in_folders() -> Iterator[str]:
    for folder in FOLDERS:
        place = settings.BASE_DIR / "static" / folder
        for path in place.glob("*"):
            if path.suffix in {".svg", ".png", ".webp"}:
                yield f"{folder}/{path.name}"


def _pages() -> Iterable[Path]:
    translations = (settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/django.mo")
    return [*sorted(TEMPLATES.rglob("*.html")), *sorted(translations)]


def _source(name: str) -> Path:
    path = finders.find(name)
    assert isinstance(path, str), f"{name} is no static file"
    return Path(path)

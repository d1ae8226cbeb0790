"""Finds every text that is marked for translation, and keeps the catalogues in step, without gettext's tools.

`DJANGO_SETTINGS_MODULE=voltgo.settings python -m voltgo.local.messages [--list]`

Python is read by Babel. Templates go through Django's own `templatize`, which turns their tags into calls,
so `trimmed`, plurals and contexts come out exactly as Django looks them up.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from voltgo.local import translations

SOURCES = ("accounts", "payments", "stations", "rentals", "voltgo")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# What templatize writes: a call with one or more string literals first.
CALL = re.compile(
    r"\b(?P<name>_|gettext|ngettext|pgettext|npgettext)\(u?"
    r"(?P<args>(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One text: its id (singular and plural if it counts), its context, and the file it stands in."""

    id: str | tuple[str, str]
    context: str | None
    source: str


def messages(base: Path | None = None) -> Iterator[Message]:
    """Yield every marked text of the project's Python files and templates."""
    base = base or settings.BASE_DIR
    for app in SOURCES:
        for path in sorted((base / app).rglob("*.py")):
            yield from _in_python(path, str(path.relative_to(base)))
    for path in sorted((base / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            yield from _in_template(path, str(path.relative_to(base)))


def _in_python(path: Path, source: str) -> Iterator[Message]:
    with path.open("rb") as file:
        for _line, found, _comments, context in extract("python", file, KEYWORDS, (), {"encoding": "utf-8"}):
            text = (found[0], found[1]) if isinstance(found, tuple) else found
            if text and text != ("", ""):
                yield Message(text, context, source)


def _in_template(path: Path, source: str) -> Iterator[Message]:
    code = templatize(path.read_text(encoding="utf-8"), origin=source)
    for call in CALL.finditer(code):
        values = ast.literal_eval(f"({call['args'].replace(', u', ', ')},)")
        name = call["name"]
        context = values[0] if name in {"pgettext", "npgettext"} else None
        texts = values[1:] if context is not None else values
        if name in {"ngettext", "npgettext"}:
            yield Message((texts[0], texts[1]), context, source)
        elif texts[0]:
            yield Message(texts[0], context, source)


def catalogue_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def read_catalogue(language: str) -> Catalog:
    """Read a catalogue; an empty one if there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="VoltGo")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def untranslated(language: str = "en") -> list[Message]:
    """Return the texts that a reader of this language would see in Vietnamese."""
    catalogue = read_catalogue(language)
    missing = {}
    for message in messages():
        entry = catalogue.get(message.id, message.context)
        if entry is None or entry.fuzzy or not _is_complete(entry.string):
            missing[message.id, message.context] = message
    return list(missing.values())


def _is_complete(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def update_catalogue(language: str = "en") -> tuple[int, int]:
    """Add new texts to a catalogue and drop those that are gone; return (texts, untranslated)."""
    template = Catalog(project="VoltGo")
    for message in messages():
        template.add(message.id, locations=[(message.source, 0)], context=message.context)
    catalogue = read_catalogue(language)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=False, ignore_obsolete=True, include_lineno=False)
    return len(template), len(untranslated(language))


def main(arguments: list[str]) -> int:
    """Update and compile the English catalogue; with `--list` only say what is missing."""
    if "--list" not in arguments:
        total, _missing = update_catalogue()
        translations.compile_all()
        print(f"{total} texts in {catalogue_path('en')}")
    missing = untranslated()
    for message in missing:
        print(f"  {message.source}: {message.id}")
    print(f"{len(missing)} without an English translation")
    return 1 if missing else 0


if __name__ == "__main__":
    import django

    django.setup()
    sys.exit(main(sys.argv[1:]))

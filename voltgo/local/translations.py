"""Compiles locale/*/LC_MESSAGES/*.po with Babel, so that no gettext tools are needed.

`python -m voltgo.local.translations` compiles what has changed and checks placeholders.
"""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent


def sources() -> list[Path]:
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))


def is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def compile_all(*, force: bool = False) -> list[Path]:
    """Compile each catalogue that is newer than its compiled form; fuzzy entries are left out.

    Raises:
        ValueError: a translation's placeholders differ from its source's.
    """
    written = []
    for source in sources():
        if force or is_stale(source):
            _compile(source)
            written.append(source)
    return written


def _compile(source: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    faults = [
        f"{source}:{message.lineno}: {error}"
        for message, errors in catalogue.check()
        for error in errors
        if not message.fuzzy
    ]
    if faults:
        raise ValueError("\n".join(faults))
    # Written beside and moved: a process that reads in between never sees half a file.
    half = source.with_suffix(".mo.new")
    with half.open("wb") as file:
        write_mo(file, catalogue, use_fuzzy=False)
    half.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    try:
        for path in compile_all():
            print(f"compiled {path.relative_to(ROOT)}")
    except ValueError as faults:
        sys.exit(str(faults))

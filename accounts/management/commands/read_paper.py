"""`manage.py read_paper`: shows what the reader makes of photographs, for support. Nothing is stored or sent."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.extraction.engines import get_engine
from accounts.extraction.types import FieldName, FieldReading, ReaderAway, SideReading
from accounts.kyc.enums import SIDES_OF, DocumentKind
from voltgo.core.images import PhotoRefused, clean_photo

SHOWN_DIGITS = 3
# What identifies a person is covered unless it is asked for.
NUMBERS = frozenset({FieldName.NUMBER, FieldName.OLD_NUMBER})
TEXTS = frozenset({FieldName.FULL_NAME, FieldName.ADDRESS})


class Command(BaseCommand):
    help = "Reads photographs of one paper, front first, and prints quality and fields of each."
    # It touches neither database nor pages.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--kind", choices=DocumentKind.values, default=DocumentKind.CITIZEN_CARD.value)
        parser.add_argument("--engine", help="local or textract; as KYC_READER says by default")
        parser.add_argument("--reveal", action="store_true", help="print numbers, names and addresses whole")

    def handle(self, *args: Any, **options: Any) -> None:
        sides = SIDES_OF[options["kind"]]
        if len(options["files"]) > len(sides):
            raise CommandError(f"a {options['kind']} has {len(sides)} side(s)")
        images = {str(side): self._photo(path) for side, path in zip(sides, options["files"], strict=False)}
        try:
            reading = get_engine(options["engine"]).read(images, kind=options["kind"])
        except (ReaderAway, ValueError) as error:
            raise CommandError(f"no reader: {error}") from error
        for side in reading.sides.values():
            self._show(side, is_revealed=options["reveal"])
        self.stdout.write(f"{reading.engine}, {reading.seconds:.2f} s")

    def _photo(self, path: Path) -> bytes:
        """Return a photograph as it would reach the reader: decoded, shrunk and encoded anew."""
        try:
            return clean_photo(path.read_bytes()).content
        except (OSError, PhotoRefused) as error:
            raise CommandError(f"{path}: {type(error).__name__}") from error

    def _show(self, side: SideReading, *, is_revealed: bool) -> None:
        measured = ", ".join(
            f"{name} {value}" for name, value in side.quality.as_json().items() if value != ""
        )
        self.stdout.write(self.style.MIGRATE_HEADING(f"{side.side}: {measured}"))
        if side.is_mrz_broken:
            self.stdout.write("  a check digit of the machine readable zone does not hold")
        if side.qr_text:
            self.stdout.write(f"  QR code of {len(side.qr_text)} characters")
        for field in side.fields:
            value = field.value if is_revealed else covered(field)
            self.stdout.write(f"  {field.name:<16} {field.source:<4} {field.confidence:>4.0%}  {value}")


def covered(field: FieldReading) -> str:
    """Return a value with which nobody is found again: the last digits, first letters, or what is no secret."""
    if field.name in NUMBERS:
        return "•" * max(0, len(field.value) - SHOWN_DIGITS) + field.value[-SHOWN_DIGITS:]
    if field.name in TEXTS:
        return " ".join(f"{word[0]}…" for word in field.value.split())
    if field.name == FieldName.BORN_ON:
        return f"{field.value[:4]}-••-••"
    return field.value

"""Take in what a tablet has saved to a file because it could not send it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rentals.sync.errors import NotOurFile
from rentals.sync.services.carried import take_in_export
from voltgo.core.actors import SYSTEM


class Command(BaseCommand):
    help = "Receive what stands in a file that a tablet's queue has saved, as if the tablet had sent it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            carried = take_in_export(text=path.read_text(encoding="utf-8"), by=SYSTEM)
        except (OSError, UnicodeDecodeError, NotOurFile) as error:
            raise CommandError(str(error)) from error
        for result in carried.results:
            self.stdout.write(f"{result.id} {result.state} {result.code}".rstrip())
        self.stdout.write(
            f"{len(carried.results)} commands, {carried.files} files, {len(carried.lost)} files lost"
        )

"""`manage.py rehearse`: the whole journey over HTTP against a running portal, from search to receipt."""

from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rentals.demo.rehearsal.journey import play
from rentals.demo.rehearsal.story import Story
from rentals.demo.rehearsal.visitor import RehearsalError


class Command(BaseCommand):
    help = "Play the whole journey over HTTP and print each step with its time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.SITE_URL, help="the portal's address")
        parser.add_argument(
            "--folder", type=Path, default=settings.VAR_DIR / "rehearsal", help="for the PDFs"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        story = Story(base_url=options["url"], folder=options["folder"])
        self.stdout.write(f"Rehearsal at {story.base_url}")
        total = 0.0
        try:
            for number, (title, seen, seconds) in enumerate(play(story), start=1):
                total += seconds
                self.stdout.write(f"{number:3}. {title:22} {seconds:6.2f} s  {seen}")
        except RehearsalError as error:
            raise CommandError(str(error)) from error
        except httpx.HTTPError as error:
            raise CommandError(f"{story.base_url} does not answer ({error}). Is bin/up running?") from error
        self.stdout.write(f"{total:32.2f} s  in all")
        self.stdout.write(f"contract: {story.contract_file}")
        self.stdout.write(f"receipt:  {story.receipt_file}")

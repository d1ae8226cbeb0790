"""`manage.py seal_files`: encrypt pictures of people that were stored before, or anew after a key has changed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from voltgo.core.sealing_files import seal_stored_files


class Command(BaseCommand):
    help = "Seal pictures of papers and signatures that are stored unsealed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anew", action="store_true", help="seal all of them again, with a key of now")

    def handle(self, *_args: Any, **options: Any) -> None:
        for column, sealed in seal_stored_files(anew=options["anew"]).items():
            self.stdout.write(f"{column}: {sealed}")

"""`manage.py new_sync_epoch`: after the database was restored, let every tablet send again what it keeps."""

from typing import Any

from django.core.management.base import BaseCommand

from rentals.sync.services import begin_new_epoch
from voltgo.core.actors import SYSTEM


class Command(BaseCommand):
    """Begins a new life of the database, as far as tablets are concerned."""

    help = "After a restore: tablets send again what they keep; what is here already is known by its id."

    def handle(self, *_args: Any, **_options: Any) -> None:
        epoch = begin_new_epoch(by=SYSTEM)
        self.stdout.write(f"Tablets send again from now on. Epoch {epoch}.")

"""Fetching files from the folder where providers and the bank drop them: one folder for each source."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.reconciliation import selectors
from payments.reconciliation.enums import Source
from payments.reconciliation.models import StatementFile
from payments.reconciliation.services.confirming import take_the_inboxs_word
from payments.reconciliation.services.importing import MOST_BYTES, import_settlement, import_statement
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.errors import DomainError

logger = logging.getLogger(__name__)

FETCHER = Actor(ActorKind.SYSTEM, "", "SETTLEMENT_INBOX")
KINDS = {".csv", ".txt"}
_DAY = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(slots=True)
class Fetched:
    """What the folder held: (source, day) of each new file, and the names of those that cannot be read."""

    new: list[tuple[str, date]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def fetch_files() -> Fetched:
    """Take in every file of the inbox that was not taken in before; leave the files where they are.

    The folder `<SETTLEMENT_INBOX>/<source>/` holds the files of one source; a day in a file's name, such as
    `2026-11-21`, says which day it is for. A file that cannot be read is a case; the others are taken in.
    """
    fetched = Fetched()
    for source, path in _files():
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        before = StatementFile.objects.filter(source=source, sha256=sha256).first()
        if before is not None and not selectors.waits(before):
            continue
        try:
            day = _day_in(path.name)
            if source == Source.BANK:
                day = day or _day_before_it_came(path)
                taken = import_statement(name=path.name, content=content, day=day, by=FETCHER)
                if taken.waits:
                    # Somebody had brought these bytes by hand; the bank says them too.
                    take_the_inboxs_word(file=taken.file, by=FETCHER)
            else:
                taken = import_settlement(source=source, name=path.name, content=content, day=day, by=FETCHER)
        except DomainError as error:
            logger.exception("ALERT file %s of %s cannot be taken in: %s", path.name, source, error.code)
            cases.open_case(
                kind=CaseKind.RECONCILIATION,
                key=f"file:{source}:{sha256}",
                details={"source": source, "name": path.name, "code": error.code, **_plain(error.details)},
            )
            fetched.refused.append(path.name)
        else:
            if taken.is_new:
                fetched.new.append((source, taken.file.day))
    return fetched


def _files() -> Iterator[tuple[str, Path]]:
    inbox = settings.SETTLEMENT_INBOX
    if not inbox:
        return
    for source in Source.values:
        folder = Path(inbox) / source
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            # A link could lead out of the folder; a file that is being written ends otherwise.
            is_file = path.is_file() and not path.is_symlink() and path.suffix.lower() in KINDS
            if is_file and path.stat().st_size <= MOST_BYTES:
                yield source, path


def _day_in(name: str) -> date | None:
    found = _DAY.search(name)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _day_before_it_came(path: Path) -> date:
    """Say which day an unnamed statement without lines is for, the same however often the folder is read."""
    came = datetime.fromtimestamp(path.stat().st_mtime, tz=LOCAL_ZONE)
    return came.date() - timedelta(days=1)


def _plain(details: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in details.items() if isinstance(value, (int, str))}

"""Opening the tickets of snapshots: this server offered this subject, in this version, to this station."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

from rentals.sync.errors import SyncRejection
from rentals.sync.versions import TICKET_SALT

# Longer than a snapshot counts, so that what was decided in its last hour has time to arrive.
GOOD_FOR = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says, and whether it is too old by now."""

    subject: str
    version: str
    station: str
    is_expired: bool


def was_offered(text: str, *, subject: str, station: str) -> bool:
    """Say whether this server has offered a subject to a station, whoever has it now."""
    try:
        ticket = open_ticket(text)
    except SyncRejection:
        return False
    return ticket.station == station and ticket.subject == subject


def open_ticket(text: str) -> Ticket:
    """Read a ticket.

    Raises:
        SyncRejection: nobody here has signed it.
    """
    try:
        says = signing.loads(text, salt=TICKET_SALT)
    except signing.BadSignature as error:
        raise SyncRejection("ticket_forged") from error
    try:
        signing.loads(text, salt=TICKET_SALT, max_age=GOOD_FOR)
        is_expired = False
    except signing.SignatureExpired:
        is_expired = True
    return Ticket(str(says["s"]), str(says["v"]), str(says["st"]), is_expired)

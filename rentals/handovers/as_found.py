"""What is written although a rule says no, because it has happened: the vehicle left while there was no network.

Online nothing changes: whoever stands at the counter is refused, and can still do something about it. A command of a
tablet tells of keys that were given hours ago; refusing it would only leave a vehicle on the road that no row speaks
of. Which refusals may be passed over, and that a person decides on the grave ones, is the table in
rentals/sync/rules.py. Each leaves an audit event.
"""

from collections.abc import Collection

from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import DomainError


def refuse_unless_found(error: DomainError, *, despite: Collection[str], code: str, by: Actor) -> None:
    """Raise a refusal, unless its code is among those that are passed over; then keep that it was."""
    if error.code not in despite:
        raise error
    record("rental.as_found", f"rental:{code}", by=by, refusal=error.code)

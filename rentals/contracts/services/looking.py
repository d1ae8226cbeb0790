"""Noting that somebody opened or saved a contract's document."""

from datetime import timedelta

from accounts.users.models import User
from rentals.contracts.enums import ContractEventKind
from rentals.contracts.models import Contract, ContractEvent
from rentals.contracts.services.evidence import note
from voltgo.core import clock
from voltgo.core.actors import Actor

# A page that is loaded again is the same look.
SAME_LOOK = timedelta(minutes=10)


def note_look(
    contract: Contract,
    *,
    user: User,
    document_sha256: str,
    is_saved: bool = False,
    ip_address: str | None,
    device: str,
    by: Actor,
) -> None:
    """Note that a person opened or saved a document, once in ten minutes for each person and document."""
    kind = ContractEventKind.DOWNLOADED if is_saved else ContractEventKind.VIEWED
    recent = ContractEvent.objects.filter(
        contract=contract,
        kind=kind,
        actor_ref=user.public_id,
        document_sha256=document_sha256,
        at__gt=clock.now() - SAME_LOOK,
    )
    if not recent.exists():
        note(
            contract,
            kind,
            by=by,
            ip_address=ip_address,
            device=device,
            document_sha256=document_sha256,
        )

"""Opening a contract's file, on record."""

from accounts.access.actors import operator_actor, renter_actor, staff_actor
from accounts.users.models import User
from rentals.contracts import files
from rentals.contracts.enums import ContractState
from rentals.contracts.errors import ContractNotReady
from rentals.contracts.models import Contract
from rentals.contracts.selectors import READ_ALL
from rentals.contracts.services.looking import note_look
from rentals.contracts.services.rendering import render_contract
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit


def open_document(
    *,
    contract: Contract,
    user: User,
    signed: bool,
    is_saved: bool = False,
    ip_address: str | None = None,
    device: str = "",
) -> bytes:
    """Return a contract's PDF after comparing it with its hash; a look by anybody but the renter is audited.

    Every look is evidence: opened, or saved.

    A document that no worker has come to yet is rendered here and now. The signed copy stands in for the
    unsigned one as soon as there is one, unless `signed` is false. Permission is the caller's business
    (selectors.readable_by).

    Raises:
        ContractNotReady: this version was voided before it was rendered.
        DocumentDamaged: the file is gone or is not what was rendered.
    """
    if contract.state == ContractState.DRAFT:
        contract = render_contract(contract=contract)
    if not contract.sha256:
        raise ContractNotReady(number=contract.number)
    is_signed_copy = signed and bool(contract.signed_sha256)
    content = files.read(contract, signed=is_signed_copy)
    is_renter = contract.booking.renter_id == user.pk
    note_look(
        contract,
        user=user,
        document_sha256=contract.signed_sha256 if is_signed_copy else contract.sha256,
        is_saved=is_saved,
        ip_address=ip_address,
        device=device,
        by=renter_actor(user) if is_renter else reader_actor(user),
    )
    if not is_renter:
        audit.record(
            "contract.read",
            f"contract:{contract.number}",
            by=reader_actor(user),
            is_signed_copy=is_signed_copy,
        )
    return content


def reader_actor(user: User) -> Actor:
    if user.has_perm(READ_ALL):
        return operator_actor(user)
    return staff_actor(user)

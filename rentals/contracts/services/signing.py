"""Signing: the drawing, the evidence of it, and what happens when both have signed."""

from datetime import datetime

from django.db import transaction

from accounts.access.actors import staff_actor
from accounts.users.models import User
from rentals.contracts import drawing, handover
from rentals.contracts.drawing import Drawing
from rentals.contracts.enums import CONTRACT, ContractState, Signer
from rentals.contracts.errors import (
    ContractAlreadySigned,
    ContractChanged,
    ContractNotReady,
    NotTheSigner,
    SignedByOther,
)
from rentals.contracts.models import Contract, ContractSignature
from stations.network.access import works_at
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.states import COUNTER


def sign(
    *,
    contract: Contract,
    signer: Signer,
    user: User,
    image: str | bytes = "",
    strokes: str = "",
    typed_name: str = "",
    shown_sha256: str = "",
    ip_address: str | None,
    device: str,
    by: Actor,
) -> ContractSignature:
    """Put one party's signature under a rendered contract; the second one makes it signed.

    `image` is a PNG (bytes or a data URL), `strokes` its points as JSON `[[[x, y, ms], …], …]`; or
    `typed_name` stands in for both. `shown_sha256` is the hash of the document that was on the glass; left
    empty, the version passed in counts as shown. `user` signs, `by` is whose device it is. Decodes and
    stores the picture before the transaction, then locks the contract. Safe to repeat: the same strokes
    return the same signature. The first signature freezes the handover record with the contract; when both
    have signed, the signed copy is promised. That step is the member of staff's.

    Raises:
        SignatureMissing, SignatureTooShort, PhotoRefused, TypedNameDiffers: nothing to sign with.
        NotTheSigner: the person is no party, or works elsewhere.
        ContractNotReady: not rendered yet, voided, or the pickup inspection is not completed.
        ContractChanged: another document was shown than is on file, or the inspection was done again after
            the first signature; refresh_contract makes a version for both to sign.
        SignedByOther, ContractAlreadySigned: this party has signed already.
    """
    _check_signer(contract, signer, user, by)
    drawn = drawing.typed(typed_name, user.full_name) if typed_name else drawing.drawn(image, strokes)
    row = ContractSignature(
        contract=contract,
        signer=signer,
        user=user,
        name=user.full_name,
        method=drawn.method,
        strokes_sha256=drawn.sha256,
        document_sha256=shown_sha256 or contract.sha256,
        ip_address=ip_address,
        device=device[:200],
    )
    # Stores the picture only; the row follows inside the transaction.
    row.image.save("signature.png", drawn.as_file(), save=False)
    try:
        written = _write(row, drawn)
    except BaseException:
        row.image.delete(save=False)
        raise
    if written is not row:
        row.image.delete(save=False)
    return written


@transaction.atomic
def _write(row: ContractSignature, drawn: Drawing) -> ContractSignature:
    contract = locks.lock_row(row.contract)
    before = {signature.signer: signature for signature in contract.signatures.select_related("user")}
    mine = before.get(row.signer)
    if mine is not None and mine.strokes_sha256 == drawn.sha256:
        return mine
    _check_contract(contract, row)
    if mine is not None:
        raise SignedByOther(signer=row.signer)
    _freeze_handover(contract)
    row.signed_at = clock.now()
    row.save(force_insert=True)
    if before:
        staff = row.user if row.signer == Signer.STAFF else before[Signer.STAFF].user
        _complete(contract, staff, at=row.signed_at)
    return row


def _check_signer(contract: Contract, signer: Signer, user: User, by: Actor) -> None:
    booking = contract.booking
    is_renter = user.pk == booking.renter_id
    at_counter = by.kind in COUNTER
    if signer == Signer.RENTER:
        is_party = is_renter and (at_counter or (by.kind == ActorKind.RENTER and by.ref == user.public_id))
    else:
        # Nobody signs for both sides.
        works_here = by.kind == ActorKind.OPERATOR or works_at(user, booking.pickup_station)
        is_party = at_counter and by.ref == user.public_id and works_here and not is_renter
    if not is_party:
        raise NotTheSigner(signer=str(signer))


def _check_contract(contract: Contract, row: ContractSignature) -> None:
    if contract.state == ContractState.SIGNED:
        raise ContractAlreadySigned(number=contract.number)
    if contract.state != ContractState.RENDERED:
        raise ContractNotReady(number=contract.number)
    if row.document_sha256 != contract.sha256:
        raise ContractChanged(number=contract.number)


def _freeze_handover(contract: Contract) -> None:
    """Both sign the same record of the vehicle; it is what they have just found together."""
    record = handover.record_of(contract.booking)
    if record is None:
        raise ContractNotReady(number=contract.number, missing="handover")
    if not contract.handover:
        Contract.objects.filter(pk=contract.pk).update(handover=record)
    elif contract.handover != record:
        raise ContractChanged(number=contract.number)


def _complete(contract: Contract, staff: User, *, at: datetime) -> None:
    states.move(CONTRACT, contract, to=ContractState.SIGNED, by=staff_actor(staff), signed_at=at)
    outbox.promise(
        "contracts.render_signed", key=f"contract-signed:{contract.number}", contract_id=contract.pk
    )

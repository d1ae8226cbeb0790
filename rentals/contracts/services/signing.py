"""Signing: the drawing, the evidence of it, and what happens when both have signed."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from accounts.access.actors import staff_actor
from accounts.confirmations.enums import CodePurpose
from accounts.confirmations.errors import CodeMissing, CodeOver, CodeWrong
from accounts.confirmations.models import OneTimeCode
from accounts.confirmations.services import confirm_code, send_code
from accounts.users.models import User
from rentals.contracts import consent, drawing, handover
from rentals.contracts.content import canonical_json
from rentals.contracts.drawing import Drawing
from rentals.contracts.enums import CONTRACT, ContractEventKind, ContractState, Signer, SigningMethod
from rentals.contracts.errors import (
    ConsentToSignMissing,
    ContractAlreadySigned,
    ContractChanged,
    ContractNotReady,
    NotTheSigner,
    SignedByOther,
)
from rentals.contracts.models import Contract, ContractSignature
from rentals.contracts.services.evidence import note
from rentals.contracts.services.looking import note_look
from stations.network.access import works_at
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.states import COUNTER

# A code confirms one version of one document; so many digits of its hash name it.
HASH_DIGITS = 16
WITH_CODE = {
    SigningMethod.DRAWN: SigningMethod.DRAWN_WITH_CODE,
    SigningMethod.TYPED: SigningMethod.TYPED_WITH_CODE,
}
SIGNED = {
    Signer.RENTER: ContractEventKind.SIGNED_BY_RENTER,
    Signer.STAFF: ContractEventKind.SIGNED_BY_STAFF,
}


def agree_and_send_code(
    *, contract: Contract, user: User, shown_sha256: str, ip_address: str | None, device: str, by: Actor
) -> OneTimeCode:
    """Note that the renter agrees to sign on their own device, and send them the code for it.

    Raises:
        NotTheSigner, ContractNotReady, ContractChanged, ContractAlreadySigned, SignedByOther: as for `sign`.
        CodeTooSoon, TooManyCodes, CodeNotSent: there is no new code.
    """
    check_signer(contract, Signer.RENTER, user, by)
    contract = Contract.objects.select_related("booking").get(pk=contract.pk)
    _check_contract(contract, shown_sha256)
    if handover.record_of(contract.booking) is None:
        raise ContractNotReady(number=contract.number, missing="handover")
    if contract.signatures.filter(signer=Signer.RENTER).exists():
        raise SignedByOther(signer=str(Signer.RENTER))
    row = send_code(user=user, purpose=CodePurpose.SIGN_CONTRACT, reference=code_reference(contract), by=by)
    seen: dict[str, Any] = {"ip_address": ip_address, "device": device, "document_sha256": contract.sha256}
    with transaction.atomic():
        _note_consent(contract, by=by, **seen)
        said = {"channel": str(row.channel), "sent_to": row.sent_to}
        note(contract, ContractEventKind.CODE_SENT, by=by, details=said, **seen)
    return row


def open_to_sign(*, contract: Contract, user: User, ip_address: str | None, device: str, by: Actor) -> bool:
    """Say whether the renter may sign this version now; if so, note that it was shown to them.

    It is the time to sign when the document is made and the vehicle was inspected, until they have signed.
    """
    is_time = (
        contract.state == ContractState.RENDERED
        and handover.record_of(contract.booking) is not None
        and not contract.signatures.filter(signer=Signer.RENTER).exists()
    )
    if is_time:
        note_look(
            contract,
            user=user,
            document_sha256=contract.sha256,
            ip_address=ip_address,
            device=device,
            by=by,
        )
    return is_time


def code_reference(contract: Contract) -> str:
    """Return what a code confirms: this document, and the state of the vehicle that is frozen with the signature.

    Another version, and an inspection that was done again after the code was sent, need another code.
    """
    record = handover.record_of(contract.booking)
    return f"contract:{contract.number}:{contract.sha256[:HASH_DIGITS]}:{_sha256_of(record)[:HASH_DIGITS]}"


def sign(
    *,
    contract: Contract,
    signer: Signer,
    user: User,
    image: str | bytes = "",
    strokes: str = "",
    typed_name: str = "",
    shown_sha256: str = "",
    code: str = "",
    has_agreed: bool = True,
    ip_address: str | None,
    device: str,
    by: Actor,
) -> ContractSignature:
    """Put one party's signature under a rendered contract; the second one makes it signed.

    `image` is a PNG (bytes or a data URL), `strokes` its points as JSON `[[[x, y, ms], …], …]`; or
    `typed_name` stands in for both. `shown_sha256` is the hash of the document that was on the glass; left
    empty, the version passed in counts as shown. `user` signs, `by` is whose device it is. Decodes and
    stores the picture before the transaction, then locks the contract. Safe to repeat: the same strokes
    return the same signature. On the renter's own device it takes the code that `agree_and_send_code` sent, which
    is used up last, when all else is right; call it outside of a transaction. The first signature freezes the handover record with the contract; when both
    have signed, the signed copy is promised. That step is the member of staff's.

    Raises:
        SignatureMissing, SignatureTooShort, PhotoRefused, TypedNameDiffers: nothing to sign with.
        NotTheSigner: the person is no party, or works elsewhere.
        ContractNotReady: not rendered yet, voided, or the pickup inspection is not completed.
        ContractChanged: another document was shown than is on file, or the inspection was done again after
            the first signature; refresh_contract makes a version for both to sign.
        SignedByOther, ContractAlreadySigned: this party has signed already.
        ConsentToSignMissing: the renter did not agree to sign electronically.
        CodeMissing, CodeWrong, CodeOver: on the renter's own device, without the right code.
    """
    check_signer(contract, signer, user, by)
    if not has_agreed:
        raise ConsentToSignMissing
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
        consent_sha256=consent.words_sha256() if signer == Signer.RENTER else "",
    )
    if by.kind == ActorKind.RENTER and not _is_repeated(row, drawn):
        confirmed = _confirm(contract, row, code, by)
        row.method = WITH_CODE[drawn.method]
        row.code_sent_to = confirmed.sent_to
    return keep(row, drawn, by)


def keep(row: ContractSignature, drawn: Drawing, by: Actor) -> ContractSignature:
    """Store the picture, then write the row in a transaction of its own; raises what `sign` raises."""
    row.image.save("signature.png", drawn.as_file(), save=False)
    try:
        written = _write(row, drawn, by)
    except BaseException:
        row.image.delete(save=False)
        raise
    if written is not row:
        row.image.delete(save=False)
    return written


@transaction.atomic
def _write(row: ContractSignature, drawn: Drawing, by: Actor) -> ContractSignature:
    contract = locks.lock_row(row.contract)
    before = {signature.signer: signature for signature in contract.signatures.select_related("user")}
    mine = before.get(row.signer)
    if mine is not None and mine.strokes_sha256 == drawn.sha256:
        return mine
    _check_contract(contract, row.document_sha256)
    if mine is not None:
        raise SignedByOther(signer=row.signer)
    _freeze_handover(contract)
    row.signed_at = clock.now()
    row.save(force_insert=True)
    _note_signature(contract, row, by)
    if before:
        staff = row.user if row.signer == Signer.STAFF else before[Signer.STAFF].user
        _complete(contract, staff, at=row.signed_at)
    return row


def check_signer(contract: Contract, signer: Signer, user: User, by: Actor) -> None:
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


def _is_repeated(row: ContractSignature, drawn: Drawing) -> bool:
    mine = ContractSignature.objects.filter(contract=row.contract, signer=row.signer)
    return mine.filter(strokes_sha256=drawn.sha256).exists()


def _confirm(contract: Contract, row: ContractSignature, code: str, by: Actor) -> OneTimeCode:
    """Use up the code for this document; a wrong one is evidence too."""
    contract = Contract.objects.select_related("booking").get(pk=contract.pk)
    _check_contract(contract, row.document_sha256)
    if handover.record_of(contract.booking) is None:
        raise ContractNotReady(number=contract.number, missing="handover")
    seen: dict[str, Any] = {
        "ip_address": row.ip_address,
        "device": row.device,
        "document_sha256": contract.sha256,
    }
    try:
        confirmed = confirm_code(
            user=row.user,
            purpose=CodePurpose.SIGN_CONTRACT,
            reference=code_reference(contract),
            code=code,
            by=by,
        )
    except CodeMissing:
        raise
    except (CodeWrong, CodeOver) as refusal:
        note(contract, ContractEventKind.CODE_REFUSED, by=by, details={"why": refusal.code}, **seen)
        raise
    said = {"channel": str(confirmed.channel), "sent_to": confirmed.sent_to}
    note(contract, ContractEventKind.CODE_CONFIRMED, by=by, details=said, **seen)
    return confirmed


def _note_consent(contract: Contract, *, by: Actor, **seen: Any) -> None:
    words = {"words": consent.VERSION, "words_sha256": consent.words_sha256()}
    note(contract, ContractEventKind.CONSENTED, by=by, details=words, **seen)


def _note_signature(contract: Contract, row: ContractSignature, by: Actor) -> None:
    seen: dict[str, Any] = {
        "ip_address": row.ip_address,
        "device": row.device,
        "document_sha256": row.document_sha256,
    }
    # On their own device they have agreed when they asked for the code.
    if row.signer == Signer.RENTER and not row.code_sent_to:
        _note_consent(contract, by=by, **seen)
    said: dict[str, Any] = {
        "signer": row.user.public_id,
        "method": str(row.method),
        "strokes_sha256": row.strokes_sha256,
        "handover_sha256": _sha256_of(contract.handover),
    }
    if row.tablet and row.received_at:
        said |= {
            "tablet": row.tablet,
            "text_sha256": row.text_sha256,
            "record_sha256": row.record_sha256,
            "received_at": row.received_at.astimezone(UTC).isoformat(),
        }
    note(contract, SIGNED[Signer(row.signer)], by=by, details=said, **seen)


def _sha256_of(record: Any) -> str:
    return hashlib.sha256(canonical_json(record)).hexdigest()


def _check_contract(contract: Contract, document_sha256: str) -> None:
    if contract.state == ContractState.SIGNED:
        raise ContractAlreadySigned(number=contract.number)
    if contract.state != ContractState.RENDERED:
        raise ContractNotReady(number=contract.number)
    if document_sha256 != contract.sha256:
        raise ContractChanged(number=contract.number)


def _freeze_handover(contract: Contract) -> None:
    """Both sign the same record of the vehicle; it is what they have just found together."""
    record = handover.record_of(contract.booking)
    if record is None:
        raise ContractNotReady(number=contract.number, missing="handover")
    if not contract.handover:
        Contract.objects.filter(pk=contract.pk).update(handover=record)
        contract.handover = dict(record)
    elif contract.handover != record:
        raise ContractChanged(number=contract.number)


def _complete(contract: Contract, staff: User, *, at: datetime) -> None:
    states.move(CONTRACT, contract, to=ContractState.SIGNED, by=staff_actor(staff), signed_at=at)
    outbox.promise(
        "contracts.render_signed", key=f"contract-signed:{contract.number}", contract_id=contract.pk
    )

"""Amending a signed contract: the contract itself never changes, an addendum says what is different from now on."""

import hashlib
import logging
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts import amendments, documents, handover
from rentals.contracts.content import Content
from rentals.contracts.enums import AddendumKind, ContractEventKind, ContractState
from rentals.contracts.errors import ContractNotReady, DocumentDamaged
from rentals.contracts.files import HASH_DIGITS
from rentals.contracts.models import ContractAddendum
from rentals.contracts.paths import contract_path
from rentals.contracts.selectors import current_contract
from rentals.contracts.services.evidence import note
from rentals.contracts.services.reading import reader_actor
from rentals.contracts.services.sealing import sealed
from rentals.contracts.services.sending import send_addendum
from rentals.pricing.models import Quote
from voltgo.core import clock, locks, outbox
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

RENDER = "contracts.render_addendum"
REASON = "Phụ lục hợp đồng · Addendum to the agreement"
DEVICE_LENGTH = 200


@transaction.atomic
def amend_contract(
    *,
    booking: Booking,
    kind: AddendumKind,
    reference: str,
    facts: Content,
    accepted_at: datetime | None = None,
    ip_address: str | None = None,
    device: str = "",
    by: Actor = SYSTEM,
) -> ContractAddendum:
    """Add an addendum to a booking's signed contract.

    Its content is frozen here; the document is rendered, sealed and mailed by a promised job. Locks the contract;
    the caller holds the booking's lock. One for each reference, however often called. `accepted_at`, `ip_address`
    and `device` are of the request by which the renter agreed, where there was one.

    Raises:
        ContractNotReady: there is no signed contract; change its data instead.
    """
    known = ContractAddendum.objects.filter(reference=reference).first()
    if known is not None:
        return known
    contract = current_contract(booking)
    if contract is None or contract.state != ContractState.SIGNED:
        raise ContractNotReady(booking=booking.code)
    contract = locks.lock_row(contract)
    # Whoever was faster has committed by now.
    known = ContractAddendum.objects.filter(reference=reference).first()
    if known is not None:
        return known
    position = (contract.addenda.aggregate(last=Max("position"))["last"] or 0) + 1
    addendum = ContractAddendum.objects.create(
        contract=contract,
        position=position,
        kind=kind,
        number=f"{contract.number}-PL{position}",
        reference=reference,
        data=amendments.whole_content(contract, booking, kind, facts),
        accepted_at=accepted_at,
        ip_address=ip_address,
        device=device[:DEVICE_LENGTH],
    )
    outbox.promise(RENDER, key=f"addendum:{addendum.number}", addendum_id=addendum.pk)
    audit.record("contract.amended", f"contract:{contract.number}", by=by, addendum=addendum.number)
    note(
        contract,
        ContractEventKind.AMENDED,
        by=by,
        ip_address=ip_address,
        device=device,
        details={
            "addendum": addendum.number,
            "kind": str(kind),
            "content_sha256": hashlib.sha256(amendments.addendum_json(addendum)).hexdigest(),
        },
    )
    return addendum


def amend_for_change(
    *,
    booking: Booking,
    before: Quote,
    reference: str,
    due_amount: Dong,
    accepted_at: datetime | None,
    ip_address: str | None,
    device: str,
) -> ContractAddendum:
    """Add the addendum of a change or an extension: from `before` to the booking as it is now.

    Raises:
        ContractNotReady: there is no signed contract.
    """
    return amend_contract(
        booking=booking,
        kind=amendments.kind_of_change(before, booking.quote),
        reference=reference,
        facts=amendments.change_facts(before, booking.quote, due_amount),
        accepted_at=accepted_at,
        ip_address=ip_address,
        device=device,
    )


def amend_for_swap(*, booking: Booking, reason: str, by: Actor) -> ContractAddendum | None:
    """Add the addendum of another vehicle under a signed contract; None if it names the right one already.

    One for each claim on a vehicle. Where the new vehicle is inspected at the counter, call it afterwards: the
    handover record is part of the addendum.

    Raises:
        ContractNotReady: there is no signed contract.
    """
    contract = current_contract(booking)
    if contract is None or contract.state != ContractState.SIGNED:
        raise ContractNotReady(booking=booking.code)
    facts = amendments.swap_facts(contract, booking, reason=reason)
    if facts["before"]["code"] == facts["after"]["code"]:
        return None
    return amend_contract(
        booking=booking,
        kind=AddendumKind.SWAP,
        reference=f"swap:{booking.code}:{booking.allocation_id}",
        facts=facts,
        by=by,
    )


def amend_for_return(
    *,
    booking: Booking,
    record: handover.ReturnRecord,
    answer: handover.Answer,
    accepted_at: datetime | None,
    by: Actor,
) -> ContractAddendum:
    """Add the record of a return, once the renter has answered to it or has let the time for it pass.

    Raises:
        ContractNotReady: there is no signed contract.
    """
    return amend_contract(
        booking=booking,
        kind=AddendumKind.RETURN,
        reference=f"return:{booking.code}",
        facts=amendments.return_facts(record, answer),
        accepted_at=accepted_at,
        by=by,
    )


def amend_for_damage(
    *,
    booking: Booking,
    claims: list[handover.DamageClaim],
    answer: handover.Answer,
    accepted_at: datetime | None,
    by: Actor,
) -> ContractAddendum:
    """Add the record of damage, each mark with its pictures, its amount and what became of it.

    Raises:
        ContractNotReady: there is no signed contract.
    """
    return amend_contract(
        booking=booking,
        kind=AddendumKind.DAMAGE,
        reference=f"damage:{booking.code}",
        facts=amendments.damage_facts(claims, answer),
        accepted_at=accepted_at,
        by=by,
    )


def render_addendum(*, addendum: ContractAddendum) -> ContractAddendum:
    """Render an addendum, seal it, store the file, freeze its hash and mail it; do nothing if that is done.

    Opens no transaction around rendering and sealing. Of several files that killed or rival workers have made,
    the row takes one.

    Raises:
        CannotSeal: no seal could be had; the job tries again later.
    """
    addendum = ContractAddendum.objects.select_related("contract__booking__renter").get(pk=addendum.pk)
    if addendum.sha256:
        return addendum
    copy = sealed(
        documents.compose_addendum(addendum),
        reason=REASON,
        at=addendum.created_at,
        name=addendum.data["company"]["name"],
    )
    name = contract_path(addendum.contract, f"{addendum.number}.{copy.document.sha256[:HASH_DIGITS]}.pdf")
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(copy.document.content))
    if not _attach(addendum, name, copy.document.sha256, copy.seal):
        addendum.refresh_from_db()
        if addendum.file.name != name:
            default_storage.delete(name)
    return addendum


@transaction.atomic
def _attach(addendum: ContractAddendum, name: str, sha256: str, seal: Content) -> bool:
    """Point the row to its file, by compare-and-swap; the winner promises the mail."""
    row = ContractAddendum.objects.filter(pk=addendum.pk, sha256="")
    if not row.update(file=name, sha256=sha256, seal=seal, rendered_at=clock.now()):
        return False
    addendum.refresh_from_db()
    send_addendum(addendum)
    return True


def open_addendum(*, addendum: ContractAddendum, user: User) -> bytes:
    """Return an addendum's PDF after comparing it with its hash; a look by anybody but the renter is recorded.

    Renders here and now what no worker has come to yet. Permission is the caller's business.

    Raises:
        DocumentDamaged: the file is gone or is not what was rendered.
    """
    addendum = render_addendum(addendum=addendum)
    try:
        with default_storage.open(str(addendum.file.name), "rb") as file:
            content: bytes = file.read()
    except OSError as error:
        raise DocumentDamaged(number=addendum.number) from error
    if hashlib.sha256(content).hexdigest() != addendum.sha256:
        logger.error("addendum %s: the file is not what was rendered", addendum.number)
        raise DocumentDamaged(number=addendum.number)
    if addendum.contract.booking.renter_id != user.pk:
        audit.record("contract.read", f"contract:{addendum.number}", by=reader_actor(user))
    return content

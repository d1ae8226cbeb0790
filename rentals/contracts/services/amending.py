"""Amending a signed contract: the contract itself never changes, an addendum says what is different from now on."""

import hashlib
import logging
from datetime import UTC, datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.utils import translation

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.content import Content, in_both_languages
from rentals.contracts.enums import ContractState
from rentals.contracts.errors import ContractNotReady, DocumentDamaged
from rentals.contracts.files import HASH_DIGITS
from rentals.contracts.models import Contract, ContractAddendum
from rentals.contracts.paths import contract_path
from rentals.contracts.selectors import current_contract
from rentals.contracts.services.reading import reader_actor
from rentals.pricing import wording
from rentals.pricing.models import Quote
from voltgo.core import clock, outbox, pdf
from voltgo.core.actors import SYSTEM
from voltgo.core.audit import services as audit
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

TEMPLATE = "pdf/addendum.html"
RENDER = "contracts.render_addendum"


@transaction.atomic
def amend_contract(
    *,
    booking: Booking,
    before: Quote,
    reference: str,
    due_amount: Dong,
    accepted_at: datetime | None,
    ip_address: str | None,
    device: str,
) -> ContractAddendum:
    """Add an addendum to a booking's signed contract: from `before` to the booking as it is now.

    Its content is frozen here; the document is rendered by a promised job. The renter's acceptance is the
    moment, the address and the device of the request. One for each reference, however often called. The
    caller holds the booking's lock.

    Raises:
        ContractNotReady: there is no signed contract; change its data instead.
    """
    known = ContractAddendum.objects.filter(reference=reference).first()
    if known is not None:
        return known
    contract = current_contract(booking)
    if contract is None or contract.state != ContractState.SIGNED:
        raise ContractNotReady(booking=booking.code)
    position = (contract.addenda.aggregate(last=Max("position"))["last"] or 0) + 1
    addendum = ContractAddendum.objects.create(
        contract=contract,
        position=position,
        number=f"{contract.number}-PL{position}",
        reference=reference,
        data=_content_of(contract, booking, before, due_amount),
        accepted_at=accepted_at,
        ip_address=ip_address,
        device=device,
    )
    outbox.promise(RENDER, key=f"addendum:{addendum.number}", addendum_id=addendum.pk)
    audit.record("contract.amended", f"contract:{contract.number}", by=SYSTEM, addendum=addendum.number)
    return addendum


def _content_of(contract: Contract, booking: Booking, before: Quote, due_amount: Dong) -> Content:
    return {
        "contract": contract.number,
        "contract_sha256": contract.signed_sha256 or contract.sha256,
        "booking": booking.code,
        "company": contract.data["company"],
        "renter": contract.data["renter"]["name"],
        "vehicle": contract.data["vehicle"],
        "before": _side(before),
        "after": _side(booking.quote),
        "due": due_amount,
    }


def _side(quote: Quote) -> Content:
    return {
        "ends_at": quote.ends_at.astimezone(UTC).isoformat(),
        "return": quote.return_station.name,
        "lines": [
            {
                **in_both_languages(lambda line=line: wording.describe(line["code"], line["params"])),
                "gross": line["gross"],
            }
            for line in quote.lines
        ],
        "total": quote.total_amount,
        "vat": quote.vat_amount,
        "deposit": quote.deposit_amount,
        "quote_sha256": quote.sha256,
    }


def render_addendum(*, addendum: ContractAddendum) -> ContractAddendum:
    """Render an addendum, store the file and freeze its hash; do nothing if that is done."""
    addendum = ContractAddendum.objects.select_related("contract__booking").get(pk=addendum.pk)
    if addendum.sha256:
        return addendum
    with translation.override("vi"):
        html = render_to_string(TEMPLATE, _context_of(addendum))
    document = pdf.render(html, identifier=addendum.number, created_at=addendum.created_at)
    name = contract_path(addendum.contract, f"{addendum.number}.{document.sha256[:HASH_DIGITS]}.pdf")
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(document.content))
    row = ContractAddendum.objects.filter(pk=addendum.pk, sha256="")
    row.update(file=name, sha256=document.sha256, rendered_at=clock.now())
    addendum.refresh_from_db()
    return addendum


def _context_of(addendum: ContractAddendum) -> Content:
    data = addendum.data
    return {
        "number": addendum.number,
        "data": data,
        "drafted_at": _when(addendum.created_at),
        "before_ends_at": _when(datetime.fromisoformat(data["before"]["ends_at"])),
        "after_ends_at": _when(datetime.fromisoformat(data["after"]["ends_at"])),
        "accepted_at": _when(addendum.accepted_at) if addendum.accepted_at else "",
        "ip_address": addendum.ip_address or "",
        "device": addendum.device,
    }


def _when(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M, %d/%m/%Y}"


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

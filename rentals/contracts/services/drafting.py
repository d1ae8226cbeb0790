"""Drawing up a contract, and drawing it up anew when what it says has changed."""

from django.db import transaction
from django.db.models import Max

from rentals.bookings.models import Booking
from rentals.contracts import handover
from rentals.contracts.content import content_of, says_the_same
from rentals.contracts.enums import CONTRACT, ContractEventKind, ContractState
from rentals.contracts.errors import ContractAlreadySigned
from rentals.contracts.models import Contract
from rentals.contracts.selectors import current_contract
from rentals.contracts.services.evidence import note
from rentals.contracts.services.wording import wording_today
from rentals.contracts.texts.choosing import is_retired
from voltgo.core import locks, outbox, states
from voltgo.core.actors import SYSTEM, Actor


@transaction.atomic
def draft_contract(*, booking: Booking, by: Actor = SYSTEM) -> Contract:
    """Draw up the booking's contract and promise its rendering; return the valid one if there is one.

    Locks the booking. Call it again as often as you like: a booking has one valid contract.
    """
    booking = locks.lock_row(booking)
    return current_contract(booking) or _next_version(booking, by)


@transaction.atomic
def refresh_contract(*, booking: Booking, by: Actor) -> Contract:
    """Make sure that the valid contract says what is true now; void it and make the next version if not.

    Locks the booking. A signature under the old version stays with the old version. Once somebody has
    signed, a handover record that was made anew counts as a change too; so does a wording that was retired. A
    newer wording alone does not: people sign what they were shown.

    Raises:
        ContractAlreadySigned: both have signed; from here on only an amendment could change it.
    """
    booking = locks.lock_row(booking)
    contract = current_contract(booking)
    if contract is None:
        return _next_version(booking, by)
    if _is_true_now(contract):
        return contract
    if contract.state == ContractState.SIGNED:
        raise ContractAlreadySigned(number=contract.number)
    _void(contract, by=by, reason="content changed")
    return _next_version(booking, by)


@transaction.atomic
def void_contract(*, booking: Booking, by: Actor, reason: str) -> None:
    """Void the booking's contract if it has one that is not signed. Locks the booking."""
    contract = current_contract(locks.lock_row(booking))
    if contract is not None and contract.state != ContractState.SIGNED:
        _void(contract, by=by, reason=reason)


def _is_true_now(contract: Contract) -> bool:
    booking = contract.booking
    if contract.state != ContractState.SIGNED and is_retired(contract.data["text_version"]):
        return False
    if not says_the_same(contract.data, content_of(booking, number=contract.number)):
        return False
    return not contract.handover or contract.handover == handover.record_of(booking)


def _void(contract: Contract, *, by: Actor, reason: str) -> None:
    # A renter's own change of a booking voids its contract too, but it is the system that does it.
    may = CONTRACT.allows(contract.state, ContractState.VOIDED, by.kind)
    states.move(CONTRACT, contract, to=ContractState.VOIDED, by=by if may else SYSTEM, reason=reason)
    note(contract, ContractEventKind.VOIDED, by=by, details={"reason": reason})


def _next_version(booking: Booking, by: Actor) -> Contract:
    last = booking.contracts.aggregate(last=Max("version"))["last"] or 0
    version = last + 1
    number = f"HD-{booking.code.removeprefix('VG-')}-{version}"
    data = {**wording_today(), **content_of(booking, number=number)}
    contract = Contract.objects.create(booking=booking, version=version, number=number, data=data)
    states.begin(CONTRACT, contract, by=by)
    wording = {"version": version, "text_version": str(contract.data["text_version"])}
    note(contract, ContractEventKind.CREATED, by=by, details=wording)
    outbox.promise("contracts.render", key=f"contract:{booking.code}:{version}", contract_id=contract.pk)
    return contract

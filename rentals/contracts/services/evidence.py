"""Adding to a contract's evidence; see rentals/contracts/evidence.py for what it is."""

from ipaddress import IPv6Address
from ipaddress import ip_address as parsed_address
from typing import Any

from django.db import transaction

from rentals.contracts.enums import ContractEventKind
from rentals.contracts.evidence import chain_of, check_chain, check_links, link_of, link_sha256
from rentals.contracts.models import Contract, ContractEvent
from voltgo.core import clock, locks
from voltgo.core.actors import Actor

__all__ = ["chain_of", "check_chain", "check_links", "note"]

DEVICE_LENGTH = 200


@transaction.atomic
def note(
    contract: Contract,
    kind: ContractEventKind,
    *,
    by: Actor,
    ip_address: str | None = None,
    device: str = "",
    document_sha256: str = "",
    details: dict[str, Any] | None = None,
) -> ContractEvent:
    """Add one event to the end of a contract's chain.

    Locks the contract, so that two at once get two positions. `details` holds words, whole numbers, truth
    values, lists and dicts of them; never a code, a full telephone number or a full address.
    """
    contract = locks.lock_row(contract)
    last = ContractEvent.objects.filter(contract=contract).order_by("position").last()
    event = ContractEvent(
        contract=contract,
        position=last.position + 1 if last else 1,
        kind=ContractEventKind(kind),
        at=clock.now(),
        actor_kind=by.kind.value,
        actor_ref=by.ref,
        ip_address=_plain_address(ip_address),
        device=device.replace("\x00", "")[:DEVICE_LENGTH],
        document_sha256=document_sha256,
        details=_checked(details or {}),
        previous_sha256=last.sha256 if last else "",
    )
    event.sha256 = link_sha256(link_of(contract.number, event))
    event.save(force_insert=True)
    return event


def _plain_address(text: str | None) -> str | None:
    """Write an address in the one way in which the database gives it back."""
    try:
        address = parsed_address(text or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def _checked(details: dict[str, Any]) -> dict[str, Any]:
    """Refuse what would not come back from the database as it went in: fractions, dates, keys that are no words."""
    _check_value(details)
    return details


def _check_value(value: Any) -> None:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys of evidence are words")
        for item in value.values():
            _check_value(item)
    elif isinstance(value, list):
        for item in value:
            _check_value(item)
    elif not (value is None or isinstance(value, str | bool | int)):
        raise TypeError(f"evidence cannot hold a {type(value).__name__}")

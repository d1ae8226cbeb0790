"""The evidence of a contract: a chain of events, each carrying the hash of the one before.

Whoever changes, removes or slips in an event afterwards breaks the chain from there on; whoever rewrites the whole
chain contradicts the head that is printed in the sealed document.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from ipaddress import IPv6Address, ip_address
from typing import Any, TypedDict

from django.db import transaction

from rentals.contracts.enums import ContractEventKind
from rentals.contracts.models import Contract, ContractEvent
from voltgo.core import clock, locks
from voltgo.core.actors import Actor

DEVICE_LENGTH = 200


class Link(TypedDict):
    """One event as the documents carry it; `sha256` is over all the rest, and over the contract's number."""

    contract: str
    position: int
    kind: str
    at: str
    actor_kind: str
    actor_ref: str
    ip_address: str
    device: str
    document_sha256: str
    details: dict[str, Any]
    previous_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What recomputing a chain has shown; `broken_at` is the position of the first event that does not fit."""

    length: int
    head: str
    broken_at: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


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
    event.sha256 = link_sha256(_link(contract.number, event))
    event.save(force_insert=True)
    return event


def chain_of(contract: Contract, *, upto: int | None = None) -> list[Link]:
    """Return a contract's events as plain values, oldest first; those up to one position with `upto`."""
    events = ContractEvent.objects.filter(contract=contract).order_by("position")
    if upto is not None:
        events = events.filter(position__lte=upto)
    return [_link(contract.number, event) for event in events]


def check_chain(contract: Contract) -> ChainCheck:
    """Recompute a contract's chain from what the database holds."""
    return check_links(chain_of(contract), number=contract.number)


def check_links(links: Iterable[Link], *, number: str) -> ChainCheck:
    """Recompute a chain from plain values, such as those that a document carries."""
    previous, position = "", 0
    for link in links:
        position += 1
        is_next = (link["contract"], link["position"], link["previous_sha256"]) == (
            number,
            position,
            previous,
        )
        if not is_next or link_sha256(link) != link["sha256"]:
            return ChainCheck(position - 1, previous, broken_at=position)
        previous = link["sha256"]
    return ChainCheck(position, previous)


def link_sha256(link: Link) -> str:
    """Return the hash of an event: of its JSON with sorted keys, without blanks, in UTF-8, without `sha256`."""
    content = {name: value for name, value in link.items() if name != "sha256"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _link(number: str, event: ContractEvent) -> Link:
    return Link(
        contract=number,
        position=event.position,
        kind=str(event.kind),
        at=event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        actor_kind=event.actor_kind,
        actor_ref=event.actor_ref,
        ip_address=event.ip_address or "",
        device=event.device,
        document_sha256=event.document_sha256,
        details=event.details,
        previous_sha256=event.previous_sha256,
        sha256=event.sha256,
    )


def _plain_address(text: str | None) -> str | None:
    """Write an address in the one way in which the database gives it back."""
    try:
        address = ip_address(text or "")
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

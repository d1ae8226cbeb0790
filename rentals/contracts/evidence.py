"""The evidence of a contract: a chain of events, each carrying the hash of the one before.

Whoever changes, removes or slips in an event afterwards breaks the chain from there on; whoever rewrites the whole
chain contradicts the head that is printed in the sealed document.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from rentals.contracts.enums import ContractEventKind
from rentals.contracts.models import Contract, ContractEvent
from voltgo.core import clock
from voltgo.core.actors import ActorKind

SIGNINGS = (ContractEventKind.SIGNED_BY_RENTER, ContractEventKind.SIGNED_BY_STAFF)
# Evidence says both languages in words that never change.
WORDS = {
    ContractEventKind.CREATED: ("Soạn hợp đồng", "Drawn up"),
    ContractEventKind.RENDERED: ("Lập văn bản", "Document made"),
    ContractEventKind.VIEWED: ("Mở xem", "Opened"),
    ContractEventKind.CONSENTED: ("Đồng ý ký điện tử", "Agreed to sign electronically"),
    ContractEventKind.CODE_SENT: ("Gửi mã xác nhận", "Code sent"),
    ContractEventKind.CODE_REFUSED: ("Nhập sai mã", "Wrong code"),
    ContractEventKind.CODE_CONFIRMED: ("Xác nhận bằng mã", "Confirmed by code"),
    ContractEventKind.SIGNED_BY_RENTER: ("Người thuê ký", "Signed by the renter"),
    ContractEventKind.SIGNED_BY_STAFF: ("Nhân viên ký", "Signed by staff"),
    ContractEventKind.SEALED: ("Đóng dấu số", "Sealed"),
    ContractEventKind.DOWNLOADED: ("Tải về", "Downloaded"),
    ContractEventKind.AMENDED: ("Lập phụ lục", "Amended"),
    ContractEventKind.VOIDED: ("Hủy", "Voided"),
}
ROLES = {
    ActorKind.RENTER: ("người thuê", "renter"),
    ActorKind.STAFF: ("nhân viên", "staff"),
    ActorKind.SUPERVISOR: ("trưởng trạm", "supervisor"),
    ActorKind.OPERATOR: ("vận hành", "operator"),
    ActorKind.SYSTEM: ("hệ thống", "system"),
}
SHORT = 16


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


def chain_of(contract: Contract, *, upto: int | None = None) -> list[Link]:
    """Return a contract's events as plain values, oldest first; those up to one position with `upto`."""
    events = ContractEvent.objects.filter(contract=contract).order_by("position")
    if upto is not None:
        events = events.filter(position__lte=upto)
    return [link_of(contract.number, event) for event in events]


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


def link_of(number: str, event: ContractEvent) -> Link:
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


def signing_chain(contract: Contract) -> list[Link]:
    """Return the events up to the signature that completed the contract: what the signed document prints.

    Later events, such as the sealing itself, do not change what is printed.
    """
    last = ContractEvent.objects.filter(contract=contract, kind__in=SIGNINGS).order_by("position").last()
    return chain_of(contract, upto=last.position) if last else []


def as_json(links: list[Link]) -> bytes:
    """Return a chain as the signed document carries it, for programs to recompute."""
    return json.dumps(links, ensure_ascii=False, sort_keys=True, indent=1).encode()


def printed_link(link: Link) -> dict[str, Any]:
    """Return one event as the evidence page prints it, in both languages."""
    words = WORDS[ContractEventKind(link["kind"])]
    role = ROLES.get(ActorKind(link["actor_kind"]), (link["actor_kind"], link["actor_kind"]))
    sent_to = link["details"].get("sent_to", "")
    return {
        "position": link["position"],
        "at": f"{clock.local(datetime.fromisoformat(link['at'])):%H:%M:%S, %d/%m/%Y}",
        "vi": words[0],
        "en": words[1],
        "role_vi": role[0],
        "role_en": role[1],
        "who": link["actor_ref"],
        "ip_address": link["ip_address"],
        "sent_to": sent_to,
        "document": link["document_sha256"][:SHORT],
        "sha256": link["sha256"][:SHORT],
    }

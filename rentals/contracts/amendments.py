"""What addenda say, as plain values, frozen when they are drawn up and printed from there."""

from datetime import UTC, datetime
from typing import Any

from rentals.bookings.models import Booking
from rentals.contracts import handover
from rentals.contracts.content import Content, canonical_json, content_of, in_both_languages
from rentals.contracts.enums import AddendumKind
from rentals.contracts.handover import Answer, DamageClaim, ReturnRecord
from rentals.contracts.models import Contract, ContractAddendum
from rentals.pricing import wording
from rentals.pricing.models import Quote
from voltgo.core import clock
from voltgo.core.money import Dong

# What stands around the facts; addenda from before have none and keep their first template.
LAYOUT = 1


def whole_content(contract: Contract, booking: Booking, kind: AddendumKind, facts: Content) -> Content:
    """Return what an addendum says: which agreement it belongs to, between whom, and its facts."""
    return {
        "layout": LAYOUT,
        "kind": str(kind),
        "contract": contract.number,
        "contract_sha256": contract.signed_sha256 or contract.sha256,
        "booking": booking.code,
        "company": contract.data["company"],
        "renter": contract.data["renter"]["name"],
        "vehicle": vehicle_now(contract),
        **facts,
    }


def addendum_json(addendum: ContractAddendum) -> bytes:
    """Return an addendum's content as its document carries it; its content code is the hash of these bytes."""
    return canonical_json({"number": addendum.number, "data": addendum.data})


def vehicle_now(contract: Contract) -> Content:
    """Return the vehicle that the agreement is about: the one it names, or the one of the last swap."""
    swap = contract.addenda.filter(kind=AddendumKind.SWAP).order_by("position").last()
    vehicle: Content = swap.data["after"] if swap else contract.data["vehicle"]
    return vehicle


# --- An extension or another change --------------------------------------------------------------------


def kind_of_change(before: Quote, after: Quote) -> AddendumKind:
    """Say whether only the end of the rental moves."""
    same = (before.starts_at, before.return_station_id) == (after.starts_at, after.return_station_id)
    return AddendumKind.EXTENSION if same and after.ends_at > before.ends_at else AddendumKind.CHANGE


def change_facts(before: Quote, after: Quote, due_amount: Dong) -> Content:
    return {"before": _side(before), "after": _side(after), "due": due_amount}


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


# --- Another vehicle -----------------------------------------------------------------------------------


def swap_facts(contract: Contract, booking: Booking, *, reason: str) -> Content:
    """Return which vehicle takes the place of which, why, and how the new one was found at its inspection."""
    record: Any = handover.record_of(booking)
    return {
        "before": vehicle_now(contract),
        "after": content_of(booking, number=contract.number)["vehicle"],
        "reason": reason,
        "swapped_at": clock.now().astimezone(UTC).isoformat(),
        "handover": record or {},
    }


# --- The return, and damage ----------------------------------------------------------------------------


def return_facts(record: ReturnRecord, answer: Answer) -> Content:
    return {"record": dict(record), "answer": dict(answer)}


def damage_facts(claims: list[DamageClaim], answer: Answer) -> Content:
    return {
        "claims": [dict(claim) for claim in claims],
        "total": sum(claim["amount"] for claim in claims if claim["answer_code"] != "waived"),
        "answer": dict(answer),
    }


def moment(text: str) -> str:
    """Print a moment of the facts as documents do."""
    return f"{clock.local(datetime.fromisoformat(text)):%H:%M, %d/%m/%Y}" if text else ""

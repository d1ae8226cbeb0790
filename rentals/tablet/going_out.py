"""Bookings that are to go out of a station, as a tablet needs them to hand a vehicle over without the server."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q
from django.utils import translation

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.contracts.content import content_sha256
from rentals.contracts.enums import ContractState
from rentals.contracts.errors import WordingDamaged
from rentals.contracts.models import Contract
from rentals.contracts.presentation import key_points
from rentals.contracts.texts.choosing import words_of
from rentals.contracts.texts.plain import agreement_of, text_sha256
from rentals.contracts.texts.words import ArticleWords
from rentals.handovers.rules import EARLIEST
from rentals.sync.versions import version_of
from rentals.tablet.lists import Lists
from rentals.tablet.moments import iso
from rentals.tablet.money import Monies
from rentals.tablet.people import People
from rentals.tablet.vehicles import vehicle_in_booking
from stations.network.models import Station
from voltgo.core import clock

Json = dict[str, Any]
Ticket = Callable[[str, str], str]
# Who should have come this morning may still come.
LATE = timedelta(hours=12)


def bookings_going_out(station: Station, at: datetime) -> list[Booking]:
    """Return what is to be handed out from twelve hours back to the end of tomorrow. Two queries."""
    _today, midnight = clock.day_bounds(clock.local(at).date() + timedelta(days=1))
    due = Q(state=BookingState.CONFIRMED, starts_at__gte=at - LATE, starts_at__lt=midnight)
    contracts = Contract.objects.exclude(state=ContractState.VOIDED)
    rows = (
        Booking.objects.filter(due | Q(state=BookingState.ARRIVED), pickup_station=station)
        .select_related(
            "renter", "quote", "allocation__vehicle__model", "allocation__vehicle__bay", "return_station"
        )
        .prefetch_related(Prefetch("contracts", queryset=contracts, to_attr="valid_contracts"))
        .order_by("starts_at", "pk")
    )
    return list(rows)


def as_going_out(
    bookings: Iterable[Booking],
    *,
    people: People,
    monies: Monies,
    ticket: Ticket,
    lists: Lists,
    marks: Mapping[int, list[Json]],
) -> list[Json]:
    """Return bookings as the snapshot has them; two queries more for each wording of contracts that they name."""
    texts = Texts()
    return [_booking(row, people, monies, ticket, lists, texts, marks) for row in bookings]


def _booking(
    booking: Booking,
    people: People,
    monies: Monies,
    ticket: Ticket,
    lists: Lists,
    texts: "Texts",
    marks: Mapping[int, list[Json]],
) -> Json:
    vehicle = booking.allocation.vehicle
    contract = valid_contract(booking)
    version = version_from(booking, monies)
    standing = monies.standing(booking)
    return {
        "code": booking.code,
        "version": version,
        "ticket": ticket(booking.reference, version),
        "state": booking.state,
        "renter": people.renter(booking, vehicle.model),
        "drivers": people.along(booking, vehicle.model),
        "vehicle": {**vehicle_in_booking(vehicle, lists), "marks": marks.get(vehicle.pk, [])},
        "starts_at": iso(booking.starts_at),
        "ends_at": iso(booking.ends_at),
        "opens_at": iso(booking.starts_at - EARLIEST),
        "return_station": None if not booking.is_one_way else booking.return_station.name,
        "total": booking.quote.total_amount,
        "deposit": booking.quote.deposit_amount,
        "missing_money": monies.missing(booking),
        "cash_due": monies.cash_due(booking.reference),
        "deposit_standing": str(standing.standing),
        "contract": texts.contract(contract) if contract else None,
    }


def version_from(booking: Booking, monies: Monies) -> str:
    """Return what rentals.sync.versions.booking_version returns, from what was loaded for all."""
    contract = valid_contract(booking)
    return version_of(
        state=booking.state,
        vehicle=booking.allocation.vehicle.code,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        contract_sha256=contract.sha256 if contract else "",
        missing=monies.missing(booking),
    )


def valid_contract(booking: Booking) -> Contract | None:
    rows: Sequence[Contract] = getattr(booking, "valid_contracts", ())
    return rows[0] if rows else None


class Texts:
    """The readable texts of contracts; the words of each wording are read once."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], list[ArticleWords]] = {}

    def contract(self, contract: Contract) -> Json:
        text = self._text(contract)
        return {
            "number": contract.number,
            "version": contract.version,
            "state": contract.state,
            "sha256": contract.sha256,
            "content_sha256": content_sha256(contract),
            "text": text,
            "points": {language: _points(contract, language) for language in ("vi", "en")},
            "text_sha256": text_sha256(text) if text else "",
        }

    def _text(self, contract: Contract) -> Any:
        data = contract.data
        # Wordings from before they were rows have a layout of their own and no text for a screen.
        if "layout" not in data:
            return None
        name = (data["text_version"], data["text_sha256"])
        if name not in self._words:
            try:
                self._words[name] = words_of(name[0], sha256=name[1])
            except WordingDamaged:
                self._words[name] = []
        words = self._words[name]
        return agreement_of(words, data, number=contract.number, version=contract.version) if words else None


def _points(contract: Contract, language: str) -> list[Json]:
    """Return the six points that a renter should know before signing, in one language."""
    with translation.override(language):
        return [
            {
                "title": point.title,
                "facts": [{"label": fact["label"], "value": str(fact["value"])} for fact in point.facts],
                "note": point.note,
            }
            for point in key_points(contract)
        ]

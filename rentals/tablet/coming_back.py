"""Rentals that come back to a station, with everything that the charges at return are computed from."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from rentals.contracts.content import in_both_languages
from rentals.handovers.enums import InspectionKind, RentalState
from rentals.handovers.models import DamageMark, Inspection, Rental
from rentals.policies.rules import Policy
from rentals.pricing.engine import Terms, included_km
from rentals.pricing.errors import NoTariff
from rentals.pricing.extras import liability_of
from rentals.pricing.services import return_rates_on
from rentals.pricing.wording import describe
from rentals.sync.versions import version_of
from rentals.tablet.lists import Lists
from rentals.tablet.moments import iso, optional_iso
from rentals.tablet.money import Monies
from rentals.tablet.vehicles import vehicle_in_booking
from stations.network.models import Station
from voltgo.core import clock

Json = dict[str, Any]
Ticket = Callable[[str, str], str]
# So many days' tax rates go along: the snapshot is good for one, and the day may change meanwhile.
DAYS_OF_RATES = 2


def rentals_coming_back(station: Station) -> list[Rental]:
    """Return what is out and due here, whenever it is due: people come back early and late. Four queries."""
    inspections = Inspection.objects.prefetch_related(
        "photos", Prefetch("damages", queryset=DamageMark.objects.order_by("pk"))
    )
    rows = (
        Rental.objects.filter(return_station=station, state=RentalState.ACTIVE)
        .select_related("renter", "vehicle__model", "vehicle__bay", "booking__quote")
        .prefetch_related(Prefetch("inspections", queryset=inspections))
        .order_by("due_at", "pk")
    )
    return list(rows)


def as_coming_back(rentals: Iterable[Rental], *, monies: Monies, ticket: Ticket, lists: Lists) -> list[Json]:
    """Return rentals as the snapshot has them; no query."""
    return [_rental(row, monies, ticket, lists) for row in rentals]


def rates_around(at: datetime) -> list[Json]:
    """Return the VAT rates of what comes on top, by the day in Vietnam on which a vehicle is presented."""
    first = clock.local(at).date()
    return [_rates(first + timedelta(days=number)) for number in range(DAYS_OF_RATES)]


def _rates(day: date) -> Json:
    try:
        rates = return_rates_on(day)
    except NoTariff:
        return {"day": day.isoformat(), "rental": None, "fee": None, "compensation": None}
    return {
        "day": day.isoformat(),
        "rental": rates.rental,
        "fee": rates.fee,
        "compensation": rates.compensation,
    }


def _rental(rental: Rental, monies: Monies, ticket: Ticket, lists: Lists) -> Json:
    booking, quote = rental.booking, rental.booking.quote
    version = version_of(
        state=f"{booking.state}.{rental.state}",
        vehicle=rental.vehicle.code,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        contract_sha256="",
        missing=0,
    )
    policy = Policy.from_json(quote.policy)
    return {
        "booking": booking.code,
        "version": version,
        "ticket": ticket(booking.reference, version),
        "renter": {
            "id": rental.renter.public_id,
            "name": rental.renter.full_name,
            "phone_tail": rental.renter.phone[-3:],
            "language": rental.renter.language,
        },
        "vehicle": vehicle_in_booking(rental.vehicle, lists),
        "booked": {"starts_at": iso(booking.starts_at), "ends_at": iso(booking.ends_at)},
        "started_at": optional_iso(rental.started_at),
        "due_at": iso(rental.due_at),
        "presented_at": optional_iso(rental.presented_at),
        "pickup": _pickup(rental),
        "terms": quote.terms,
        "included_km": included_km(booking.period, Terms.from_json(quote.terms)),
        "liability": liability_of(quote.lines),
        "prepaid": {
            "total": sum(line["gross"] for line in quote.lines),
            "lines": [_line(line) for line in quote.lines],
        },
        "deposit": monies.deposit_left(booking.reference),
        "retention": policy.fine_retention_amount,
        "retention_days": policy.fine_retention_days,
    }


def _line(line: Json) -> Json:
    words = in_both_languages(lambda: describe(line["code"], line["params"]))
    return {"code": line["code"], "gross": line["gross"], **words}


def _pickup(rental: Rental) -> Json | None:
    """Return what was found when the vehicle went out; the marks are shown grey beside the new ones."""
    rows = {row.kind: row for row in rental.inspections.all()}
    pickup = rows.get(InspectionKind.PICKUP)
    if pickup is None:
        return None
    return {
        "odometer_km": pickup.odometer_km,
        "battery_percent": pickup.battery_percent,
        "note": pickup.note,
        "marks": [
            {"id": mark.pk, "part": mark.part, "kind": mark.kind, "note": mark.note, "x": mark.x, "y": mark.y,
             "has_photo": bool(mark.photo)}
            for mark in pickup.damages.all()
        ],
        # Fetched one by one when there is a network, and kept encrypted on the tablet.
        "photos": [{"position": photo.position, "id": photo.pk} for photo in pickup.photos.all()],
    }  # fmt: skip

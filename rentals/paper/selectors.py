"""Reads of the paper pack: what is due on a day, and what a form must show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import segno
from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.contracts.models import Contract
from rentals.contracts.selectors import current_contract
from rentals.handovers.enums import InspectionKind, RentalState
from rentals.handovers.models import DamageMark, Inspection, Rental
from rentals.handovers.services.pickup import missing_money
from rentals.sync.enums import CommandKind
from rentals.sync.models import PaperForm
from stations.checklists.enums import Purpose
from stations.checklists.lists import Item
from stations.checklists.selectors import checklist_for
from stations.fleet.enums import VehicleKind
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.money import Dong

KEPT = 60


def due_out(station: Station, day: date) -> QuerySet[Booking]:
    """Return the bookings that a station hands out on a day, in their order."""
    start, end = clock.day_bounds(day)
    return (
        Booking.objects.filter(
            pickup_station=station,
            state__in=[BookingState.CONFIRMED, BookingState.ARRIVED],
            starts_at__gte=start,
            starts_at__lt=end,
        )
        .select_related("renter", "allocation__vehicle__model", "quote")
        .order_by("starts_at", "pk")
    )


def due_in(station: Station, day: date) -> QuerySet[Rental]:
    """Return the rentals that come back on a day, and those that are overdue; what is booked to go out and come
    back on that day has its blank forms.
    """
    _start, end = clock.day_bounds(day)
    return (
        Rental.objects.filter(return_station=station, state=RentalState.ACTIVE, due_at__lt=end)
        .select_related("booking", "renter", "vehicle__model")
        .order_by("due_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form as it is printed. What is not known stays empty, to be written by hand."""

    form: PaperForm
    qr: SafeString
    kind: str
    vehicle_kinds: Sequence[str]
    items: Sequence[Item]
    booking: Booking | None = None
    rental: Rental | None = None
    vehicle: Vehicle | None = None
    papers: Sequence[str] = ()
    contract: Contract | None = None
    missing: Dong = 0
    pickup: Inspection | None = None
    known_marks: Sequence[DamageMark] = ()

    @property
    def is_return(self) -> bool:
        return self.kind == CommandKind.RETURN


def sheets_of(forms: Sequence[PaperForm]) -> list[Sheet]:
    """Return what each form of a pack shows."""
    codes = [form.booking_code for form in forms if form.booking_code]
    rows = Booking.objects.filter(code__in=codes).select_related(
        "renter", "allocation__vehicle__model", "quote", "pickup_station", "return_station", "rental"
    )
    bookings = {booking.code: booking for booking in rows}
    return [_sheet(form, bookings.get(form.booking_code)) for form in forms]


def _sheet(form: PaperForm, booking: Booking | None) -> Sheet:
    purpose = Purpose.RETURN if form.kind == CommandKind.RETURN else Purpose.PICKUP
    if booking is None:
        return Sheet(form, _qr(form), form.kind, tuple(VehicleKind.values), ())
    rental = getattr(booking, "rental", None)
    vehicle = rental.vehicle if rental else booking.allocation.vehicle
    items = checklist_for(purpose=purpose, model=vehicle.model, on=form.for_day).items
    if form.kind == CommandKind.RETURN and rental:
        pickup = rental.inspections.filter(kind=InspectionKind.PICKUP).first()
        marks = list(pickup.damages.order_by("pk")) if pickup else []
        return Sheet(
            form, _qr(form), form.kind, (vehicle.model.kind,), items, booking, rental, vehicle,
            pickup=pickup, known_marks=marks,
        )  # fmt: skip
    contract = current_contract(booking)
    papers = _papers(contract)
    return Sheet(
        form, _qr(form), form.kind, (vehicle.model.kind,), items, booking, rental, vehicle,
        papers=papers, contract=contract, missing=missing_money(booking),
    )  # fmt: skip


def _papers(contract: Contract | None) -> list[str]:
    """Return the papers to compare, with the numbers as the contract has them: masked."""
    if contract is None:
        return []
    renter = contract.data["renter"]
    licence = renter["licence"] or {}
    parts = [licence.get("classes"), licence.get("number"), licence.get("expires_on")]
    said = [(renter["identity"] or {}).get("number"), " · ".join(str(part) for part in parts if part)]
    return [str(paper) for paper in said if paper]


def recent_forms(station: Station) -> list[PaperForm]:
    """Return the forms of a station, newest first: what was printed, and what has been entered."""
    rows = PaperForm.objects.filter(station=station).select_related("command", "printed_by")
    return list(rows.order_by("-for_day", "kind", "number")[:KEPT])


def found_form(station: Station, typed: str) -> PaperForm | None:
    """Find a form by its number, however it was typed or scanned."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    tail = letters[-6:]
    return PaperForm.objects.filter(Q(number=f"G-{tail}"), station=station).first() if tail else None


def _qr(form: PaperForm) -> SafeString:
    address = settings.SITE_URL + reverse("station:paper-form", args=[form.number])
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=1, omitsize=True))  # noqa: S308 (drawn by segno from our own address)

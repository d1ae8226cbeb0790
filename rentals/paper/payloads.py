"""What was typed from a form, in the shape of a tablet's command, so that one set of rules judges both."""

from datetime import UTC
from typing import Any

from rentals.bookings.models import Booking
from rentals.paper.forms import PaperEntry, PickupEntry, WalkInEntry
from rentals.sync.enums import CommandKind
from rentals.sync.models import PaperForm
from stations.checklists.enums import Purpose
from stations.checklists.selectors import checklist_for
from stations.fleet.models import Vehicle


def payload_of(entry: PaperEntry, *, form: PaperForm, booking: Booking) -> dict[str, Any]:
    """Return the payload of a pickup or a return; pictures and signatures stand on the scan (`paper`)."""
    return {"booking": booking.code, **_found(entry, form, booking.allocation.vehicle)}


def walk_in_payload(entry: WalkInEntry, *, form: PaperForm, vehicle: Vehicle) -> dict[str, Any]:
    """Return the payload of a walk-in."""
    values = entry.cleaned_data
    pickup = _found(entry, form, vehicle)
    rent, deposit, cash = values["rent_amount"], values["deposit_amount"], entry.cash()
    expires_on = values["licence_expires_on"]
    return {
        "paper": form.number,
        "renter": {
            "name": values["name"],
            "phone": values["phone"],
            "email": values["email"],
            "language": "vi",
            "born_on": values["born_on"].isoformat(),
            "licence": {
                "class": values["licence_class"],
                "number": values["licence_number"],
                "expires_on": expires_on.isoformat() if expires_on else None,
            },
        },
        "vehicle": vehicle.code,
        "ticket": "",
        "starts_at": values["occurred_at"].astimezone(UTC).isoformat(),
        "ends_at": values["ends_at"].astimezone(UTC).isoformat(),
        "price": {"total": rent, "deposit": deposit, "table": ""},
        "pickup": {**pickup, "cash": None},
        "cash": {"amount": cash, "tendered": cash, "session_ref": ""} if cash else None,
    }


def _found(entry: PaperEntry, form: PaperForm, vehicle: Vehicle) -> dict[str, Any]:
    values = entry.cleaned_data
    at = values["occurred_at"].astimezone(UTC).isoformat()
    purpose = Purpose.RETURN if form.kind == CommandKind.RETURN else Purpose.PICKUP
    checklist = checklist_for(purpose=purpose, model=vehicle.model, on=form.for_day)
    common: dict[str, Any] = {
        "paper": form.number,
        "odometer_km": values["odometer_km"],
        "battery_percent": values["battery_percent"],
        "checklist": {
            "template": checklist.code,
            "version": checklist.version,
            "checked": entry.checked() if entry.items else [item.code for item in checklist.items],
        },
        "note": values["note"],
        "marks": entry.marks(),
    }
    if isinstance(entry, PickupEntry):
        cash = entry.cash()
        return common | {
            "began_at": at,
            "papers": {"seen": True, "face": True, "drivers": [], "selfies": []},
            "contract": None,
            "consented": True,
            "signatures": {"renter": {"signed_at": at}, "staff": {"signed_at": at}},
            "cash": {"amount": cash, "tendered": cash, "session_ref": ""} if cash else None,
            "keys_at": at,
        }
    return common | {
        "presented_at": at,
        "is_dirty": values["is_dirty"],
        "shown": None,
        "acceptance": "later",
        "signature": None,
        "finished_at": at,
    }

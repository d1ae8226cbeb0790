"""What pickup and return have in common: the list that was asked by, the readings, the pictures, the marks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rentals.handovers.models import Inspection
from rentals.handovers.services import add_damage, add_photo, save_inspection
from rentals.handovers.services.inspections import odometer_fault
from rentals.sync.enums import Origin
from rentals.sync.errors import SyncRefusal, SyncRejection
from rentals.sync.handlers.outcome import Form, Outcome
from rentals.sync.models import SyncCommand
from stations.checklists.errors import NoSuchChecklist
from stations.checklists.models import ChecklistTemplate
from stations.checklists.selectors import version_of
from stations.fleet.errors import OdometerWentBack
from stations.fleet.models import Vehicle
from voltgo.core.actors import Actor

MOST_MARKS = 40
# Codes of refusals that are always passed over: it was so, two people have signed it, and a flag tells of it.
ALWAYS = frozenset({OdometerWentBack.code, "battery_too_low"})
# On paper there are no pictures: the scan stands for them.
ON_PAPER = frozenset({"inspection_incomplete", "note_missing"})


def always(command: SyncCommand) -> frozenset[str]:
    """Return which refusals a command passes over without anybody's decision."""
    return ALWAYS | ON_PAPER if command.origin == Origin.PAPER else ALWAYS


def checklist_of(form: Form, *, purpose: str, vehicle: Vehicle) -> ChecklistTemplate | None:
    """Return the version that the tablet has asked by; None for the one that applied on the day.

    A tablet names it as its snapshot does: `pickup-car:3`.
    """
    if not form.has("template"):
        return None
    code, _, version = form.text("template", longest=80).partition(":")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 6 else 0
    number = number or form.number_or_none("version", most=99_999) or 0
    try:
        return version_of(code=code, version=number, purpose=purpose, kind=vehicle.model.kind)
    except NoSuchChecklist:
        return None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a vehicle, as it was filled in."""

    form: Form
    files: Mapping[str, bytes]
    command: SyncCommand

    def write(self, inspection: Inspection, outcome: Outcome, *, by: Actor, is_return: bool = False) -> None:
        """Write readings, points, pictures and marks into a draft inspection."""
        odometer = self.form.number("odometer_km", most=5_000_000)
        inspection.refresh_from_db()
        fault = odometer_fault(inspection, odometer)
        if fault is not None:
            went_back = isinstance(fault, OdometerWentBack)
            outcome.flag("odometer_lower" if went_back else "odometer_implausible")
        save_inspection(
            inspection=inspection,
            odometer_km=odometer,
            battery_percent=self.form.number("battery_percent", most=100),
            checked=self.form.form("checklist").texts("checked"),
            is_dirty=self.form.boolean("is_dirty") if is_return else None,
            note=self.form.text("note", longest=500, default=""),
            as_found=True,
            by=by,
        )
        self._photos(inspection, by)
        self._marks(inspection, by, is_return=is_return)

    def _photos(self, inspection: Inspection, by: Actor) -> None:
        for role in self.files:
            of, _, position = role.partition(":")
            if of == "photo":
                add_photo(inspection=inspection, position=position, upload=self.files[role], by=by)

    def _marks(self, inspection: Inspection, by: Actor, *, is_return: bool) -> None:
        # A handover that was begun on another screen may hold marks already; those stay.
        for mark in self.form.forms("marks", most=MOST_MARKS):
            role = mark.text("file", longest=30, default="")
            if role and role not in self.files:
                raise SyncRejection("malformed")
            add_damage(
                inspection=inspection,
                part=mark.text("part", longest=30),
                kind=mark.text("kind", longest=20),
                note=mark.text("note", longest=200, default=""),
                x=mark.number_or_none("x", most=1_000),
                y=mark.number_or_none("y", most=1_000),
                upload=self.files[role] if role else None,
                charge_amount=(mark.number_or_none("charge") or 0) if is_return else 0,
                by=by,
            )


def record_of(form: Form, files: Any) -> dict[str, Any]:
    """Return what stood above the signatures, in the shape that the tablet hashes."""
    looked_at, marks = form.form("checklist"), []
    for mark in form.forms("marks", most=MOST_MARKS):
        role = mark.text("file", longest=30, default="")
        said = {name: mark.values.get(name) for name in ("part", "kind", "note", "x", "y")}
        marks.append(said | {"photo": files.sha256_of(role) if role else None})
    photos = {role.partition(":")[2]: files.sha256_of(role) for role in files if role.startswith("photo:")}
    return {
        "odometer_km": form.values.get("odometer_km"),
        "battery_percent": form.values.get("battery_percent"),
        "checklist": {
            "template": looked_at.values.get("template"), "checked": looked_at.values.get("checked"),
        },
        "note": form.values.get("note"),
        "marks": marks,
        "photos": photos,
    }  # fmt: skip


def strokes_of(signature: Form) -> str:
    """Return a signature's points as text, however the tablet has put them."""
    strokes = signature.values.get("strokes")
    return strokes if isinstance(strokes, str) else json.dumps(strokes)


def need_file(files: Mapping[str, bytes], role: str) -> bytes:
    if role not in files:
        raise SyncRefusal("signature_unusable", found={"missing": role})
    return files[role]

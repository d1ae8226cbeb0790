"""The steps that pickup and return have in common: photos and damage."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from rentals.handovers import checklists, services
from rentals.handovers.enums import InspectionKind
from rentals.handovers.errors import (
    ChargeNeedsPhoto,
    ChargeOutOfRange,
)
from rentals.handovers.forms import DamageForm, ReturnDamageForm, refuse
from rentals.handovers.models import DamageMark, InspectionPhoto
from rentals.handovers.views.pages import UNPROCESSABLE, StepPage, page, posted
from stations.checklists import outlines
from stations.fleet.enums import VehicleKind
from voltgo.core.errors import DomainError
from voltgo.core.images import PhotoRefused

Tile = dict[str, Any]
# As templates/components/drawings/ have them.
DRAWING_SIZES: Mapping[str, tuple[int, int]] = {VehicleKind.CAR: (400, 200), VehicleKind.SCOOTER: (400, 240)}


def photos_step(step: StepPage) -> HttpResponse:
    """Show and take the photos; each is kept as soon as it comes, also when another one is refused.

    htmx sends one photo at a time and gets its tile back; without it all go with the form.
    """
    request = step.request
    if request.method != "POST":
        return step.render(tiles=_tiles(step), **_known(step))
    errors = _keep_photos(step)
    tiles = _tiles(step, errors)
    if request.headers.get("HX-Request") == "true":
        return _one_tile(step, tiles)
    missing = [tile for tile in tiles if tile["is_required"] and tile["photo"] is None and not tile["error"]]
    for tile in missing:
        tile["error"] = _("Chưa có ảnh này.")
    if errors or missing:
        lines = _error_lines(tiles)
        return step.render(tiles=tiles, lines=lines, status=UNPROCESSABLE, **_known(step))
    return step.go_on()


def _keep_photos(step: StepPage) -> dict[str, str]:
    """Keep what was uploaded; return {position: why not}."""
    errors = {}
    for position, upload in step.request.FILES.items():
        assert not isinstance(upload, list)
        try:
            services.add_photo(
                inspection=step.inspection, position=position, upload=upload, by=step.desk.actor
            )
        except PhotoRefused as error:
            errors[position] = str(error)
    return errors


def _tiles(step: StepPage, errors: dict[str, str] | None = None) -> list[Tile]:
    """Return one tile per position, with the photo taken now and, at return, the one of the pickup."""
    is_return = step.inspection.kind == InspectionKind.RETURN
    photos = _photos(step)
    taken, before = photos[step.inspection.kind], photos[InspectionKind.PICKUP] if is_return else {}
    return [
        {
            "code": position.code,
            "label": str(position.words),
            "outline": position.outline and f"{outlines.FOLDER}/{position.outline}",
            "is_required": position.is_required,
            "is_pair": is_return,
            "photo": taken.get(position.code),
            "before": before.get(position.code),
            "error": (errors or {}).get(position.code, ""),
        }
        for position in checklists.photos_of(step.inspection)
    ]


def _photos(step: StepPage) -> dict[str, dict[str, InspectionPhoto]]:
    """Return the photos of the rental by inspection and position."""
    found: dict[str, dict[str, InspectionPhoto]] = {kind: {} for kind in InspectionKind.values}
    for row in InspectionPhoto.objects.filter(inspection__rental=step.rental).annotate(
        kind=F("inspection__kind")
    ):
        found[row.kind][row.position] = row
    return found


def _one_tile(step: StepPage, tiles: list[Tile]) -> HttpResponse:
    position = next(iter(step.request.FILES), "")
    tile = next((tile for tile in tiles if tile["code"] == position), None)
    context = {"tile": tile, "is_fragment": True}
    return page(step.request, step.desk, "station/_photo_tile.html", context)


def _error_lines(tiles: list[Tile]) -> list[dict[str, str]]:
    return [
        {"href": f"#photo_{tile['code']}", "text": f"{tile['label']}: {tile['error']}"}
        for tile in tiles
        if tile["error"]
    ]


def damage_step(step: StepPage) -> HttpResponse:
    """Show the marks and take a new one."""
    request = step.request
    is_return = step.inspection.kind == InspectionKind.RETURN
    form_class = ReturnDamageForm if is_return else DamageForm
    form = form_class(posted(request), request.FILES or None, vehicle_kind=step.vehicle_kind)
    if request.method == "POST" and form.is_valid() and _add_damage(step, form):
        return step.stay()
    return step.render(form=form, **_marks(step))


def remove_damage(step: StepPage, mark_id: int) -> HttpResponse:
    """Take a mark of this draft back."""
    mark = get_object_or_404(DamageMark, pk=mark_id, inspection=step.inspection)
    mark.inspection = step.inspection
    services.remove_damage(mark=mark, by=step.desk.actor)
    return redirect(f"station:{step.prefix}-damage", code=step.rental.booking.code)


FIELD_OF: dict[type[DomainError], str] = {
    PhotoRefused: "upload",
    ChargeNeedsPhoto: "upload",
    ChargeOutOfRange: "charge_amount",
}


def _add_damage(step: StepPage, form: DamageForm) -> bool:
    values = form.cleaned_data
    try:
        services.add_damage(
            inspection=step.inspection,
            part=values["part"],
            kind=values["kind"],
            note=values["note"],
            x=values["x"],
            y=values["y"],
            upload=values["upload"],
            charge_amount=values.get("charge_amount", 0),
            by=step.desk.actor,
        )
    except DomainError as error:
        field = next((name for kind, name in FIELD_OF.items() if isinstance(error, kind)), None)
        refuse(form, error, field)
        return False
    return True


def _marks(step: StepPage) -> dict[str, Any]:
    """Return the marks of this inspection and, at return, what was known before it, with both pictures."""
    rows = list(DamageMark.objects.filter(inspection__rental=step.rental).order_by("pk"))
    here = [mark for mark in rows if mark.inspection_id == step.inspection.pk]
    known = [mark for mark in rows if mark.inspection_id != step.inspection.pk]
    return {
        "marks": here,
        "known_marks": known,
        "pins_here": _pins(here, step.vehicle_kind),
        "pins_known": _pins(known, step.vehicle_kind),
        "pairs": _tiles(step) if step.inspection.kind == InspectionKind.RETURN else [],
    }


def _known(step: StepPage) -> dict[str, Any]:
    """Return the marks that were there at pickup, for whoever photographs the return."""
    if step.inspection.kind != InspectionKind.RETURN:
        return {}
    rows = DamageMark.objects.filter(inspection__rental=step.rental).exclude(inspection=step.inspection)
    known = list(rows.order_by("pk"))
    return {"known_marks": known, "pins_known": _pins(known, step.vehicle_kind)}


def _pins(marks: list[DamageMark], vehicle_kind: str) -> list[dict[str, Any]]:
    """Return where marks stand on the drawing, each with its number in the list; not all are on it."""
    width, height = DRAWING_SIZES[vehicle_kind]
    return [
        {"x": f"{mark.x * width / 1000:.1f}", "y": f"{mark.y * height / 1000:.1f}", "number": number}
        for number, mark in enumerate(marks, start=1)
        if mark.x is not None and mark.y is not None
    ]

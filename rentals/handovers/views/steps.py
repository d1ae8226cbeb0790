"""The steps that pickup and return have in common: photos and damage."""

from typing import Any

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
from voltgo.core.errors import DomainError
from voltgo.core.images import PhotoRefused

Tile = dict[str, Any]


def photos_step(step: StepPage) -> HttpResponse:
    """Show and take the photos; each is kept as soon as it comes, also when another one is refused.

    htmx sends one photo at a time and gets its tile back; without it all go with the form.
    """
    request = step.request
    if request.method != "POST":
        return step.render(tiles=_tiles(step))
    errors = _keep_photos(step)
    tiles = _tiles(step, errors)
    if request.headers.get("HX-Request") == "true":
        return _one_tile(step, tiles)
    missing = [tile for tile in tiles if tile["is_required"] and tile["photo"] is None and not tile["error"]]
    for tile in missing:
        tile["error"] = _("Chưa có ảnh này.")
    if errors or missing:
        return step.render(tiles=tiles, lines=_error_lines(tiles), status=UNPROCESSABLE)
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
    taken = _by_position(step, step.inspection.kind)
    is_return = step.inspection.kind == InspectionKind.RETURN
    before = _by_position(step, InspectionKind.PICKUP) if is_return else {}
    return [
        {
            "code": position.code,
            "label": str(position.words),
            "outline": position.outline and f"{outlines.FOLDER}/{position.outline}",
            "is_required": position.is_required,
            "photo": taken.get(position.code),
            "before": before.get(position.code),
            "error": (errors or {}).get(position.code, ""),
        }
        for position in checklists.photos_of(step.inspection)
    ]


def _by_position(step: StepPage, kind: str) -> dict[str, InspectionPhoto]:
    rows = InspectionPhoto.objects.filter(inspection__rental=step.rental, inspection__kind=kind)
    return {row.position: row for row in rows}


def _one_tile(step: StepPage, tiles: list[Tile]) -> HttpResponse:
    position = next(iter(step.request.FILES), "")
    tile = next((tile for tile in tiles if tile["code"] == position), None)
    context = {"tile": tile, "is_fragment": True}
    return page(step.request, step.desk, "station/_photo_tile.html", context)


def _error_lines(tiles: list[Tile]) -> list[dict[str, str]]:
    return [
        {"href": f"#{tile['code']}", "text": f"{tile['label']}: {tile['error']}"}
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
    """Return the marks of this inspection, and what was known before it."""
    rows = list(DamageMark.objects.filter(inspection__rental=step.rental).order_by("pk"))
    here = [mark for mark in rows if mark.inspection_id == step.inspection.pk]
    return {
        "marks": here,
        "known_marks": [mark for mark in rows if mark.inspection_id != step.inspection.pk],
        "pins": [{"x": mark.x, "y": mark.y, "part": mark.part} for mark in here if mark.x is not None],
    }

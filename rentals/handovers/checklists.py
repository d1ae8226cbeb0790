"""What a joint inspection looks at: the list that it was begun with, and the words of what was found by it."""

from collections.abc import Iterable

from rentals.handovers.models import Inspection
from stations.checklists import selectors
from stations.checklists.lists import Checklist, Item, Photo, Words
from stations.checklists.models import ChecklistTemplate
from stations.fleet.models import VehicleModel
from voltgo.core import clock

__all__ = ["Item", "Photo", "Words", "items_of", "list_of", "photos_of", "version_for"]


def version_for(purpose: str, model: VehicleModel) -> ChecklistTemplate | None:
    """Return the version that an inspection which begins now is made with; its kind is the list's purpose."""
    return selectors.template_for(purpose=purpose, model=model, on=clock.today())


def list_of(inspection: Inspection) -> Checklist:
    """Return the list of an inspection: what it was begun with, whatever has been published since."""
    kind = inspection.rental.vehicle.model.kind
    return selectors.as_list(inspection.checklist, purpose=inspection.kind, kind=kind)


def items_of(inspection: Inspection) -> tuple[Item, ...]:
    """Return the points. At pickup every mandatory one must be in order; at return what is not needs a note."""
    return list_of(inspection).items


def photos_of(inspection: Inspection) -> tuple[Photo, ...]:
    """Return the photo positions, those that may be left out too."""
    return list_of(inspection).photos


def words_of_codes(inspection: Inspection, codes: Iterable[str]) -> list[Words]:
    """Return what the codes of an inspection mean, by its own list, else by any version; a code for itself."""
    checklist = list_of(inspection)
    known = {item.code: item.words for item in checklist.items}
    where = {"purpose": checklist.purpose, "kind": checklist.vehicle_kind}
    return [known.get(code) or selectors.words_of_item(code, **where) or Words(code, code) for code in codes]


def position_words(position: str, *inspections: Inspection) -> Words:
    """Return what a photo position is called, by the lists of these inspections, else by any version."""
    lists = [list_of(inspection) for inspection in inspections]
    found = (checklist.photo(position) for checklist in lists)
    known = next((photo.words for photo in found if photo is not None), None)
    where = {"purpose": lists[0].purpose, "kind": lists[0].vehicle_kind}
    return known or selectors.words_of_position(position, **where) or Words(position, position)

"""What keeps a draft from being published, each in words that say what to do."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from stations.checklists.enums import JOINT, Purpose
from stations.checklists.lists import Checklist
from stations.checklists.models import ChecklistTemplate
from stations.checklists.outlines import choices
from stations.checklists.selectors import as_list, in_force


def needs_of(template: ChecklistTemplate, *, on: date) -> list[str]:
    """Return what a draft still lacks before it can apply from a day on."""
    checklist = template.drafted()
    return [*_items(checklist), *_photos(checklist), *_pairs(template, checklist, on)]


def _items(checklist: Checklist) -> Iterable[str]:
    if not any(item.is_mandatory for item in checklist.items):
        yield _("Cần ít nhất một mục kiểm tra bắt buộc.")


def _photos(checklist: Checklist) -> Iterable[str]:
    if checklist.purpose not in JOINT:
        if checklist.photos:
            yield _("Khi chuẩn bị xe không chụp ảnh theo vị trí. Hãy xóa các vị trí chụp ảnh.")
        return
    if not any(photo.is_required for photo in checklist.photos):
        yield _("Cần ít nhất một vị trí chụp ảnh bắt buộc.")
    known = {name for name, _label in choices()}
    for photo in checklist.photos:
        if photo.outline and photo.outline not in known:
            yield _("Vị trí “%(words)s”: không có hình khung %(name)s.") % {
                "words": photo.words,
                "name": photo.outline,
            }


def _pairs(template: ChecklistTemplate, checklist: Checklist, on: date) -> Iterable[str]:
    """A charge for damage stands on two pictures: what is photographed at pickup must be so at return."""
    if checklist.purpose not in JOINT:
        return
    other = counterpart_of(template, on)
    pickup, back = (checklist, other) if checklist.purpose == Purpose.PICKUP else (other, checklist)
    for photo in pickup.photos:
        if photo.is_required and back.photo(photo.code) is None:
            if checklist is pickup:
                words = _("Danh mục nhận lại xe chưa có vị trí “%(words)s”. Hãy ban hành ở đó trước.")
            else:
                words = _("Thiếu vị trí “%(words)s”: ảnh lúc giao cần có ảnh lúc trả để so sánh.")
            yield words % {"words": photo.words}


def counterpart_of(template: ChecklistTemplate, on: date) -> Checklist:
    """Return the list in force at the other end of a rental: its own for the model, else that of the kind."""
    purpose = Purpose.RETURN if template.purpose == Purpose.PICKUP else Purpose.PICKUP
    rows = [
        row for row in in_force(on) if row.purpose == purpose and row.vehicle_kind == template.vehicle_kind
    ]
    own = next((row for row in rows if row.vehicle_model_id == template.vehicle_model_id), None)
    found = own or next((row for row in rows if row.vehicle_model_id is None), None)
    return as_list(found, purpose=purpose, kind=template.vehicle_kind)

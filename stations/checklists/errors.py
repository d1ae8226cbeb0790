"""What checklists refuse."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError, InvalidInput, NotFound


class ChecklistFrozen(DomainError):
    code = "checklist_frozen"
    message = _("Danh mục này đã ban hành, không sửa được nữa. Hãy soạn bản mới từ bản này.")


class ChecklistUnfinished(InvalidInput):
    """Something lacks before publishing; details["needs"] says what, in words for people."""

    code = "checklist_unfinished"
    message = _("Danh mục chưa ban hành được.")

    def __init__(self, *, needs: list[str], **details: Any) -> None:
        super().__init__(" ".join(needs), needs=needs, **details)


class ChecklistDayPast(InvalidInput):
    code = "checklist_day_past"
    message = _("Ngày áp dụng phải từ hôm nay trở đi.")


class ChecklistNeeded(DomainError):
    code = "checklist_needed"
    message = _("Đây là danh mục duy nhất đang áp dụng cho loại xe này. Hãy ban hành bản khác trước.")


class OtherKindOfVehicle(InvalidInput):
    code = "other_kind_of_vehicle"
    message = _("Mẫu xe này thuộc loại xe khác với danh mục.")


class NoSuchChecklist(NotFound):
    code = "no_such_checklist"
    message = _("Không có danh mục kiểm tra này.")

"""Tables inside of a row's page."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline


class OperatorInline(TabularInline):
    """Rows that are edited with their parent; each box carries the name of its column for screen readers."""

    extra = 0
    hide_title = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            # A select of related rows is wrapped; the name belongs to the box itself.
            box = getattr(field.widget, "widget", field.widget)
            box.attrs["aria-label"] = field.label
        return field


class RecordInline(OperatorInline):
    """Rows to look at only."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

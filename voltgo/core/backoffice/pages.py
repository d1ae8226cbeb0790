"""The two kinds of pages for operators: rows that they edit, and records that they only look at."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voltgo.core.audit.admin import subject_of
from voltgo.core.backoffice.fields import DongInput
from voltgo.core.backoffice.steps import SteppedAdmin
from voltgo.core.backoffice.trail import trail_of
from voltgo.core.money import DongField
from voltgo.core.states import Machine


class OperatorAdmin(SteppedAdmin):
    """A page that operators edit: money in dong, steps as buttons, and what happened to the row below it.

    `kept_because` says why a row cannot be deleted, and takes away the button. `machines` are the state
    machines whose steps belong to the row's trail.
    """

    machines: ClassVar[Sequence[Machine]] = ()
    kept_because: ClassVar[str | Promise] = ""
    has_trail: ClassVar[bool] = True
    formfield_overrides: ClassVar[Any] = {DongField: {"form_class": DongInput}}
    change_form_outer_after_template = "admin/backoffice/trail.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.kept_because and bool(super().has_delete_permission(request, obj))

    def trail_subjects(self, row: Any) -> Sequence[str]:
        """Name the row as audit events do; more names where services use another one."""
        return (subject_of(row),)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row: models.Model | None = kwargs.get("obj")
        if row is not None and row.pk and self.has_trail:
            context["trail"] = trail_of(row, self.machines, self.trail_subjects(row))
            context["kept_because"] = self.kept_because
        return super().render_change_form(request, context, *args, **kwargs)


class RecordAdmin(OperatorAdmin):
    """A page to look at: only services write these rows. Steps, where there are any, go through them."""

    kept_because = _("Bản ghi này là một phần của lịch sử.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

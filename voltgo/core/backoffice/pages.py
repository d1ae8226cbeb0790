"""The two kinds of pages for operators: rows that they edit, and records that they only look at."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.db import IntegrityError, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from voltgo.core.audit.admin import subject_of
from voltgo.core.backoffice.fields import DongInput
from voltgo.core.backoffice.panels import MakePanel
from voltgo.core.backoffice.steps import Step, SteppedAdmin
from voltgo.core.backoffice.trail import trail_of
from voltgo.core.money import DongField, format_dong
from voltgo.core.states import Machine


class OperatorAdmin(SteppedAdmin):
    """A page that operators edit: money in dong, steps as buttons, and what happened to the row below it.

    `kept_because` says why a row cannot be deleted, and takes away the button. `machines` are the state
    machines whose steps belong to the row's trail. `refusals` puts the database's last word, by the name of
    the constraint, into words for people.
    """

    machines: ClassVar[Sequence[Machine]] = ()
    kept_because: ClassVar[StrOrPromise] = ""
    refusals: ClassVar[Mapping[str, StrOrPromise]] = {}
    panels: ClassVar[Sequence[MakePanel]] = ()
    formfield_overrides: ClassVar[Any] = {DongField: {"form_class": DongInput}}  # type: ignore[misc]
    change_form_outer_after_template: Any = "admin/backoffice/below.html"

    def __init__(self, model: type[Any], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        amounts = {field.name: _dong for field in model._meta.concrete_fields if isinstance(field, DongField)}
        self.readonly_preprocess_fields = {**amounts, **self.readonly_preprocess_fields}

    @classmethod
    def extend(
        cls, *, steps: Sequence[Step] = (), panels: Sequence[MakePanel] = (), filters: Sequence[Any] = ()
    ) -> None:
        """Add what an area further right has to offer on this page; called when its own pages are loaded."""
        cls.steps = (*cls.steps, *steps)
        cls.panels = (*cls.panels, *panels)
        cls.list_filter = (*cls.list_filter, *filters)

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Open the row by its first column that is not a link to another row."""
        chosen = super().get_list_display_links(request, list_display)
        if self.list_display_links is None or self.list_display_links:
            return chosen
        own = (name for name in list_display if not getattr(getattr(self, str(name), None), "is_link", False))
        return [next(own, list_display[0])]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not self.kept_because and bool(super().has_delete_permission(request, obj))

    def note_for(self, row: Any) -> StrOrPromise:
        """Say why something that people look for on this page is not there."""
        return (
            _("%(reason)s Vì vậy không xóa được.") % {"reason": self.kept_because}
            if self.kept_because
            else ""
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Permission:
            # A permission is called by its model as well: without this, by a query for each.
            kwargs.setdefault("queryset", Permission.objects.select_related("content_type"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def trail_subjects(self, row: Any) -> Sequence[str]:
        """Name the row as audit events do; more names where services use another one."""
        return (subject_of(row),)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as clash:
            # Only a rival can bring us here: forms have checked the same rules a moment ago.
            words = self.refusals.get(_constraint_of(clash))
            if not words:
                raise
            self.message_user(request, words, messages.ERROR)
            return redirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row: models.Model | None = kwargs.get("obj")
        if row is not None and row.pk:
            context["panels"] = [make(row) for make in self.panels]
            context["trail"] = trail_of(row, self.machines, self.trail_subjects(row))
            context["note"] = self.note_for(row)
        return super().render_change_form(request, context, *args, **kwargs)


class RecordAdmin(OperatorAdmin):
    """A page to look at: only services write these rows. Steps, where there are any, go through them."""

    kept_because = _("Bản ghi này là một phần của lịch sử.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _dong(shown: str) -> str:
    """Print an amount of a read-only field, which comes as the text of its number."""
    return format_dong(int(shown)) if re.fullmatch(r"-?\d+", shown) else shown


def _constraint_of(clash: IntegrityError) -> str:
    """Return the name of the constraint that said no."""
    return getattr(getattr(clash.__cause__, "diag", None), "constraint_name", None) or ""

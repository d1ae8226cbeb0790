"""The base of every admin of ours: each change leaves an audit event, states are only looked at.

This is the one place where the admin writes rows. What has a rule goes through a service instead: call it
from an action with `apply_to_each`, or override `save_model`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.db import models
from django.forms import ModelForm
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.errors import DomainError

# Moved by services only, whatever the model.
STATE_FIELDS = ("state", "lifecycle", "condition")
# Written as "changed", never with their value.
SECRET_FIELDS = ("password",)
MASK = "•••"

Values = dict[str, Any]


def admin_actor(request: HttpRequest) -> Actor:
    """Return who works in the admin, as an actor for services and audit events."""
    user: Any = request.user
    return Actor(ActorKind.OPERATOR, getattr(user, "public_id", str(user.pk)), user.get_full_name())


def subject_of(row: models.Model) -> str:
    """Name a row as audit events do: `user:U-7K2M4Q9ACD`, `booking:VG-7K2M4Q`, `bay:12`."""
    name = row._meta.model_name
    reference = getattr(row, "public_id", None) or getattr(row, "code", None) or row.pk
    return f"{name}:{reference}"


def action_of(row: models.Model, verb: str) -> str:
    return f"{row._meta.app_label}.{row._meta.model_name}.{verb}"


class AuditedAdmin(ModelAdmin):
    """Unfold's admin with an audit event for each addition, change and deletion.

    `masked_fields` are noted as changed without their values; use it for personal data.
    `state_fields` are read-only wherever the model has them.
    """

    state_fields: ClassVar[Sequence[str]] = STATE_FIELDS
    masked_fields: ClassVar[Sequence[str]] = ()
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        declared: tuple[Any, ...] = tuple(super().get_readonly_fields(request, obj))
        columns = {field.name for field in self.model._meta.get_fields()}
        return (*declared, *(name for name in self.state_fields if name in columns and name not in declared))

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        # Read before anything is written; `save_related`, which always follows, compares.
        form.values_before = self._stored_values(obj) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:  # noqa: FBT001 (Django's signature)
        super().save_related(request, form, formsets, change)
        before: Values | None = getattr(form, "values_before", None)
        if before is None:
            # An override of `save_model` has called a service, which keeps its own record.
            return
        changes = self._difference(before, self._stored_values(form.instance))
        if changes or not change:
            self._record(request, form.instance, "changed" if change else "added", changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        super().save_formset(request, form, formset, change)
        if not isinstance(formset, BaseModelFormSet):
            return
        rows: dict[Any, ModelForm[Any]] = {each.instance.pk: each for each in formset.forms}
        for row in formset.new_objects:
            self._record(request, row, "added", self._difference({}, self._values(row)))
        for row, names in formset.changed_objects:
            initial = rows[row.pk].initial
            before = {name: _plain(initial.get(name)) for name in names}
            self._record(request, row, "changed", self._difference(before, self._values(row, names)))
        for row in formset.deleted_objects:
            self._record(request, row, "deleted", {})

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        values = self._difference(self._stored_values(obj), {})
        subject, action = subject_of(obj), action_of(obj, "deleted")
        super().delete_model(request, obj)
        audit.record(action, subject, by=admin_actor(request), **values)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def apply_to_each(
        self, request: HttpRequest, rows: Iterable[Any], service: Callable[[Any], object]
    ) -> int:
        """Call a service for each chosen row; tell how many it took and why it refused the others."""
        done = 0
        for row in rows:
            try:
                service(row)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
            else:
                done += 1
        if done:
            said = ngettext("Đã xử lý %(count)d mục.", "Đã xử lý %(count)d mục.", done) % {"count": done}
            self.message_user(request, said, messages.SUCCESS)
        return done

    def _record(self, request: HttpRequest, row: models.Model, verb: str, changes: Values) -> None:
        audit.record(action_of(row, verb), subject_of(row), by=admin_actor(request), **changes)

    def _stored_values(self, row: models.Model) -> Values:
        """Read the row as it stands in the database, many-to-many fields included."""
        stored = type(row)._base_manager.filter(pk=row.pk).first()
        if stored is None:
            return {}
        values = self._values(stored)
        for field in stored._meta.many_to_many:
            values[field.name] = sorted(str(other) for other in getattr(stored, field.name).all())
        return values

    def _values(self, row: models.Model, names: Iterable[str] | None = None) -> Values:
        wanted = set(names) if names is not None else None
        return {
            field.name: _plain(field.value_from_object(row))
            for field in row._meta.concrete_fields
            if not field.primary_key and (wanted is None or field.name in wanted)
        }

    def _difference(self, before: Values, after: Values) -> Values:
        """Return {field: [old, new]} of what differs, secret values masked, empty ones of new rows left out."""
        changes: Values = {}
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name), after.get(name)
            if old == new or (not before and new in (None, "", [])):
                continue
            is_secret = name in SECRET_FIELDS or name in self.masked_fields
            changes[name] = [MASK, MASK] if is_secret else [old, new]
        return changes


class LogAdmin(AuditedAdmin):
    """For rows that only programs write: searchable, never changed by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _plain(value: Any) -> Any:
    """Keep what JSON can carry; write everything else as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, models.Model):
        return value.pk
    return str(value)

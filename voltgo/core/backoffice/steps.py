"""Steps: what operators do to rows through services, each after a page that asks and says what will happen.

A step is data on a ModelAdmin. It appears as a button on the row's page while it applies, and in the list's
actions for many rows at once. The service is called once per row and decides; its refusal is shown in words.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise
from unfold.widgets import UnfoldAdminTextareaWidget

from voltgo.core.actors import Actor
from voltgo.core.audit.admin import AuditedAdmin, admin_actor
from voltgo.core.backoffice.panels import Panel
from voltgo.core.errors import DomainError

Facts = Sequence[tuple[StrOrPromise, StrOrPromise]]
# Marks the second request of a list action: the person has seen the page and agreed.
AGREED = "step_agreed"
# The button that shows what would happen and does nothing.
PREVIEW = "preview"
# As many rows of a list action are named; the rest is counted.
NAMED_ROWS = 20


class StepForm(forms.Form):
    """What a step asks for besides agreement; `rows` are the rows that it is about."""

    def __init__(self, *args: Any, rows: Sequence[Any], **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(*args, **kwargs)


class ReasonForm(StepForm):
    """Asks why. The reason is kept with the event."""

    reason = forms.CharField(
        label=_("Lý do"), max_length=300, strip=True, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: how it is called, what it asks, when it applies, and the service that does it.

    `do` gets the row, who asks, and the form's clean values. `permission` is a codename's verb, or the whole
    name "app.codename". `facts` says what would happen to a row, as pairs of label and value. `preview` shows
    what the values that were typed would do, on a button of its own that writes nothing; with `must_preview`
    nothing is done that was not shown in just this way.
    """

    name: str
    label: StrOrPromise
    do: Callable[[Any, Actor, Mapping[str, Any]], object]
    hint: StrOrPromise = ""
    form_class: type[StepForm] = StepForm
    applies: Callable[[Any], bool] = lambda _row: True
    facts: Callable[[Any], Facts] = lambda _row: ()
    preview: Callable[[Any, Mapping[str, Any]], Panel] | None = None
    must_preview: bool = False
    # Where a person goes on after a step on one row, from what the service returned; else back to the row.
    lands_on: Callable[[Any], str] | None = None
    permission: str = "change"
    # The row's field with the id of who asked for it: that person is offered no such step.
    asker: str = ""
    icon: str = "bolt"
    is_grave: bool = False
    is_for_many: bool = True

    def permission_name(self, model: type[models.Model]) -> str:
        if "." in self.permission:
            return self.permission
        return f"{model._meta.app_label}.{self.permission}_{model._meta.model_name}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A row on the page that asks."""

    row: models.Model
    facts: Facts = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A button on a row's page that only opens another page."""

    label: StrOrPromise
    icon: str
    is_grave: bool = False


def _asked_for_it(request: HttpRequest, row: Any, step: Step) -> bool:
    return bool(step.asker) and getattr(row, step.asker) == admin_actor(request).ref


class SteppedAdmin(AuditedAdmin):
    """A ModelAdmin with steps. They do not need the right to edit the row's fields."""

    steps: ClassVar[Sequence[Step]] = ()
    change_form_outer_before_template: Any = "admin/backoffice/steps.html"

    def may_step(self, request: HttpRequest, step: Step) -> bool:
        user: Any = request.user
        return bool(user.has_perm(step.permission_name(self.model)))

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_step"
        page = path(
            "<path:object_id>/step/<slug:step_name>/", self.admin_site.admin_view(self.step_view), name=name
        )
        return [page, *super().get_urls()]

    def step_url(self, row: models.Model, step: Step) -> str:
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_step", args=[row.pk, step.name])

    # --- On the row's page ------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and row.pk:
            context["buttons"] = [
                *self.shortcuts(request, row),
                *(
                    (step, self.step_url(row, step))
                    for step in self.steps
                    if self._is_open(request, row, step) and not _asked_for_it(request, row, step)
                ),
            ]
            context["needs_another"] = any(
                self._is_open(request, row, step) and _asked_for_it(request, row, step) for step in self.steps
            )
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def shortcuts(self, request: HttpRequest, row: Any) -> Sequence[tuple[Shortcut, str]]:
        """Return buttons that stand before the steps, each with its address."""
        return ()

    def _is_open(self, request: HttpRequest, row: models.Model, step: Step) -> bool:
        return self.may_step(request, step) and step.applies(row)

    def step_view(self, request: HttpRequest, object_id: str, step_name: str) -> HttpResponse:
        """Ask on GET, do on POST. A refusal comes back at the form, with what was typed."""
        step = next((each for each in self.steps if each.name == step_name), None)
        row = self.get_object(request, object_id)
        if step is None or row is None or not self.has_view_permission(request, row):
            raise Http404
        if not self.may_step(request, step):
            raise PermissionDenied
        back = reverse(
            f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change", args=[row.pk]
        )
        if request.method != "POST":
            if not step.applies(row):
                self.message_user(request, _("Thao tác này không còn áp dụng."), messages.WARNING)
                return redirect(back)
            return self._ask(request, step, [row], step.form_class(rows=[row]), back=back)
        form = step.form_class(request.POST, request.FILES, rows=[row])
        if not form.is_valid():
            return self._ask(request, step, [row], form, back=back, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            if step.preview is not None and (PREVIEW in request.POST or _is_unseen(request, step, form)):
                shown = step.preview(row, form.cleaned_data)
                return self._ask(request, step, [row], form, back=back, preview=shown)
            done = step.do(row, admin_actor(request), form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
            return self._ask(request, step, [row], form, back=back, status=refusal.status)
        self.message_user(request, _("Đã thực hiện: %(step)s.") % {"step": step.label}, messages.SUCCESS)
        return redirect(step.lands_on(done) if step.lands_on else back)

    # --- In the list --------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        # Django's own deletion would bypass the hint on why rows are kept.
        actions.pop("delete_selected", None)
        for step in self.steps:
            if step.is_for_many and self.may_step(request, step):
                actions[step.name] = (_list_action(step), step.name, step.label)
        return actions

    def step_many(
        self, request: HttpRequest, step: Step, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask for a chosen set of rows, then call the service for each; tell what it refused."""
        rows = list(queryset)
        back = request.get_full_path()
        if AGREED not in request.POST:
            return self._ask(request, step, rows, step.form_class(rows=rows), back=back, is_list=True)
        form = step.form_class(request.POST, request.FILES, rows=rows)
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._ask(request, step, rows, form, back=back, status=status, is_list=True)
        actor = admin_actor(request)
        self.apply_to_each(request, rows, lambda row: step.do(row, actor, form.cleaned_data))
        return HttpResponseRedirect(back)

    # --- The page that asks -------------------------------------------------------------------------

    def _ask(
        self,
        request: HttpRequest,
        step: Step,
        rows: Sequence[models.Model],
        form: StepForm,
        *,
        back: str,
        status: int = HTTPStatus.OK,
        is_list: bool = False,
        preview: Panel | None = None,
    ) -> HttpResponse:
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME) if is_list else []
        hidden = [("action", step.name), ("index", "0"), (AGREED, "1")] if is_list else []
        hidden += [(helpers.ACTION_CHECKBOX_NAME, pk) for pk in chosen]
        if is_list and request.POST.get("select_across") == "1":
            hidden.append(("select_across", "1"))
        if preview is not None:
            hidden.append((AGREED, _fingerprint(request, form)))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": step.label,
            "subtitle": str(rows[0]) if len(rows) == 1 else None,
            "step": step,
            "shown": [Shown(row, step.facts(row)) for row in rows[:NAMED_ROWS]],
            # Whether the step itself may be done from here, or must be looked at first.
            "may_do": preview is not None or not step.must_preview,
            "more": _more(len(rows) - NAMED_ROWS),
            "form": form,
            "panels": [preview] if preview else [],
            # A template would call `step.preview` itself.
            "has_preview": step.preview is not None,
            "hidden": hidden,
            "back": back,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/backoffice/step.html", context, status=status)


def _fingerprint(request: HttpRequest, form: StepForm) -> str:
    """Return a short name for what was typed, by which the next request shows that it is still the same."""
    widgets = [form.add_prefix(name) for name in form.fields]
    typed = [
        (name, values)
        for name, values in sorted(request.POST.lists())
        if any(name == widget or name.startswith(f"{widget}_") for widget in widgets)
    ]
    return hashlib.sha256(repr(typed).encode()).hexdigest()[:16]


def _is_unseen(request: HttpRequest, step: Step, form: StepForm) -> bool:
    return step.must_preview and request.POST.get(AGREED) != _fingerprint(request, form)


def _list_action(step: Step) -> Callable[..., HttpResponse | None]:
    def action(
        page: SteppedAdmin, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        return page.step_many(request, step, queryset)

    return action


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return ngettext("và %(count)d mục nữa", "và %(count)d mục nữa", count) % {"count": count}

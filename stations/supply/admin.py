"""Thresholds of supply, what operators decide in their place, and the levels that staff were told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextareaWidget

from stations.supply import services
from stations.supply.enums import SupplyLevel
from stations.supply.models import SupplyOverride, SupplyRule, SupplyStatus
from stations.supply.selectors import levels_at
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import link, moment, tag
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import ReasonForm, Step, StepForm

LEVEL_COLOURS = {
    SupplyLevel.NORMAL: "success",
    SupplyLevel.NARROW: "warning",
    SupplyLevel.STOPPED: "danger",
}
USUAL_OVERRIDE = timedelta(hours=4)


class OverrideForm(StepForm):
    """The level, until when, and why."""

    level = forms.ChoiceField(
        label=_("Mức"),
        choices=SupplyLevel.choices,
        widget=UnfoldAdminSelectWidget,
        initial=SupplyLevel.STOPPED,
    )
    until = forms.SplitDateTimeField(label=_("Áp dụng đến"), widget=UnfoldAdminSplitDateTimeWidget)
    reason = forms.CharField(
        label=_("Lý do"), max_length=200, strip=True, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"until": clock.local(clock.now() + USUAL_OVERRIDE).replace(minute=0, second=0)}


def _override(rule: SupplyRule, by: Actor, values: Mapping[str, Any]) -> SupplyOverride:
    return services.override_supply(station=rule.station, kind=rule.kind, by=by, **values)


def _now_of(rule: SupplyRule) -> Panel:
    """Show what stands ready at this moment and what follows from it."""
    supply = levels_at(rule.station).get(rule.kind)
    rows = [] if supply is None else [(supply.level.label, supply.cause.label, str(supply.ready))]
    return Panel(
        title=_("Lúc này"),
        headings=(_("Mức"), _("Vì"), _("Xe sẵn sàng")),
        rows=rows,
        empty=_("Chưa có ngưỡng."),
    )


class SupplyRuleForm(forms.ModelForm[SupplyRule]):
    class Meta:
        model = SupplyRule
        fields = ("station", "kind", "safe_threshold", "walk_in_reserve")

    def clean(self) -> dict[str, Any]:
        """Keep the reserve below the threshold: else the guard would stop before it narrows."""
        values = super().clean() or self.cleaned_data
        threshold, reserve = values.get("safe_threshold"), values.get("walk_in_reserve")
        if threshold is not None and reserve is not None and reserve > threshold:
            raise ValidationError({"walk_in_reserve": _("Số xe dành cho quầy không lớn hơn ngưỡng an toàn.")})
        return values


@admin.register(SupplyRule)
class SupplyRuleAdmin(OperatorAdmin):
    form = SupplyRuleForm
    list_display = ("place", "kind", "safe_threshold", "walk_in_reserve")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
    )
    list_select_related = ("station",)
    search_fields = ("station__name", "station__code")
    autocomplete_fields = ("station",)
    ordering = ("station__name", "kind")
    fields = ("station", "kind", ("safe_threshold", "walk_in_reserve"))
    panels: ClassVar = (_now_of,)
    place = link("station", _("trạm"), order="station__name")
    steps = (
        Step(
            name="override",
            label=_("Quyết định thay ngưỡng"),
            hint=_(
                "Mức này áp dụng đến giờ đã chọn, dù trạm có bao nhiêu xe sẵn sàng. "
                "Khách đến trực tiếp vẫn được phục vụ."
            ),
            form_class=OverrideForm,
            do=_override,
            icon="gavel",
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("station")

    def trail_subjects(self, row: SupplyRule) -> tuple[str, ...]:
        # Decisions are noted with their station.
        return (*super().trail_subjects(row), f"station:{row.station.code}")


@admin.register(SupplyOverride)
class SupplyOverrideAdmin(RecordAdmin):
    list_display = ("place", "kind", "mode", "reason", "by_label", "created", "ends", "ended_at")
    list_filter = (
        ("level", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("station",)
    search_fields = ("station__name", "station__code", "reason", "by_label")
    ordering = ("-created_at",)
    fields = ("place", "kind", "mode", "reason", "by_label", "created", "ends", "ended_at")
    place = link("station", _("trạm"), order="station__name")
    mode = tag("level", _("mức"), LEVEL_COLOURS)
    created = moment("created_at", _("từ"))
    ends = moment("until", _("đến"))
    steps = (
        Step(
            name="end",
            label=_("Kết thúc ngay"),
            hint=_("Ngưỡng của trạm áp dụng trở lại từ bây giờ."),
            form_class=ReasonForm,
            do=lambda row, by, data: services.end_override(override=row, reason=data["reason"], by=by),
            applies=lambda row: row.ended_at is None and row.until > clock.now(),
            permission="stations.change_supplyoverride",
            icon="event_available",
        ),
    )

    def trail_subjects(self, row: SupplyOverride) -> tuple[str, ...]:
        return (*super().trail_subjects(row), f"station:{row.station.code}")


@admin.register(SupplyStatus)
class SupplyStatusAdmin(RecordAdmin):
    list_display = ("place", "kind", "mode", "cause", "ready_count", "noted")
    list_filter = (
        ("level", ChoicesDropdownFilter),
        ("cause", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("station__city", RelatedDropdownFilter),
    )
    list_select_related = ("station",)
    search_fields = ("station__name", "station__code")
    ordering = ("station__name", "kind")
    fields = ("place", "kind", "mode", "cause", "ready_count", "noted")
    place = link("station", _("trạm"), order="station__name")
    mode = tag("level", _("mức"), LEVEL_COLOURS)
    noted = moment("since", _("từ lúc"))

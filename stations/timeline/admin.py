"""Every claim on vehicles' time, for operators; and on a vehicle's page its coming claims and how to block time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget

from stations.fleet.admin import VehicleAdmin
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle
from stations.timeline import services
from stations.timeline.enums import BLOCKING_KINDS, AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from stations.timeline.selectors import free_now, picked_up_soon
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, link, list_url, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import ReasonForm, Step
from voltgo.core.clock import Period

STATE_COLOURS = {
    AllocationState.HELD: "warning",
    AllocationState.CONFIRMED: "success",
    AllocationState.ON_RENTAL: "info",
    AllocationState.BLOCKED: "danger",
}
# What stands before the colon of a claimant -> the address of its page, given what stands after it. The
# timeline does not know who claims; whoever does puts its page in here.
CLAIMANT_PAGES: dict[str, Callable[[str], str]] = {}
COMING_CLAIMS = 8


def claimant_link(claimant: str) -> str:
    """Return the name of a claimant, linked to its page if it has told us of one."""
    kind, _colon, name = claimant.partition(":")
    page = CLAIMANT_PAGES.get(kind)
    return format_html('<a class="vg-link" href="{}">{}</a>', page(name), name) if page else name or claimant


def _moment(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M %d/%m/%Y}"


@admin.register(VehicleAllocation)
class VehicleAllocationAdmin(RecordAdmin):
    list_display = ("car", "starts", "ends", "kind", "status", "who", "place", "hold_expires_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
        StretchFilter.over("period__startswith", "period__endswith"),
    )
    list_select_related = ("vehicle__model", "station")
    search_fields = ("vehicle__plate",)
    search_help_text = _("Biển số hoặc mã đặt xe")
    fields = ("car", "place", "starts", "ends", "kind", "status", "who", "hold_expires_at", "created_at")
    ordering = ("-pk",)
    show_full_result_count = False
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    place = link("station", _("trạm"), order="station__name")
    status = tag("state", _("trạng thái"), STATE_COLOURS)
    steps = (
        Step(
            name="unblock",
            label=_("Mở lại thời gian"),
            hint=_("Khách lại đặt được xe trong khoảng thời gian còn lại."),
            form_class=ReasonForm,
            do=lambda claim, by, data: services.unblock(allocation=claim, reason=data["reason"], by=by),
            applies=lambda claim: claim.state == AllocationState.BLOCKED,
            icon="lock_open",
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[VehicleAllocation], search_term: str
    ) -> tuple[QuerySet[VehicleAllocation], bool]:
        """Find by plate or by claimant; the latter by its whole name, which the index knows."""
        term = search_term.strip()
        if not term:
            return queryset, False
        claimants = [term, *(f"{kind}:{term.upper()}" for kind in (*CLAIMANT_PAGES, *AllocationKind.values))]
        return queryset.filter(Q(vehicle__plate__icontains=term) | Q(claimant__in=claimants)), False

    @column(_("từ"), order="period")
    def starts(self, claim: VehicleAllocation) -> str:
        return _moment(claim.period.lower)

    @column(_("đến"))
    def ends(self, claim: VehicleAllocation) -> str:
        return _moment(claim.period.upper)

    @column(_("dành cho"), order="claimant")
    def who(self, claim: VehicleAllocation) -> str:
        return claimant_link(claim.claimant)


# --- On a vehicle's page ------------------------------------------------------------------------------


class BlockForm(ReasonForm):
    kind = forms.ChoiceField(
        label=_("Để làm gì"),
        choices=[(kind.value, kind.label) for kind in BLOCKING_KINDS],
        widget=UnfoldAdminSelectWidget,
    )
    starts_at = forms.SplitDateTimeField(label=_("Từ"), widget=UnfoldAdminSplitDateTimeWidget)
    ends_at = forms.SplitDateTimeField(label=_("Đến"), widget=UnfoldAdminSplitDateTimeWidget)
    field_order = ("kind", "starts_at", "ends_at", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start = clock.local(clock.now()).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.initial = {"starts_at": start, "ends_at": start + timedelta(hours=4)}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            raise ValidationError({"ends_at": _("Lúc kết thúc phải sau lúc bắt đầu.")})
        return values


def _block(vehicle: Vehicle, by: Actor, data: Any) -> VehicleAllocation:
    return services.block(
        vehicle=vehicle,
        period=Period(data["starts_at"], data["ends_at"]),
        kind=AllocationKind(data["kind"]),
        reason=data["reason"],
        by=by,
    )


def coming_claims(vehicle: Vehicle) -> Panel:
    """Return what a vehicle is promised for now and next, holds that ran out left aside."""
    live = VehicleAllocation.objects.live(clock.now()).filter(
        vehicle=vehicle, period__endswith__gt=clock.now()
    )
    return Panel(
        title=_("Lịch sắp tới"),
        headings=(_("Từ"), _("Đến"), _("Loại"), _("Trạng thái"), _("Dành cho")),
        rows=[
            (
                _moment(claim.period.lower),
                _moment(claim.period.upper),
                claim.get_kind_display(),
                claim.get_state_display(),
                claimant_link(claim.claimant),
            )
            for claim in live.order_by("period")[:COMING_CLAIMS]
        ],
        empty=_("Xe không có lịch nào sắp tới."),
        list_url=list_url(VehicleAllocation, f"q={vehicle.plate}"),
    )


class PromisedFilter(DropdownFilter):
    """Vehicles that a renter comes for very soon."""

    title = _("sắp giao")
    parameter_name = "promised"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("soon", _("trong 2 giờ tới"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        return queryset.filter(picked_up_soon(clock.now())) if self.value() == "soon" else queryset


class FreeFilter(DropdownFilter):
    """Vehicles that could be given to somebody who walks in."""

    title = _("trống")
    parameter_name = "free"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("now", _("giao được ngay"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        return queryset.filter(pk__in=free_now(clock.now())) if self.value() == "now" else queryset


VehicleAdmin.extend(
    filters=[PromisedFilter, FreeFilter],
    steps=[
        Step(
            name="block-time",
            label=_("Khóa lịch xe"),
            hint=_("Khách không đặt được xe trong khoảng thời gian này. Lượt đặt đã có không bị dời."),
            form_class=BlockForm,
            do=_block,
            applies=lambda vehicle: vehicle.lifecycle != Lifecycle.RETIRED,
            icon="event_busy",
        )
    ],
    panels=[coming_claims],
)

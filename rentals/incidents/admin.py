"""Incidents for operators; on vehicles' pages out of service and back, on bookings' who has not come."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextareaWidget

from rentals.bookings.admin import BookingAdmin
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import wait_longer
from rentals.incidents import services
from rentals.incidents.enums import INCIDENT, OPEN_INCIDENT_STATES, Ending, IncidentKind, IncidentState
from rentals.incidents.models import Incident
from rentals.incidents.replacing import Fate
from rentals.incidents.rules import OPEN_END
from rentals.incidents.selectors import not_come, with_no_show_at
from rentals.incidents.services.out_of_service import affected_bookings
from stations.fleet.admin import VehicleAdmin
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.timeline.admin import CLAIMANT_PAGES
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, link, link_to, list_url, moment, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import ReasonForm, Step, StepForm
from voltgo.core.money import format_dong

STATE_COLOURS = {
    IncidentState.REPORTED: "danger",
    IncidentState.TRIAGED: "warning",
    IncidentState.IN_PROGRESS: "warning",
    IncidentState.RESOLVED: "success",
}
NEWEST_INCIDENTS = 8


def _moment(at: Any) -> str:
    return f"{clock.local(at):%H:%M %d/%m/%Y}"


# --- Out of service and back, on a vehicle's page -----------------------------------------------------


class OutOfServiceForm(ReasonForm):
    until = forms.SplitDateTimeField(
        label=_("Đến"),
        required=False,
        help_text=_("Để trống nếu chưa biết khi nào xong."),
        widget=UnfoldAdminSplitDateTimeWidget,
    )


def fate_in_words(fate: Fate) -> str:
    """Say what becomes of a booking."""
    vehicle = fate.vehicle
    if fate.ending == Ending.MOVED and vehicle is not None:
        return gettext("đổi sang xe %(plate)s") % {"plate": vehicle.plate}
    if fate.ending == Ending.UPGRADED and vehicle is not None:
        said = gettext("nâng hạng lên %(model)s %(plate)s, giá giữ nguyên")
        return said % {"model": vehicle.model, "plate": vehicle.plate}
    if fate.ending == Ending.WITHDRAWN:
        said = gettext("hủy, hoàn %(amount)s kèm lời xin lỗi và xe khác để chọn")
        return said % {"amount": format_dong(fate.refund)}
    if fate.ending == Ending.AT_COUNTER:
        return gettext("đang giao tại quầy: trạm đổi xe ở bước giao")
    return gettext("chưa có xe thay: bạn quyết định, hoặc hệ thống hoàn tiền khi còn 24 giờ")


def what_it_means(vehicle: Vehicle, values: Mapping[str, Any]) -> Panel:
    """Name each affected booking and what would become of it."""
    plan = services.preview_out_of_service(vehicle=vehicle, period=services.from_now(values["until"]))
    rows: list[Sequence[Any]] = [
        (
            link_to(fate.booking),
            str(fate.booking.renter),
            _moment(fate.booking.starts_at),
            fate_in_words(fate),
        )
        for fate in plan.fates
    ]
    if plan.rental is not None:
        said = gettext("đang ở ngoài với xe, chuyến vẫn tiếp tục")
        rows.insert(0, (link_to(plan.rental), str(plan.rental.renter), "", said))
    if plan.also_moved:
        said = gettext("được xếp lại để có chỗ, khách không bị ảnh hưởng")
        rows.append((gettext("Lượt của xe khác: %(count)s") % {"count": plan.also_moved}, "", "", said))
    return Panel(
        title=_("Khách bị ảnh hưởng"),
        headings=(_("Lượt đặt"), _("Người thuê"), _("Nhận lúc"), _("Sẽ thế nào")),
        rows=rows,
        empty=_("Không có khách nào bị ảnh hưởng."),
    )


def _take_out(vehicle: Vehicle, by: Actor, values: Mapping[str, Any]) -> object:
    return services.take_out_of_service(
        vehicle=vehicle, period=services.from_now(values["until"]), reason=values["reason"], by=by
    )


def incidents_of_vehicle(vehicle: Vehicle) -> Panel:
    """Return the newest incidents of a vehicle."""
    rows = vehicle.incidents.select_related("station").order_by("-pk")[:NEWEST_INCIDENTS]
    return Panel(
        title=_("Sự cố"),
        headings=(_("Mã"), _("Loại"), _("Trạng thái"), _("Báo lúc"), _("Mô tả")),
        rows=[
            (
                link_to(incident),
                incident.get_kind_display(),
                incident.get_state_display(),
                _moment(incident.created_at),
                incident.note.partition("\n")[0],
            )
            for incident in rows
        ],
        empty=_("Chưa có sự cố nào."),
        list_url=list_url(Incident, f"q={vehicle.plate}"),
    )


VehicleAdmin.extend(
    steps=(
        Step(
            name="maintenance",
            label=_("Ngừng phục vụ"),
            hint=_(
                "Bước sau cho thấy từng khách bị ảnh hưởng và cách lo cho họ; chưa có gì thay đổi ở bước này."
            ),
            form_class=OutOfServiceForm,
            preview=what_it_means,
            must_preview=True,
            do=_take_out,
            applies=lambda vehicle: (
                vehicle.condition not in {Condition.MAINTENANCE, Condition.MISSING}
                and vehicle.lifecycle != Lifecycle.RETIRED
            ),
            icon="build",
            is_grave=True,
            is_for_many=False,
        ),
        Step(
            name="back-from-maintenance",
            label=_("Bảo dưỡng xong"),
            hint=_("Xe trở lại khâu chuẩn bị và thời gian của xe được mở lại. Hãy ghi những gì đã làm."),
            form_class=ReasonForm,
            do=lambda vehicle, by, data: services.put_back_in_service(
                vehicle=vehicle, reason=data["reason"], by=by
            ),
            applies=lambda vehicle: vehicle.condition == Condition.MAINTENANCE,
            icon="build_circle",
        ),
    ),
    panels=[incidents_of_vehicle],
)


# --- Who has not come, on bookings' pages -------------------------------------------------------------


class NotComeFilter(DropdownFilter):
    """Bookings of which a person should say that nobody came."""

    title = _("khách chưa đến")
    parameter_name = "not_come"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("1", _("hết thời gian chờ"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        return with_no_show_at(queryset).filter(not_come(clock.now())) if self.value() == "1" else queryset


class WaitForm(ReasonForm):
    until = forms.SplitDateTimeField(label=_("Chờ đến"), widget=UnfoldAdminSplitDateTimeWidget)
    field_order = ("until", "reason")


BookingAdmin.extend(
    steps=(
        Step(
            name="wait",
            label=_("Chờ khách thêm"),
            hint=_("Đến giờ này không ai ghi khách không đến. Khách không nhận tin nào."),
            form_class=WaitForm,
            do=lambda booking, by, values: wait_longer(
                booking=booking, until=values["until"], reason=values["reason"], by=by
            ),
            applies=lambda booking: (
                booking.state == BookingState.CONFIRMED and booking.starts_at < clock.now() < booking.ends_at
            ),
            icon="hourglass_top",
            is_for_many=False,
        ),
    ),
    filters=[NotComeFilter],
)


# --- The incident itself ------------------------------------------------------------------------------


class OpenFilter(DropdownFilter):
    """Incidents that are still to be put right."""

    title = _("còn mở")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("1", _("chưa xử lý xong"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        return queryset.filter(state__in=OPEN_INCIDENT_STATES) if self.value() == "1" else queryset


class NoteForm(StepForm):
    note = forms.CharField(
        label=_("Ghi chú"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


def waiting_panel(incident: Incident) -> Panel:
    """Return the bookings for which an operator should decide, or the counter."""
    return Panel(
        title=_("Khách còn chờ"),
        headings=(_("Lượt đặt"), _("Người thuê"), _("Nhận lúc"), _("Trạng thái")),
        rows=[
            (link_to(booking), str(booking.renter), _moment(booking.starts_at), booking.get_state_display())
            for booking in affected_bookings(incident)
        ],
        empty=_("Không còn ai chờ vì sự cố này."),
    )


def _noted(service: Any) -> Any:
    return lambda incident, by, values: service(incident=incident, by=by, note=values["note"])


def _goes(target: IncidentState, *sources: IncidentState) -> Any:
    return lambda incident: incident.state in sources and (incident.state, target) in INCIDENT.table


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = ("code", "what", "car", "place", "status", "created", "rental_link")
    list_filter = (
        OpenFilter,
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
        StretchFilter.over("created_at", "created_at"),
    )
    list_select_related = ("vehicle__model", "station", "rental__booking")
    search_fields = ("code", "vehicle__plate", "rental__booking__code")
    search_help_text = _("Mã sự cố, biển số hoặc mã đặt xe")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("code", "what", "status", "car", "place", "rental_link", "created")}),
        (_("Thời gian ngừng phục vụ"), {"fields": ("out",)}),
        (_("Diễn giải"), {"fields": ("note", "resolution", "resolved_at")}),
    )
    machines = (INCIDENT,)
    panels: ClassVar = (waiting_panel,)
    what = tag("kind", _("loại"), {IncidentKind.MISSING: "danger", IncidentKind.OVERDUE: "warning"})
    status = tag("state", _("trạng thái"), STATE_COLOURS)
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    place = link("station", _("trạm"), order="station__name")
    created = moment("created_at", _("báo lúc"))
    rental_link = link("rental", _("chuyến thuê"))
    steps = (
        Step(
            name="triage",
            label=_("Đã phân loại"),
            form_class=NoteForm,
            do=_noted(services.triage),
            applies=_goes(IncidentState.TRIAGED, IncidentState.REPORTED),
            icon="label",
        ),
        Step(
            name="start",
            label=_("Bắt đầu xử lý"),
            form_class=NoteForm,
            do=_noted(services.start_work),
            applies=_goes(
                IncidentState.IN_PROGRESS,
                IncidentState.REPORTED,
                IncidentState.TRIAGED,
                IncidentState.RESOLVED,
            ),
            icon="construction",
        ),
        Step(
            name="missing",
            label=_("Báo xe thất lạc"),
            hint=_("Xe không được giao nữa cho đến khi tìm thấy. Hãy ghi đã liên lạc thế nào."),
            form_class=ReasonForm,
            do=lambda incident, by, data: services.declare_missing(
                incident=incident, reason=data["reason"], by=by
            ),
            applies=lambda incident: (
                incident.kind == IncidentKind.MISSING
                and incident.state in OPEN_INCIDENT_STATES
                and incident.vehicle.condition == Condition.ON_RENTAL
            ),
            icon="location_off",
            is_grave=True,
            is_for_many=False,
        ),
        Step(
            name="resolve",
            label=_("Đã xử lý xong"),
            hint=_("Nếu xe đang ngừng phục vụ vì sự cố này, xe trở lại khâu chuẩn bị."),
            form_class=ReasonForm,
            do=lambda incident, by, data: services.resolve_incident(
                incident=incident, resolution=data["reason"], by=by
            ),
            applies=_goes(IncidentState.RESOLVED, *OPEN_INCIDENT_STATES),
            icon="task_alt",
        ),
        Step(
            name="close",
            label=_("Đóng hồ sơ"),
            form_class=NoteForm,
            do=_noted(services.close_incident),
            applies=_goes(IncidentState.CLOSED, IncidentState.RESOLVED),
            icon="inventory_2",
        ),
    )

    @column(_("ngừng phục vụ"), order="out_until")
    def out(self, incident: Incident) -> str:
        if incident.out_from is None or incident.out_until is None:
            return ""
        has_end = incident.out_until - incident.out_from < OPEN_END
        until = _moment(incident.out_until) if has_end else gettext("khi báo xong")
        return f"{_moment(incident.out_from)} – {until}"

    def trail_subjects(self, row: Incident) -> Sequence[str]:
        return (row.reference, f"vehicle:{row.vehicle.code}")


CLAIMANT_PAGES["incident"] = lambda code: list_url(Incident, f"q={code}")

"""Tickets with their photos and the mobile teams, for operators."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextareaWidget

from stations.fleet.admin import VehicleAdmin
from stations.fleet.models import Vehicle
from stations.maintenance import services
from stations.maintenance.access import serving
from stations.maintenance.enums import OPEN_TICKET_STATES, TICKET, Severity, TicketState
from stations.maintenance.models import MaintenanceTicket, MobileTeam, TeamMember, TicketPhoto
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, link, link_to, list_url, moment, tag
from voltgo.core.backoffice.files import PictureAdmin, picture
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import ReasonForm, Step, StepForm

SEVERITY_COLOURS = {Severity.SAFETY: "danger", Severity.MAJOR: "warning", Severity.MINOR: "info"}
STATE_COLOURS = {
    TicketState.OPEN: "danger",
    TicketState.ASSIGNED: "warning",
    TicketState.IN_PROGRESS: "warning",
    TicketState.RESOLVED: "success",
}
NEWEST_TICKETS = 8


class AssignForm(StepForm):
    team = forms.ModelChoiceField(
        label=_("Đội lưu động"), queryset=MobileTeam.objects.none(), widget=UnfoldAdminSelectWidget
    )
    due_at = forms.SplitDateTimeField(
        label=_("Hạn xử lý"), required=False, widget=UnfoldAdminSplitDateTimeWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = serving(self.rows[0].station)


class NoteForm(StepForm):
    note = forms.CharField(
        label=_("Ghi chú"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class OpenFilter(DropdownFilter):
    """Tickets on which somebody still has to work, and those that are late."""

    title = _("việc")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("1", _("còn mở")), ("late", _("quá hạn")), ("nobody", _("chưa giao ai"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "nobody":
            return queryset.filter(state=TicketState.OPEN)
        if self.value() in {"1", "late"}:
            rows = queryset.filter(state__in=OPEN_TICKET_STATES)
            return rows.filter(due_at__lt=clock.now()) if self.value() == "late" else rows
        return queryset


def photos_panel(ticket: MaintenanceTicket) -> Panel:
    return Panel(
        title=_("Ảnh"),
        headings=(_("Chụp"), _("Ảnh"), _("Lúc"), _("SHA-256")),
        rows=[
            (
                photo.get_stage_display(),
                picture(photo, words=photo.get_stage_display()),
                f"{clock.local(photo.at):%H:%M %d/%m/%Y}",
                photo.sha256[:12],
            )
            for photo in ticket.photos.order_by("pk")
        ],
        empty=_("Chưa có ảnh nào."),
    )


@admin.register(MaintenanceTicket)
class MaintenanceTicketAdmin(RecordAdmin):
    list_display = ("code", "grade", "part", "car", "place", "status", "crew", "seen", "due")
    list_filter = (
        OpenFilter,
        ("severity", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("part", ChoicesDropdownFilter),
        ("station", AutocompleteSelectFilter),
        ("team", AutocompleteSelectFilter),
    )
    list_select_related = ("vehicle__model", "station", "team", "assignee", "reported_by")
    search_fields = ("code", "vehicle__plate", "text", "reference")
    search_help_text = _("Mã phiếu, biển số, mô tả hoặc mã sự cố")
    date_hierarchy = "at"
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("code", "grade", "part", "status", "car", "place", "text", "reference")}),
        (
            _("Thời gian"),
            {"fields": ("seen", "due", "accepted_at", "on_the_way_at", "started_at", "resolved_at")},
        ),
        (_("Người làm"), {"fields": ("reporter", "crew", "worker")}),
        (_("Kết quả"), {"fields": ("resolution", "hindrance", "odometer_km", "battery_percent")}),
    )
    machines = (TICKET,)
    panels: ClassVar = (photos_panel,)
    grade = tag("severity", _("mức độ"), SEVERITY_COLOURS)
    status = tag("state", _("trạng thái"), STATE_COLOURS)
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    place = link("station", _("trạm"), order="station__name")
    crew = link("team", _("đội lưu động"), order="team__name")
    worker = link("assignee", _("người làm"), order="assignee__full_name")
    reporter = link("reported_by", _("người báo"), order="reported_by__full_name")
    seen = moment("at", _("thấy lúc"))
    due = moment("due_at", _("hạn xử lý"))
    steps = (
        Step(
            name="assign",
            label=_("Giao cho đội"),
            hint=_("Đội thấy việc này trong danh sách trên điện thoại và nhận việc."),
            form_class=AssignForm,
            do=lambda ticket, by, data: services.assign(
                ticket=ticket, team=data["team"], due_at=data["due_at"], by=by
            ),
            applies=lambda ticket: ticket.state in {TicketState.OPEN, TicketState.ASSIGNED},
            icon="engineering",
            is_for_many=False,
        ),
        Step(
            name="reopen",
            label=_("Mở lại"),
            hint=_("Lỗi vẫn còn. Phiếu chờ được giao lần nữa."),
            form_class=ReasonForm,
            do=lambda ticket, by, data: services.reopen(ticket=ticket, reason=data["reason"], by=by),
            applies=lambda ticket: ticket.state == TicketState.RESOLVED,
            icon="undo",
        ),
        Step(
            name="close",
            label=_("Đóng phiếu"),
            hint=_("Phiếu chưa sửa chỉ đóng khi báo nhầm hoặc báo trùng: hãy ghi vì sao."),
            form_class=NoteForm,
            do=lambda ticket, by, data: services.close(ticket=ticket, note=data["note"], by=by),
            applies=lambda ticket: ticket.state in {TicketState.OPEN, TicketState.RESOLVED},
            icon="inventory_2",
        ),
    )

    def trail_subjects(self, row: MaintenanceTicket) -> Sequence[str]:
        return (row.subject,)


@admin.register(TicketPhoto)
class TicketPhotoAdmin(PictureAdmin):
    list_display = ("id", "of", "stage", "at", "sha256")
    list_filter = (("stage", ChoicesDropdownFilter),)
    list_select_related = ("ticket",)
    search_fields = ("ticket__code", "ticket__vehicle__plate", "sha256")
    ordering = ("-pk",)
    fields = ("of", "stage", "shown", "sha256", "uploaded_sha256", "at")
    of = link("ticket", _("phiếu bảo trì"))

    @column(_("ảnh"))
    def shown(self, photo: TicketPhoto) -> str:
        return picture(photo, words=photo.get_stage_display())


@admin.register(MobileTeam)
class MobileTeamAdmin(OperatorAdmin):
    list_display = ("name", "phone", "is_active")
    list_filter = ("is_active", ("stations", AutocompleteSelectFilter))
    search_fields = ("name", "phone", "members__user__full_name")
    fields = ("name", "phone", "stations", "is_active")
    autocomplete_fields = ("stations",)
    kept_because = _("Các phiếu cũ thuộc về đội này; hãy bỏ dấu “đang hoạt động”.")


@admin.register(TeamMember)
class TeamMemberAdmin(OperatorAdmin):
    list_display = ("person", "crew", "since", "ended_at")
    list_filter = (("team", AutocompleteSelectFilter), ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("team", "user")
    search_fields = ("user__full_name", "user__email", "team__name")
    fields = ("team", "user", "since", "ended_at")
    readonly_fields = ("since", "ended_at")
    autocomplete_fields = ("team", "user")
    kept_because = _("Ai đã ở đội nào là một phần của lịch sử; hãy dùng “Rời đội”.")
    refusals: ClassVar = {"team_member_once": _("Người này đang ở trong đội.")}
    person = link("user", _("kỹ thuật viên"), order="user__full_name")
    crew = link("team", _("đội"), order="team__name")
    steps = (
        Step(
            name="end",
            label=_("Rời đội"),
            form_class=ReasonForm,
            do=lambda member, by, data: services.end_membership(member=member, reason=data["reason"], by=by),
            applies=lambda member: member.ended_at is None,
            icon="person_remove",
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: TeamMember | None = None) -> tuple[Any, ...]:
        """Who was in which team stays as it was written."""
        fixed = ("team", "user") if obj else ()
        return (*fixed, *super().get_readonly_fields(request, obj))


def tickets_of_vehicle(vehicle: Vehicle) -> Panel:
    """Return the newest tickets of a vehicle."""
    rows = vehicle.tickets.order_by("-pk")[:NEWEST_TICKETS]
    return Panel(
        title=_("Phiếu bảo trì"),
        headings=(_("Mã"), _("Mức độ"), _("Trạng thái"), _("Thấy lúc"), _("Mô tả")),
        rows=[
            (
                link_to(ticket),
                ticket.get_severity_display(),
                ticket.get_state_display(),
                f"{clock.local(ticket.at):%H:%M %d/%m/%Y}",
                ticket.text,
            )
            for ticket in rows
        ],
        empty=_("Chưa có phiếu nào."),
        list_url=list_url(MaintenanceTicket, f"q={vehicle.plate}"),
    )


VehicleAdmin.extend(panels=(tickets_of_vehicle,))

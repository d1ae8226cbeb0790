"""Everything that tablets sent, for operators: read-only, and the steps by which people decide."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.users.models import User
from rentals.sync import services, wording
from rentals.sync.enums import CommandState, Resolution, Severity
from rentals.sync.models import (
    PaperForm,
    SyncAttachment,
    SyncCommand,
    SyncConflict,
    SyncEpoch,
    SyncFile,
    SyncFileChunk,
)
from rentals.sync.rules import rule, words_of
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, link, moment, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step, StepForm

STATE_COLOURS = {
    CommandState.WAITING: "info",
    CommandState.APPLIED: "success",
    CommandState.CONFLICT: "danger",
    CommandState.REJECTED: "danger",
    CommandState.RESOLVED: "success",
}
SEVERITY_COLOURS = {Severity.HIGH: "danger", Severity.NOTICE: "warning"}


class DecideForm(StepForm):
    """How a conflict is settled, and why."""

    resolution = forms.ChoiceField(label=_("Cách xử lý"), widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        label=_("Vì sao"), max_length=500, strip=True, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, rows=rows, **kwargs)
        offered = [set(rule(row.code).offers) for row in rows]
        common = set.intersection(*offered) if offered else set()
        self.fields["resolution"].choices = [  # type: ignore[attr-defined]
            (offer.value, offer.label) for offer in Resolution if offer in common
        ]


def _decide(conflict: SyncConflict, by: Actor, values: Mapping[str, Any]) -> None:
    user = User.objects.filter(public_id=by.ref).first()
    if user is None:
        raise PermissionDenied
    services.resolve(
        conflict=conflict, resolution=Resolution(values["resolution"]), note=values["note"], user=user, by=by
    )


def _facts(conflict: SyncConflict) -> Facts:
    what = rule(conflict.code)
    facts: list[tuple[Any, Any]] = [(_("Vấn đề"), what.words)]
    if what.if_applied:
        facts.append((_("Nếu vẫn áp dụng"), what.if_applied))
    return facts


def carried_panel(conflict: SyncConflict) -> Panel:
    return Panel(
        title=_("Máy tính bảng ghi"),
        headings=(_("Mục"), _("Giá trị")),
        rows=wording.carried(conflict.command),
        empty=_("Không đọc được."),
    )


def found_panel(conflict: SyncConflict) -> Panel:
    return Panel(
        title=_("Hệ thống có"),
        headings=(_("Mục"), _("Giá trị")),
        rows=wording.found(conflict.found),
        empty=_("Không có gì khác để so."),
    )


def files_panel(command: SyncCommand) -> Panel:
    rows = command.attachments.order_by("role")
    stored = set(
        SyncFile.objects.filter(pk__in=[row.sha256 for row in rows], stored_at__isnull=False).values_list(
            "pk", flat=True
        )
    )
    return Panel(
        title=_("Tệp gửi kèm"),
        headings=(_("Vai trò"), _("Số byte"), _("SHA-256"), _("Đã nhận")),
        rows=[
            (wording.role_label(row.role), row.size, row.sha256[:12], "✓" if row.sha256 in stored else "–")
            for row in rows
        ],
        empty=_("Không có tệp nào."),
    )


@admin.register(SyncConflict)
class SyncConflictAdmin(RecordAdmin):
    list_display = ("what", "grave", "problem", "where", "opened", "settled")
    list_filter = (
        ("severity", ChoicesDropdownFilter),
        ("resolution", ChoicesDropdownFilter),
        ("command__station", RelatedDropdownFilter),
        StretchFilter.over("opened_at", "opened_at"),
    )
    list_select_related = ("command__station", "command__tablet", "resolved_by")
    search_fields = ("command__subject", "=command__id", "=code")
    search_help_text = _("Đối tượng, mã lệnh hoặc mã vấn đề")
    ordering = ("-opened_at", "-pk")
    show_full_result_count = False
    fields = (
        "what", "grave", "problem", "where", "order", "opened", "settled", "resolution", "note",
    )  # fmt: skip
    panels = (carried_panel, found_panel)
    steps = (
        Step(
            name="decide",
            label=_("Quyết định"),
            form_class=DecideForm,
            facts=_facts,
            applies=lambda conflict: conflict.resolved_at is None,
            do=_decide,
            icon="gavel",
            is_grave=True,
            is_for_many=False,
        ),
    )
    grave = tag("severity", _("Mức độ"), SEVERITY_COLOURS)
    where = link("command.station", _("Trạm"))
    order = link("command", _("Lệnh"))
    opened = moment("opened_at", _("Mở lúc"))
    settled = moment("resolved_at", _("Xử lý lúc"))

    @column(_("việc"))
    def what(self, row: SyncConflict) -> str:
        return str(row.command)

    @column(_("vấn đề"))
    def problem(self, row: SyncConflict) -> str:
        return words_of(row.code)


@admin.register(SyncCommand)
class SyncCommandAdmin(RecordAdmin):
    list_display = ("what", "status", "problem", "station", "tablet", "person", "happened", "arrived")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("origin", ChoicesDropdownFilter),
        ("station", RelatedDropdownFilter),
        StretchFilter.over("received_at", "received_at"),
    )
    list_select_related = ("station", "tablet", "actor")
    search_fields = ("=id", "subject", "tablet__code")
    search_help_text = _("Mã lệnh, đối tượng hoặc mã máy")
    ordering = ("-received_at", "-pk")
    show_full_result_count = False
    fields = (
        "id", "what", "origin", "status", "problem", "station", "tablet", "seq", "person", "delivered_by",
        "happened", "device_at", "offset_ms", "arrived", "applied_at", "tries", "next_try_at", "flags", "result",
        "body_sha256",
    )  # fmt: skip
    panels = (files_panel,)
    steps = (
        Step(
            name="keep",
            label=_("Đã xem, giữ làm bằng chứng"),
            form_class=ReasonForm,
            applies=lambda command: command.state == CommandState.REJECTED,
            do=lambda command, by, values: services.keep_rejected(
                command=command, note=values["reason"], by=by
            ),
            icon="inventory_2",
        ),
    )
    status = tag("state", _("Trạng thái"), STATE_COLOURS)
    person = link("actor", _("Người làm"))
    happened = moment("occurred_at", _("Xảy ra lúc"))
    arrived = moment("received_at", _("Nhận lúc"))

    @column(_("việc"))
    def what(self, row: SyncCommand) -> str:
        return str(row)

    @column(_("vấn đề"))
    def problem(self, row: SyncCommand) -> str:
        return words_of(row.code) or "–"


@admin.register(SyncFile)
class SyncFileAdmin(RecordAdmin):
    list_display = ("name", "size", "received", "mime", "stored", "created")
    list_filter = (StretchFilter.over("created_at", "created_at"),)
    search_fields = ("=sha256",)
    ordering = ("-created_at",)
    show_full_result_count = False
    # The file itself is shown only with the command that it belongs to.
    fields = ("sha256", "size", "received", "mime", "stored", "created")
    stored = moment("stored_at", _("Lưu lúc"))
    created = moment("created_at", _("Tạo lúc"))

    @column(_("tệp"))
    def name(self, row: SyncFile) -> str:
        return row.sha256[:16]


@admin.register(SyncFileChunk)
class SyncFileChunkAdmin(RecordAdmin):
    list_display = ("file", "start")
    list_select_related = ("file",)
    search_fields = ("=file__sha256",)
    ordering = ("-pk",)
    show_full_result_count = False
    # Not the bytes: they may be of somebody's papers.
    fields = ("file", "start")


@admin.register(SyncAttachment)
class SyncAttachmentAdmin(RecordAdmin):
    list_display = ("order", "role", "size", "mime")
    list_select_related = ("command",)
    search_fields = ("=command__id", "=sha256")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("order", "role", "size", "mime", "sha256")
    order = link("command", _("Lệnh"))


@admin.register(SyncEpoch)
class SyncEpochAdmin(RecordAdmin):
    list_display = ("epoch", "began")
    fields = ("epoch", "began")
    began = moment("began_at", _("Từ lúc"))


@admin.register(PaperForm)
class PaperFormAdmin(RecordAdmin):
    list_display = ("number", "kind", "booking_code", "station", "for_day", "printed_by", "order")
    list_filter = (("kind", ChoicesDropdownFilter), ("station", RelatedDropdownFilter))
    list_select_related = ("station", "printed_by", "command")
    search_fields = ("=number", "=pack", "=booking_code")
    search_help_text = _("Số phiếu, tập hoặc mã đặt xe")
    ordering = ("-for_day", "-pk")
    show_full_result_count = False
    fields = (
        "number",
        "pack",
        "kind",
        "booking_code",
        "station",
        "for_day",
        "printed_at",
        "printed_by",
        "order",
    )
    order = link("command", _("Lệnh"))

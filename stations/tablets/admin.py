"""Tablets and PINs for operators: what was lost is withdrawn here too, and what was found works again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from stations.tablets import services
from stations.tablets.enums import TABLET, TabletState
from stations.tablets.models import StaffPin, Tablet
from stations.tablets.selectors import WRONG_TRIES
from voltgo.core.backoffice.columns import column, link
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step


def _loss(tablet: Tablet) -> list[tuple[Any, Any]]:
    """Say what stays on a tablet that is withdrawn."""
    count = tablet.waiting_count
    return [
        (_("Trạm"), tablet.station.name),
        (_("Việc chờ gửi"), ngettext("%(count)d việc", "%(count)d việc", count) % {"count": count}),
    ]


@admin.register(Tablet)
class TabletAdmin(RecordAdmin):
    list_display = (
        "label",
        "code",
        "place",
        "state",
        "last_seen_at",
        "last_synced_at",
        "waiting_count",
        "offset",
    )
    list_filter = (("state", ChoicesDropdownFilter), ("station", AutocompleteSelectFilter))
    list_select_related = ("station", "enrolled_by")
    search_fields = ("name", "code", "station__name", "station__code")
    search_help_text = _("Tên máy, mã máy hoặc trạm")
    ordering = ("station__name", "name")
    # Neither the secret's hash nor the wrapped key nor the session is anybody's to see.
    fields = (
        ("name", "code"),
        ("place", "state"),
        ("enrolled_at", "enrolled_by"),
        "revoked_at",
        ("last_seen_at", "last_synced_at"),
        ("waiting_count", "offset"),
        ("app_version", "user_agent"),
    )
    readonly_fields = ("place", "offset")
    machines = (TABLET,)
    kept_because = _("Những việc đã làm trên máy này cho biết máy nào; hãy thu hồi máy.")
    place = link("station", _("trạm"), order="station__name")
    steps = (
        Step(
            name="revoke",
            label=_("Thu hồi máy"),
            hint=_(
                "Ai đang đăng nhập trên máy bị đăng xuất ngay. Lần tới máy có mạng, dữ liệu trên máy không còn "
                "đọc được; máy không có mạng thì tự khóa sau 24 giờ."
            ),
            form_class=ReasonForm,
            do=lambda row, by, values: services.revoke_tablet(tablet=row, reason=values["reason"], by=by),
            applies=lambda row: row.state == TabletState.ENROLLED,
            facts=_loss,
            icon="phonelink_erase",
            is_grave=True,
        ),
        Step(
            name="reinstate",
            label=_("Khôi phục máy"),
            hint=_(
                "Chỉ khi máy đã về lại trạm. Nhân viên nối mạng, nhập mã PIN, rồi máy gửi nốt những việc còn giữ."
            ),
            form_class=ReasonForm,
            do=lambda row, by, values: services.reinstate_tablet(tablet=row, reason=values["reason"], by=by),
            applies=lambda row: row.state == TabletState.REVOKED,
            icon="restore",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("station", "enrolled_by")

    @column(_("tên máy"), order="name")
    def label(self, row: Tablet) -> str:
        return row.name

    @column(_("lệch giờ (giây)"), order="clock_offset_ms")
    def offset(self, row: Tablet) -> str:
        return "–" if row.offset_seconds is None else f"{row.offset_seconds:.1f}"


@admin.register(StaffPin)
class StaffPinAdmin(RecordAdmin):
    list_display = ("person", "set_at", "wrong_count", "standing")
    list_select_related = ("user",)
    search_fields = ("user__full_name", "user__email")
    search_help_text = _("Họ tên hoặc email")
    ordering = ("user__full_name",)
    # The hash is shown to nobody: of six digits it would give the PIN away.
    fields = ("person", "set_at", "wrong_count", "standing")
    readonly_fields = ("person", "standing")
    person = link("user", _("nhân viên"), order="user__full_name")
    steps = (
        Step(
            name="remove-pin",
            label=_("Xóa mã PIN"),
            hint=_("Người này không còn mở được máy tính bảng nào, cho đến khi đăng nhập và đặt mã PIN mới."),
            form_class=ReasonForm,
            do=lambda row, by, values: services.remove_pin(pin=row, reason=values["reason"], by=by),
            icon="lock_reset",
            is_grave=True,
            lands_on=lambda _done: reverse("admin:stations_staffpin_changelist"),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")

    @column(_("tình trạng"))
    def standing(self, row: StaffPin) -> Any:
        return _("bị khóa, cần đăng nhập") if row.wrong_count >= WRONG_TRIES else _("dùng được")

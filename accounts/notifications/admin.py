"""The delivery log and people's choices, for operators."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.notifications import services
from accounts.notifications.enums import Channel, DeliveryState, Failure, MessageKind
from accounts.notifications.models import Delivery, NotificationPreference, PushDevice, QuietHours
from accounts.notifications.quiet import as_clock
from accounts.notifications.services.sending import can_retry
from voltgo.core.backoffice.columns import column, link, moment, tag
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import Step

COLOURS = {
    DeliveryState.SENT: "success", DeliveryState.QUEUED: "warning", DeliveryState.FAILED: "danger",
    DeliveryState.SKIPPED: "",
}  # fmt: skip


class KindFilter(admin.SimpleListFilter):
    """Messages by kind, called by their names."""

    title = _("loại tin")
    parameter_name = "kind"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return list(MessageKind.choices)

    def queryset(self, request: Any, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("created_at", "person", "what", "way", "subject", "status", "why", "sent_at")
    list_display_links = ("created_at", "subject")
    list_select_related = ("recipient",)
    list_filter = ("state", "channel", KindFilter, "failure", "language")
    search_fields = (
        "recipient__full_name",
        "recipient__email",
        "recipient__public_id",
        "reference",
        "subject",
    )
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        "person", "what", "way", "status", "why", "attempts", "reference", "language", "subject", "body", "files",
        "link", "created_at", "not_before", "expires_at", "sent_at", "read_at", "key",
    )  # fmt: skip
    readonly_fields = ("person", "what", "way", "status", "why", "files")
    show_full_result_count = False
    person = link("recipient", _("người nhận"), order="recipient__full_name")
    status = tag("state", _("trạng thái"), COLOURS)
    steps = (
        Step(
            name="send-again",
            label=_("Gửi lại"),
            hint=_("Tin chưa đi được thử gửi lại; tin đã gửi được gửi thêm một bản với cùng nội dung."),
            do=lambda delivery, by, _data: services.send_again(delivery=delivery, by=by),
            applies=lambda delivery: delivery.state == DeliveryState.SENT or can_retry(delivery),
            icon="forward_to_inbox",
        ),
    )

    @column(_("loại tin"), order="kind")
    def what(self, delivery: Delivery) -> Any:
        known = delivery.kind in MessageKind.values
        return MessageKind(delivery.kind).label if known else delivery.kind

    @column(_("kênh"), order="channel")
    def way(self, delivery: Delivery) -> Any:
        return Channel(delivery.channel).label

    @column(_("lý do chưa gửi"), order="failure")
    def why(self, delivery: Delivery) -> Any:
        known = delivery.failure in Failure.values
        return Failure(delivery.failure).label if known else delivery.failure or "–"

    @column(_("tệp đính kèm"))
    def files(self, delivery: Delivery) -> str:
        return ", ".join(each["filename"] for each in delivery.attachments) or "–"


@admin.register(NotificationPreference)
class NotificationPreferenceAdmin(RecordAdmin):
    list_display = ("person", "topic", "channel", "is_wanted")
    list_select_related = ("user",)
    list_filter = ("topic", "channel", "is_wanted")
    search_fields = ("user__full_name", "user__email", "user__public_id")
    ordering = ("-pk",)
    fields = ("person", "topic", "channel", "is_wanted")
    readonly_fields = ("person",)
    kept_because = _("Chỉ chính người đó quyết định muốn nhận tin gì.")
    person = link("user", _("người dùng"), order="user__full_name")


@admin.register(QuietHours)
class QuietHoursAdmin(RecordAdmin):
    list_display = ("person", "hours")
    list_select_related = ("user",)
    search_fields = ("user__full_name", "user__email", "user__public_id")
    ordering = ("-pk",)
    fields = ("person", "hours")
    readonly_fields = ("person", "hours")
    kept_because = _("Chỉ chính người đó quyết định giờ nghỉ của mình.")
    person = link("user", _("người dùng"), order="user__full_name")

    @column(_("giờ yên tĩnh"), order="starts_minute")
    def hours(self, row: QuietHours) -> Any:
        if row.starts_minute == row.ends_minute:
            return _("không có")
        return f"{as_clock(row.starts_minute)} → {as_clock(row.ends_minute)}"


@admin.register(PushDevice)
class PushDeviceAdmin(RecordAdmin):
    """Devices, without their tokens: whoever has one can write to the device."""

    list_display = ("person", "platform", "added", "revoked")
    list_display_links = ("platform",)
    list_select_related = ("user",)
    list_filter = ("platform", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("user__full_name", "user__email", "user__public_id")
    ordering = ("-pk",)
    fields = ("person", "platform", "created_at", "revoked_at")
    readonly_fields = ("person",)
    person = link("user", _("người dùng"), order="user__full_name")
    added = moment("created_at", _("thêm lúc"))
    revoked = moment("revoked_at", _("gỡ lúc"))

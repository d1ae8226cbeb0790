"""The delivery log, for operators."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.notifications import services
from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from voltgo.core.backoffice.columns import column, link
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import Step


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("created_at", "person", "what", "subject", "status", "sent_at")
    list_display_links = ("created_at", "subject")
    list_select_related = ("recipient",)
    list_filter = (("sent_at", admin.EmptyFieldListFilter), "kind", "language")
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
        "person", "what", "reference", "language", "subject", "body", "files", "created_at", "sent_at", "key",
    )  # fmt: skip
    readonly_fields = ("person", "what", "files")
    show_full_result_count = False
    person = link("recipient", _("người nhận"), order="recipient__full_name")
    steps = (
        Step(
            name="send-again",
            label=_("Gửi lại"),
            hint=_("Gửi cùng nội dung thêm một lần nữa, như một tin riêng."),
            do=lambda delivery, by, _data: services.send_again(delivery=delivery, by=by),
            applies=lambda delivery: delivery.sent_at is not None,
            icon="forward_to_inbox",
            is_for_many=False,
        ),
    )

    @column(_("loại tin"), order="kind")
    def what(self, delivery: Delivery) -> Any:
        known = delivery.kind in MessageKind.values
        return MessageKind(delivery.kind).label if known else delivery.kind

    @column(_("tình trạng"), order="sent_at", colours={"sent": "success", "waiting": "warning"})
    def status(self, delivery: Delivery) -> tuple[str, Any]:
        return ("sent", _("đã gửi")) if delivery.sent_at else ("waiting", _("chờ gửi"))

    @column(_("tệp đính kèm"))
    def files(self, delivery: Delivery) -> str:
        return ", ".join(each["filename"] for each in delivery.attachments) or "–"

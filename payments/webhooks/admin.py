"""What providers told us, to look at only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.webhooks.models import ProviderEvent, RejectedEvent
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin


@admin.register(ProviderEvent)
class ProviderEventAdmin(RecordAdmin):
    list_display = ("received_at", "provider", "dedup_key", "deliveries", "result", "processed_at", "error")
    list_filter = (
        ("provider", ChoicesDropdownFilter),
        ("result", admin.AllValuesFieldListFilter),
        ("processed_at", admin.EmptyFieldListFilter),
        StretchFilter.over("received_at", "received_at"),
    )
    search_fields = ("dedup_key",)
    search_help_text = _("Mã gửi cổng hoặc mã giao dịch")
    ordering = ("-pk",)
    fields = (
        "provider", "dedup_key", "deliveries", "result", "error", "received_at", "processed_at", "headers", "raw",
    )  # fmt: skip
    show_full_result_count = False


@admin.register(RejectedEvent)
class RejectedEventAdmin(RecordAdmin):
    list_display = ("received_at", "provider", "address")
    list_filter = (("provider", ChoicesDropdownFilter),)
    search_fields = ("=address",)
    ordering = ("-pk",)
    fields = ("provider", "address", "received_at", "raw")

"""One-time codes for operators: that one was sent and used, never which."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.confirmations.models import OneTimeCode
from voltgo.core.backoffice.columns import link
from voltgo.core.backoffice.pages import RecordAdmin


@admin.register(OneTimeCode)
class OneTimeCodeAdmin(RecordAdmin):
    list_display = ("sent_at", "person", "purpose", "reference", "channel", "sent_to", "attempts", "used_at")
    list_filter = (("purpose", ChoicesDropdownFilter), ("used_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__full_name", "user__email", "user__public_id", "reference")
    date_hierarchy = "sent_at"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "person",
        "purpose",
        "reference",
        "channel",
        "sent_to",
        "sent_at",
        "expires_at",
        "attempts",
        "used_at",
    )
    person = link("user", _("người dùng"), order="user__full_name")

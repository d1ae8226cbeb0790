"""Additional drivers for operators: who was asked, who agreed, what was judged."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from rentals.drivers.enums import DRIVER, DriverState
from rentals.drivers.models import AdditionalDriver
from voltgo.core.backoffice.columns import link, tag
from voltgo.core.backoffice.pages import RecordAdmin

STATE_COLOURS = {DriverState.INVITED: "info", DriverState.ACCEPTED: "success"}


@admin.register(AdditionalDriver)
class AdditionalDriverAdmin(RecordAdmin):
    list_display = ("code", "booking_link", "email", "person", "status", "invited_at", "answered_at")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_select_related = ("booking", "user")
    search_fields = ("code", "email", "booking__code", "user__full_name", "user__phone")
    search_help_text = _("Mã, email, tên hoặc mã đặt xe")
    date_hierarchy = "invited_at"
    ordering = ("-pk",)
    machines = (DRIVER,)
    fields = readonly_fields = (
        "code",
        "booking_link",
        "email",
        "person",
        "status",
        "invited_at",
        "answered_at",
        "eligibility",
        "pickup_eligibility",
    )
    booking_link = link("booking", _("lượt đặt xe"))
    person = link("user", _("người lái"))
    status = tag("state", _("trạng thái"), STATE_COLOURS)

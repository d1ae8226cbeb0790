"""Calendar feeds for operators: whose, of what, when last read; and taking one back. The address is not known."""

from collections.abc import Sequence

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from rentals.calendars.models import CalendarFeed
from rentals.calendars.services import revoke_feed
from voltgo.core.backoffice.columns import link, moment
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import Step


@admin.register(CalendarFeed)
class CalendarFeedAdmin(RecordAdmin):
    list_display = ("person", "car", "created", "read", "revoked")
    list_select_related = ("owner", "vehicle__model")
    search_fields = ("owner__full_name", "owner__email", "vehicle__plate", "vehicle__code")
    search_help_text = _("Tên, email hoặc biển số")
    ordering = ("-created_at",)
    # The digest opens nothing, but is of no use to people either.
    fields = readonly_fields = ("person", "car", "created", "read", "revoked")
    steps = (
        Step(
            name="revoke",
            label=_("Thu hồi địa chỉ lịch"),
            hint=_("Lịch dùng địa chỉ này không còn đọc được. Chủ lịch có thể tạo địa chỉ mới."),
            icon="link_off",
            applies=lambda feed: feed.revoked_at is None,
            do=lambda feed, by, _values: revoke_feed(feed=feed, by=by),
            is_grave=True,
        ),
    )
    person = link("owner", _("của"), order="owner__full_name")
    car = link("vehicle", _("xe"))
    created = moment("created_at", _("tạo lúc"))
    read = moment("last_read_at", _("đọc gần nhất"))
    revoked = moment("revoked_at", _("thu hồi lúc"))

    def trail_subjects(self, row: CalendarFeed) -> Sequence[str]:
        return (f"calendar:{row.pk}",)

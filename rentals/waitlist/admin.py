"""The waitlist for operators: who waits for what, who was offered what; and renters' favourites."""

from collections.abc import Sequence

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from rentals.waitlist.enums import OPEN_WAIT_STATES, WAIT, WaitState
from rentals.waitlist.models import Favourite, WaitlistEntry
from rentals.waitlist.services import offer_next, withdraw_entry
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import link, moment, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import Step

STATE_COLOURS = {
    WaitState.WAITING: "info",
    WaitState.OFFERED: "warning",
    WaitState.TAKEN: "success",
}


def _offer_now(entry: WaitlistEntry, _by: Actor, _values: object) -> object:
    """Look at the whole queue of the entry: nobody is called out of turn."""
    return offer_next(station=entry.station, model=entry.model)


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(RecordAdmin):
    list_display = (
        "code",
        "person",
        "place",
        "model_name",
        "starts",
        "ends",
        "status",
        "until",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        StretchFilter.over("starts", "ends"),
        ("station", AutocompleteSelectFilter),
        ("station__city", RelatedDropdownFilter),
        ("model", AutocompleteSelectFilter),
    )
    list_select_related = ("renter", "station", "model", "booking")
    search_fields = ("code", "renter__full_name", "renter__email", "renter__phone", "booking__code")
    search_help_text = _("Mã, tên, email hoặc điện thoại")
    date_hierarchy = "starts_at"
    ordering = ("-created_at",)
    fields = readonly_fields = (
        "code",
        "status",
        "person",
        "place",
        "model_name",
        "starts",
        "ends",
        "created",
        "offered",
        "until",
        "offer",
    )
    machines = (WAIT,)
    steps = (
        Step(
            name="offer",
            label=_("Mời ngay"),
            hint=_(
                "Xem lại cả hàng chờ của mẫu xe này ở trạm: xe trống được mời theo thứ tự, không ai chen ngang."
            ),
            icon="notifications_active",
            applies=lambda entry: entry.state == WaitState.WAITING,
            do=_offer_now,
        ),
        Step(
            name="withdraw",
            label=_("Rút khỏi danh sách"),
            hint=_("Nếu đang có xe được mời, xe đó được mời ngay cho người tiếp theo."),
            icon="cancel",
            applies=lambda entry: entry.state in OPEN_WAIT_STATES,
            do=lambda entry, by, _values: withdraw_entry(entry=entry, by=by),
            is_grave=True,
        ),
    )
    person = link("renter", _("người thuê"), order="renter__full_name")
    place = link("station", _("trạm"), order="station__name")
    model_name = link("model", _("mẫu xe"))
    offer = link("booking", _("lượt đặt xe"))
    starts = moment("starts_at", _("giờ nhận xe"))
    ends = moment("ends_at", _("giờ trả xe"))
    created = moment("created_at", _("tạo lúc"))
    offered = moment("offered_at", _("mời lúc"))
    until = moment("offered_until", _("giữ đến"))
    status = tag("state", _("trạng thái"), STATE_COLOURS)

    def trail_subjects(self, row: WaitlistEntry) -> Sequence[str]:
        return (f"waitlist:{row.code}",)


@admin.register(Favourite)
class FavouriteAdmin(RecordAdmin):
    list_display = ("person", "thing", "created")
    list_filter = (("station", AutocompleteSelectFilter), ("model", AutocompleteSelectFilter))
    list_select_related = ("renter", "station", "model", "vehicle__model")
    search_fields = ("renter__full_name", "renter__email", "vehicle__plate")
    ordering = ("-created_at",)
    fields = readonly_fields = ("person", "station", "model", "vehicle", "created")
    person = link("renter", _("người thuê"), order="renter__full_name")
    created = moment("created_at", _("tạo lúc"))

    @admin.display(description=_("mục yêu thích"))
    def thing(self, favourite: Favourite) -> str:
        return str(favourite)

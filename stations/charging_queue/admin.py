"""Stints at chargers, for operators."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from stations.charging_queue.models import ChargingStint
from voltgo.core.backoffice.columns import link, moment, percent
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin


@admin.register(ChargingStint)
class ChargingStintAdmin(RecordAdmin):
    list_display = ("began", "car", "place", "bay", "before", "ended", "after", "plugged_by")
    list_filter = (
        ("station", AutocompleteSelectFilter),
        ("unplugged_at", admin.EmptyFieldListFilter),
        StretchFilter.over("plugged_at", "plugged_at"),
    )
    list_select_related = ("vehicle__model", "station", "bay")
    search_fields = ("vehicle__plate", "plugged_by", "unplugged_by")
    ordering = ("-pk",)
    fields = ("car", "place", "bay", "began", "before", "plugged_by", "ended", "after", "unplugged_by")
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    place = link("station", _("trạm"), order="station__name")
    began = moment("plugged_at", _("cắm lúc"))
    ended = moment("unplugged_at", _("rút lúc"))
    before = percent("plugged_percent", _("pin lúc cắm"))
    after = percent("unplugged_percent", _("pin lúc rút"))

"""Numbered bays, and those kept for vehicles on their way: who comes when, and how to free one."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from stations.bays.models import Bay, BayReservation
from stations.bays.services import end_reservation
from voltgo.core.backoffice.columns import column, link
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step


@admin.register(Bay)
class BayAdmin(OperatorAdmin):
    list_display = ("name", "place", "has_charger", "standing", "is_active")
    list_filter = (("station", AutocompleteSelectFilter), "has_charger", "is_active")
    list_select_related = ("station", "vehicle__model")
    search_fields = ("station__name", "station__code", "vehicle__plate")
    search_help_text = _("Trạm hoặc biển số")
    fields = ("place", "number", "row", "has_charger", "standing", "is_active")
    readonly_fields = ("place", "number", "standing", "is_active")
    kept_because = _("Số chỗ đỗ theo trạm: hãy sửa ở trang của trạm.")
    place = link("station", _("trạm"), order="station__name")
    standing = link("vehicle", _("xe đang đỗ"), order="vehicle__plate", text="plate")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As many as the station has, made with it."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("station", "vehicle__model")

    @column(_("số"), order="number")
    def name(self, row: Bay) -> str:
        return row.label


@admin.register(BayReservation)
class BayReservationAdmin(RecordAdmin):
    list_display = ("for_whom", "place", "arrives_at", "held_until", "created_at", "ended_at")
    list_filter = (("station", AutocompleteSelectFilter), ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("station",)
    search_fields = ("claimant", "station__name")
    search_help_text = _("Mã đặt xe hoặc trạm")
    ordering = ("-pk",)
    fields = ("place", "for_whom", "arrives_at", "held_until", "created_at", "ended_at")
    place = link("station", _("trạm"), order="station__name")
    steps = (
        Step(
            name="end-reservation",
            label=_("Bỏ giữ chỗ"),
            hint=_("Chỗ đỗ này được dành cho xe khác. Lượt đặt của khách không thay đổi."),
            form_class=ReasonForm,
            do=lambda row, by, values: end_reservation(reservation=row, reason=values["reason"], by=by),
            applies=lambda row: row.ended_at is None,
            icon="local_parking",
        ),
    )

    @column(_("dành cho"), order="claimant")
    def for_whom(self, row: BayReservation) -> str:
        return row.claimant.partition(":")[2] or row.claimant

    def trail_subjects(self, row: BayReservation) -> tuple[str, ...]:
        return (row.claimant,)

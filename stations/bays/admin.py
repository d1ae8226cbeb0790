"""Bays that are kept for vehicles on their way, for operators: who comes when, and how to free one."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from stations.bays.models import BayReservation
from stations.bays.services import end_reservation
from voltgo.core.backoffice.columns import column, link
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step


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

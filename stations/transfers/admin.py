"""Transfers with their photos, for operators: ask for one on a vehicle's page, agree to it, call it off."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from stations.fleet.admin import VehicleAdmin
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline.admin import CLAIMANT_PAGES
from stations.transfers import services
from stations.transfers.enums import OPEN_TRANSFER_STATES, TRANSFER, TransferState
from stations.transfers.models import TransferPhoto, VehicleTransfer
from voltgo.core import clock
from voltgo.core.backoffice.columns import change_url, column, link, list_url, moment, percent, tag
from voltgo.core.backoffice.files import PictureAdmin, picture
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import ReasonForm, Step

STATE_COLOURS = {
    TransferState.DRAFT: "info",
    TransferState.APPROVED: "warning",
    TransferState.PICKED_UP: "warning",
    TransferState.DELIVERED: "success",
}
TAKES = timedelta(hours=1)


class TransferForm(ReasonForm):
    destination = forms.ModelChoiceField(
        label=_("Trạm đến"),
        queryset=Station.objects.active(),
        widget=AutocompleteSelect(Vehicle._meta.get_field("station"), admin.site),
    )
    starts_at = forms.SplitDateTimeField(label=_("Dự kiến đi"), widget=UnfoldAdminSplitDateTimeWidget)
    arrives_at = forms.SplitDateTimeField(label=_("Dự kiến đến"), widget=UnfoldAdminSplitDateTimeWidget)
    field_order = ("destination", "starts_at", "arrives_at", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = clock.now().replace(second=0, microsecond=0)
        self.initial = {"starts_at": now, "arrives_at": now + TAKES}


def photos_panel(transfer: VehicleTransfer) -> Panel:
    return Panel(
        title=_("Ảnh"),
        headings=(_("Chụp"), _("Ảnh"), _("Lúc"), _("SHA-256")),
        rows=[
            (
                photo.get_end_display(),
                picture(photo, words=photo.get_end_display()),
                f"{clock.local(photo.at):%H:%M %d/%m/%Y}",
                photo.sha256[:12],
            )
            for photo in transfer.photos.order_by("pk")
        ],
        empty=_("Chưa có ảnh nào."),
    )


@admin.register(VehicleTransfer)
class VehicleTransferAdmin(RecordAdmin):
    list_display = ("code", "car", "leaves", "goes_to", "status", "planned", "expected", "requested_by")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("origin", AutocompleteSelectFilter),
        ("destination", AutocompleteSelectFilter),
        StretchFilter.over("starts_at", "arrives_at"),
    )
    list_select_related = ("vehicle__model", "origin", "destination", "picked_up_by", "delivered_by")
    search_fields = ("code", "vehicle__plate", "vehicle__code", "reason")
    search_help_text = _("Mã điều chuyển, biển số hoặc lý do")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("code", "car", "leaves", "goes_to", "status", "reason", "requested_by")}),
        (_("Kế hoạch"), {"fields": ("planned", "expected")}),
        (_("Trạm đi"), {"fields": ("picked_up_at", "sender", "picked_up_km", "charge_before")}),
        (_("Trạm đến"), {"fields": ("delivered_at", "receiver", "delivered_km", "charge_after")}),
    )
    machines = (TRANSFER,)
    panels: ClassVar = (photos_panel,)
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    leaves = link("origin", _("trạm đi"), order="origin__name")
    goes_to = link("destination", _("trạm đến"), order="destination__name")
    status = tag("state", _("trạng thái"), STATE_COLOURS)
    planned = moment("starts_at", _("dự kiến đi"))
    expected = moment("arrives_at", _("dự kiến đến"))
    sender = link("picked_up_by", _("người giao đi"), order="picked_up_by__full_name")
    receiver = link("delivered_by", _("người nhận"), order="delivered_by__full_name")
    charge_before = percent("picked_up_percent", _("pin lúc đi"))
    charge_after = percent("delivered_percent", _("pin lúc đến"))
    steps = (
        Step(
            name="approve",
            label=_("Duyệt"),
            hint=_("Xe không nhận lượt đặt mới ở trạm đi từ giờ dự kiến đi; trạm đến giữ một chỗ đỗ."),
            do=lambda transfer, by, _data: services.approve(transfer=transfer, by=by),
            applies=lambda transfer: transfer.state == TransferState.DRAFT,
            icon="check_circle",
        ),
        Step(
            name="cancel",
            label=_("Hủy điều chuyển"),
            hint=_("Xe đang trên đường được coi là đã quay về trạm đi."),
            form_class=ReasonForm,
            do=lambda transfer, by, data: services.cancel(transfer=transfer, reason=data["reason"], by=by),
            applies=lambda transfer: transfer.state in OPEN_TRANSFER_STATES,
            icon="cancel",
            is_grave=True,
        ),
    )

    def trail_subjects(self, row: VehicleTransfer) -> tuple[str, ...]:
        return (row.reference, f"vehicle:{row.vehicle.code}")


@admin.register(TransferPhoto)
class TransferPhotoAdmin(PictureAdmin):
    list_display = ("id", "of", "end", "at", "sha256")
    list_filter = (("end", ChoicesDropdownFilter),)
    list_select_related = ("transfer",)
    search_fields = ("transfer__code", "transfer__vehicle__plate", "sha256")
    ordering = ("-pk",)
    fields = ("of", "end", "shown", "sha256", "uploaded_sha256", "at")
    of = link("transfer", _("lần điều chuyển"))

    @column(_("ảnh"))
    def shown(self, photo: TransferPhoto) -> str:
        return picture(photo, words=photo.get_end_display())


VehicleAdmin.extend(
    steps=(
        Step(
            name="transfer",
            label=_("Điều chuyển"),
            hint=_("Lập đề nghị điều chuyển; xe đi khi có người duyệt và trạm đi giao xe."),
            form_class=TransferForm,
            do=lambda vehicle, by, data: services.plan(vehicle=vehicle, by=by, **data),
            applies=lambda vehicle: vehicle.lifecycle in {Lifecycle.IN_SERVICE, Lifecycle.SUSPENDED},
            lands_on=change_url,
            icon="local_shipping",
            is_for_many=False,
        ),
    ),
)
CLAIMANT_PAGES["transfer"] = lambda code: list_url(VehicleTransfer, f"q={code}")

"""Settlements for operators: to look at, and to decide disputes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
)
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from rentals.handovers.enums import RentalState
from rentals.handovers.models import (
    Rental,
    Settlement,
    SettlementLine,
)
from rentals.handovers.services import resolve_dispute
from rentals.pricing.wording import describe
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, dong, link, tag
from voltgo.core.backoffice.inlines import RecordInline
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.money import format_dong

STATE_COLOURS = {
    RentalState.PREPARING: "warning",
    RentalState.READY_TO_SIGN: "warning",
    RentalState.ACTIVE: "info",
    RentalState.SETTLING: "warning",
    RentalState.DISPUTED: "danger",
    RentalState.CLOSED: "success",
}


class ResolutionForm(StepForm):
    """Which charges are dropped, and the answer that the renter gets."""

    waived = forms.MultipleChoiceField(
        label=_("Bỏ các khoản"),
        required=False,
        help_text=_("Các khoản không chọn được giữ nguyên. Tiền đã trả khi đặt không bỏ ở đây."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    resolution = forms.CharField(
        label=_("Trả lời người thuê"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settlement = settlement_of(self.rows[0])
        waived: Any = self.fields["waived"]
        waived.choices = [
            (line.position, f"{describe(line.code, line.params)} – {format_dong(line.gross_amount)}")
            for line in settlement.lines.filter(is_prepaid=False).order_by("position")
        ]


def settlement_of(row: Rental | Settlement) -> Settlement:
    return row if isinstance(row, Settlement) else row.settlement


def _resolve(row: Rental | Settlement, by: Actor, values: Mapping[str, Any]) -> object:
    rental = settlement_of(row).rental
    waived = [int(position) for position in values["waived"]]
    return resolve_dispute(rental=rental, waived=waived, resolution=values["resolution"], by=by)


RESOLVE = Step(
    name="resolve",
    label=_("Giải quyết khiếu nại"),
    hint=_("Quyết toán được tính lại không có các khoản bị bỏ, tiền được chuyển và chuyến thuê hoàn tất."),
    form_class=ResolutionForm,
    do=_resolve,
    facts=lambda row: [(_("Người thuê khiếu nại"), settlement_of(row).objection)],
    applies=lambda row: (
        settlement_of(row).rental.state == RentalState.DISPUTED
        if isinstance(row, Settlement)
        else row.state == RentalState.DISPUTED
    ),
    permission="rentals.change_rental",
    icon="gavel",
    is_for_many=False,
)


class SettlementLineInline(RecordInline):
    model = SettlementLine
    fields = readonly_fields = ("position", "words", "kind", "net", "vat", "gross", "is_prepaid")
    ordering = ("position",)
    net = dong("net_amount", _("trước thuế"))
    vat = dong("vat_amount", _("thuế GTGT"))
    gross = dong("gross_amount", _("thành tiền"))

    @column(_("nội dung"))
    def words(self, line: SettlementLine) -> str:
        return describe(line.code, line.params)


@admin.register(Settlement)
class SettlementAdmin(RecordAdmin):
    list_display = (
        "trip", "person", "status", "total", "prepaid", "extra", "captured", "debt", "objection_until",
    )  # fmt: skip
    list_filter = (
        ("rental__state", ChoicesDropdownFilter),
        ("acceptance", ChoicesDropdownFilter),
        ("rental__return_station", AutocompleteSelectFilter),
        ("accepted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("rental__booking", "rental__renter")
    search_fields = (
        "=rental__booking__code",
        "rental__renter__full_name",
        "rental__renter__email",
        "rental__vehicle__plate",
    )
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("rental_link", "person", "status", "created_at", "objection_until")}),
        (
            _("Tính tiền"),
            {"fields": ("total", "prepaid", "extra", "deposit", "captured", "released", "debt")},
        ),
        (
            _("Chấp nhận"),
            {
                "fields": (
                    "accepted_at",
                    "acceptance",
                    "objection",
                    "resolution",
                    "strokes_sha256",
                    "content_sha256",
                )
            },
        ),
    )
    inlines = (SettlementLineInline,)
    steps = (RESOLVE,)
    person = link("rental.renter", _("người thuê"), order="rental__renter__full_name")
    rental_link = link("rental", _("chuyến thuê"))
    status = tag("rental.state", _("chuyến thuê"), STATE_COLOURS, order="rental__state")
    total = dong("total_amount", _("tổng cộng"))
    prepaid = dong("prepaid_amount", _("đã trả trước"))
    extra = dong("extra_amount", _("phát sinh"))
    deposit = dong("deposit_amount", _("tiền cọc"))
    captured = dong("captured_amount", _("trừ vào cọc"))
    released = dong("released_amount", _("cọc hoàn lại"))
    debt = dong("debt_amount", _("còn phải trả"))

    @column(_("quyết toán"), order="rental__booking__code")
    def trip(self, settlement: Settlement) -> str:
        return settlement.rental.booking.code

    def trail_subjects(self, row: Settlement) -> Sequence[str]:
        return (f"settlement:{row.pk}", f"rental:{row.rental.booking.code}")

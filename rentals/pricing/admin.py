"""The pages of prices for operators: tariffs, calendar and offers stand beside; quotes here."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from rentals.pricing.calendar_admin import HolidayAdmin, PeakHoursAdmin
from rentals.pricing.models import Quote
from rentals.pricing.offer_admin import AddOnAdmin, OneWayFeeAdmin, PromotionAdmin, PromotionUseAdmin
from rentals.pricing.tariff_admin import TariffAdmin
from rentals.pricing.wording import describe
from voltgo.core.backoffice.columns import column, dong, link, link_to, moment
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.money import format_dong

__all__ = [
    "AddOnAdmin",
    "HolidayAdmin",
    "OneWayFeeAdmin",
    "PeakHoursAdmin",
    "PromotionAdmin",
    "PromotionUseAdmin",
    "QuoteAdmin",
    "TariffAdmin",
]


def lines_of(quote: Quote) -> Panel:
    """Return the lines of a quote in words, and what they come to."""
    rows = [
        (
            describe(line["code"], line["params"]),
            format_dong(line["net"]),
            format_dong(line["vat"]),
            format_dong(line["gross"]),
        )
        for line in quote.lines
    ]
    total = (
        _("Tổng cộng"),
        format_dong(quote.net_amount),
        format_dong(quote.vat_amount),
        format_dong(quote.total_amount),
    )
    return Panel(
        title=_("Các dòng của báo giá"),
        headings=(_("Nội dung"), _("Trước thuế"), _("Thuế GTGT"), _("Thành tiền")),
        rows=[*rows, total],
        empty="",
    )


@admin.register(Quote)
class QuoteAdmin(RecordAdmin):
    list_display = (
        "created_at",
        "car",
        "place",
        "starts",
        "ends",
        "total",
        "deposit",
        "used",
        "expires_at",
    )
    list_filter = (
        ("model", AutocompleteSelectFilter),
        ("pickup_station", AutocompleteSelectFilter),
        ("booking", admin.EmptyFieldListFilter),
    )
    list_select_related = ("model", "pickup_station", "booking")
    search_fields = ("=id", "=sha256", "=booking__code", "model__name")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False
    fields = (
        "id", "car", "vehicle", "place", "return_station", "starts", "ends", "tariff", "total", "net", "vat",
        "deposit", "promotion", "renter", "replaces", "used", "created_at", "expires_at", "sha256",
    )  # fmt: skip
    panels: ClassVar = (lines_of,)
    car = link("model", _("mẫu xe"), order="model__name")
    place = link("pickup_station", _("trạm nhận"), order="pickup_station__name")
    starts = moment("starts_at", _("giờ nhận xe"))
    ends = moment("ends_at", _("giờ trả xe"))
    total = dong("total_amount", _("tiền thuê"))
    net = dong("net_amount", _("trước thuế"))
    vat = dong("vat_amount", _("thuế GTGT"))
    deposit = dong("deposit_amount", _("tiền cọc"))

    @column(_("lượt đặt"))
    def used(self, quote: Quote) -> str:
        return link_to(getattr(quote, "booking", None))

"""Receipts for operators: to look at, to download, and to have rendered again."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.invoices import services
from payments.invoices.documents import rate_name
from payments.invoices.enums import RECEIPT, ReceiptState
from payments.invoices.models import Receipt, ReceiptCounter
from voltgo.core.backoffice.columns import NOTHING, column, dong, link, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step
from voltgo.core.money import format_dong


def lines_of(receipt: Receipt) -> Panel:
    """Show what the receipt says."""
    return Panel(
        title=_("Các dòng"),
        headings=(_("nội dung"), _("thuế GTGT"), _("trước thuế"), _("thuế"), _("thành tiền")),
        rows=[
            (
                line["label"],
                rate_name(line["vat_bp"]),
                format_dong(line["net"]),
                format_dong(line["vat"]),
                format_dong(line["gross"]),
            )
            for line in receipt.lines
        ],
        empty=_("Không có dòng nào."),
    )


@admin.register(Receipt)
class ReceiptAdmin(RecordAdmin):
    list_display = ("number", "issued_at", "kind", "about", "person", "gross", "tax", "status", "file")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        StretchFilter.over("issued_at", "issued_at"),
    )
    list_select_related = ("payer",)
    search_fields = ("number", "reference", "payer__email", "payer__full_name")
    search_help_text = _("Số biên nhận, mã đặt xe hoặc khách hàng")
    ordering = ("-issued_at", "-number")
    date_hierarchy = "issued_at"
    fields = (
        "number",
        "kind",
        "reference",
        "person",
        "issued_at",
        "before_tax",
        "tax",
        "gross",
        "state",
        "file",
        "sha256",
    )
    machines = (RECEIPT,)
    panels = (lines_of,)
    steps = (
        Step(
            name="render",
            label=_("Tạo PDF"),
            hint=_("Khi việc tạo PDF đã bỏ cuộc. Nội dung biên nhận không thay đổi."),
            do=lambda receipt, by, _data: services.ask_for_pdf(receipt=receipt, by=by),
            applies=lambda receipt: receipt.state == ReceiptState.ISSUED,
            permission="view",
            icon="picture_as_pdf",
        ),
    )
    show_full_result_count = False
    about = named()
    person = link("payer", _("người trả"), order="payer__full_name")
    status = tag("state", _("trạng thái"), {ReceiptState.RENDERED: "success", ReceiptState.ISSUED: "info"})
    before_tax = dong("net", _("trước thuế"))
    tax = dong("vat", _("thuế GTGT"))
    gross = dong("total", _("tổng cộng"))

    @column(_("tệp PDF"))
    def file(self, receipt: Receipt) -> str:
        if receipt.state != ReceiptState.RENDERED:
            return NOTHING
        return format_html('<a class="vg-link" href="{}">{}</a>', receipt.get_absolute_url(), _("Tải về"))


@admin.register(ReceiptCounter)
class ReceiptCounterAdmin(RecordAdmin):
    list_display = ("series", "year", "last_number")
    ordering = ("-year", "series")

"""Invoice data for finance: what waits, what left, what the tax authority coded. All of it is history."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.invoices import exporting
from payments.invoices.buyer_models import BuyerDetails
from payments.invoices.buyers import shown
from payments.invoices.documents import rate_name
from payments.invoices.einvoice_models import EInvoice, EInvoiceBatch
from payments.invoices.enums import EINVOICE, EInvoiceState
from payments.invoices.providers import COLUMNS
from voltgo.core.backoffice.columns import NOTHING, column, dong, link, link_to, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.money import format_dong

EXPORT = "payments.export_einvoice"
COLOURS = {
    EInvoiceState.DRAFT: "warning",
    EInvoiceState.EXPORTED: "info",
    EInvoiceState.CODED: "success",
    EInvoiceState.REJECTED: "danger",
}
LARGEST_FILE = 5_000_000
TYPES = {"xml": "application/xml", "json": "application/json"}


class AnswersForm(StepForm):
    """The provider's file of answers."""

    file = forms.FileField(label=_("Tệp CSV của nhà cung cấp"), help_text=", ".join(COLUMNS))

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("Tệp lớn hơn 5 MB."))
        return bytes(file.read())


def items_of(invoice: EInvoice) -> Panel:
    """Show the lines of an invoice."""
    return Panel(
        title=_("Các dòng của hóa đơn"),
        headings=(_("nội dung"), _("thuế suất"), _("trước thuế"), _("thuế"), _("thành tiền")),
        rows=[
            (
                item["name"],
                rate_name(item["vat_bp"]),
                format_dong(item["net"]),
                format_dong(item["vat"]),
                format_dong(item["gross"]),
            )
            for item in invoice.content["items"]
        ],
        empty=_("Không có dòng nào."),
    )


def followers_of(invoice: EInvoice) -> Panel:
    """Show what adjusted or replaced it."""
    return Panel(
        title=_("Điều chỉnh và thay thế"),
        headings=(_("loại"), _("số tiền"), _("trạng thái"), _("lý do")),
        rows=[
            (
                link_to(row, str(row.get_kind_display())),
                format_dong(row.total),
                row.get_state_display(),
                row.content["reason"],
            )
            for row in invoice.followers.order_by("created_at")
        ],
        empty=_("Hóa đơn này chưa được điều chỉnh."),
    )


@admin.register(EInvoice)
class EInvoiceAdmin(RecordAdmin):
    list_display = (
        "written", "what", "about", "buyer_name", "gross", "tax", "status", "due_on", "number",
        "authority_code",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        StretchFilter.over("created_at", "created_at"),
    )
    list_select_related = ("receipt",)
    search_fields = ("reference", "number", "authority_code", "receipt__number", "provider_ref")
    search_help_text = _("Mã đặt xe, số hóa đơn, mã cơ quan thuế hoặc số biên nhận")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = (
        "what", "origin", "paper", "reference", "buyer_name", "buyer_code", "buyer_address", "tax_point",
        "due_on", "before_tax", "tax", "gross", "words", "state", "hand_over", "exported_at", "form_number",
        "serial", "number", "authority_code", "issued_on", "provider", "provider_ref", "rejection",
    )  # fmt: skip
    machines = (EINVOICE,)
    panels = (items_of, followers_of)
    about = named()
    status = tag("state", _("trạng thái"), COLOURS)
    before_tax = dong("net", _("trước thuế"))
    tax = dong("vat", _("thuế GTGT"))
    gross = dong("total", _("tổng cộng"))
    paper = link("receipt", _("biên nhận"))
    origin = link("original", _("hóa đơn gốc"))
    hand_over = link("batch", _("lần xuất"))
    steps = (
        Step(
            name="export",
            label=_("Xuất dữ liệu ngay"),
            hint=_("Tạo tệp XML và JSON cho nhà cung cấp. Đây là dữ liệu, chưa phải hóa đơn."),
            do=lambda invoice, by, _values: exporting.export_again(invoice=invoice, by=by),
            applies=lambda invoice: invoice.state == EInvoiceState.DRAFT,
            permission=EXPORT,
            icon="outbox",
        ),
        Step(
            name="export-again",
            label=_("Xuất lại"),
            hint=_("Khi tệp bị mất hoặc nhà cung cấp từ chối. Nội dung hóa đơn không thay đổi."),
            do=lambda invoice, by, _values: exporting.export_again(invoice=invoice, by=by),
            applies=lambda invoice: invoice.state in {EInvoiceState.EXPORTED, EInvoiceState.REJECTED},
            permission=EXPORT,
            icon="replay",
        ),
    )

    @column(_("lập lúc"), order="created_at")
    def written(self, invoice: EInvoice) -> Any:
        return invoice.created_at

    @column(_("loại"), order="kind")
    def what(self, invoice: EInvoice) -> str:
        return str(invoice.get_kind_display())

    @column(_("người mua"))
    def buyer_name(self, invoice: EInvoice) -> str:
        return str(invoice.content["buyer"]["name"])

    @column(_("mã số thuế hoặc giấy tờ"))
    def buyer_code(self, invoice: EInvoice) -> str:
        buyer = shown(invoice.content["buyer"]) or {}
        return buyer.get("tax_code") or buyer.get("person_number") or NOTHING

    @column(_("địa chỉ người mua"))
    def buyer_address(self, invoice: EInvoice) -> str:
        return str(invoice.content["buyer"]["address"]) or NOTHING

    @column(_("bằng chữ"))
    def words(self, invoice: EInvoice) -> str:
        return str(invoice.content["in_words"])


@admin.register(EInvoiceBatch)
class EInvoiceBatchAdmin(RecordAdmin):
    list_display = ("made", "number", "provider", "count", "files")
    list_filter = (StretchFilter.over("created_at", "created_at"),)
    search_fields = ("day", "xml_sha256", "json_sha256")
    ordering = ("-created_at",)
    fields = ("made", "number", "provider", "count", "files", "xml_sha256", "json_sha256", "created_at")
    panels: ClassVar = (
        lambda batch: Panel(
            title=_("Các hóa đơn"),
            headings=(_("tham chiếu"), _("loại"), _("số tiền"), _("trạng thái")),
            rows=[
                (
                    link_to(row, row.reference),
                    row.get_kind_display(),
                    format_dong(row.total),
                    row.get_state_display(),
                )
                for row in exporting.in_order(batch.invoices.all()[:200])
            ],
            empty=_("Mọi hóa đơn của lần này đã được xuất lại."),
        ),
    )
    steps = (
        Step(
            name="answers",
            label=_("Nạp trả lời của nhà cung cấp"),
            hint=_("Số hóa đơn và mã cơ quan thuế. Dòng không khớp thành việc cần xem; nạp lại không sao."),
            form_class=AnswersForm,
            do=lambda _batch, by, values: exporting.import_answers(content=values["file"], by=by),
            permission=EXPORT,
            icon="upload_file",
            is_for_many=False,
        ),
    )

    @column(_("ngày"), order="day")
    def made(self, batch: EInvoiceBatch) -> Any:
        return batch.day

    @column(_("tệp"))
    def files(self, batch: EInvoiceBatch) -> str:
        if not batch.xml:
            return str(_("đang ghi"))
        links = [
            (reverse("admin:payments_einvoicebatch_file", args=[batch.pk, suffix]), suffix.upper())
            for suffix in TYPES
        ]
        return format_html_join(" · ", '<a class="vg-link" href="{}">{}</a>', links)

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<path:object_id>/file/<slug:suffix>/",
            self.admin_site.admin_view(self.file_view),
            name="payments_einvoicebatch_file",
        )
        return [page, *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: str, suffix: str) -> FileResponse:
        """Hand a file over to whoever may export: buyers' numbers stand in it in full."""
        batch = self.get_object(request, object_id)
        user: Any = request.user
        if batch is None or suffix not in TYPES or not user.has_perm(EXPORT) or not getattr(batch, suffix):
            raise Http404
        name = getattr(batch, suffix)
        try:
            content = default_storage.open(name)
        except FileNotFoundError as gone:
            raise Http404 from gone
        headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
        return FileResponse(
            content,
            as_attachment=True,
            filename=name.rpartition("/")[2],
            content_type=TYPES[suffix],
            headers=headers,
        )


@admin.register(BuyerDetails)
class BuyerDetailsAdmin(RecordAdmin):
    list_display = ("name", "kind", "tax_code", "person", "about", "updated_at")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "=tax_code", "reference", "user__email")
    ordering = ("-updated_at",)
    fields = ("person", "about", "kind", "name", "tax_code", "address", "email", "updated_at")
    person = link("user", _("người thuê"), order="user__full_name")

    @column(_("dùng cho"), order="reference")
    def about(self, row: BuyerDetails) -> str:
        return row.reference or format_html("{}", _("mọi hóa đơn sau này"))

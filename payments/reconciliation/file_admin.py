"""Files of providers and of the bank: brought by people or the inbox, and confirmed by a second person."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from payments.gateways.bank.statement import StatementRow
from payments.reconciliation import selectors, services
from payments.reconciliation.admin import NO_STORE
from payments.reconciliation.enums import Source
from payments.reconciliation.errors import FileChanged
from payments.reconciliation.models import StatementConfirmation, StatementFile, StatementLine
from payments.reconciliation.services.confirming import rows_of
from payments.reconciliation.services.importing import MOST_BYTES
from voltgo.core import clock
from voltgo.core.audit.admin import admin_actor
from voltgo.core.backoffice.columns import NOTHING, column, dong, link, link_to_list, list_url, moment
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, Step
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong

UPLOAD = "payments.add_statementfile"
CONFIRM = "payments.change_bankline"
# So many rows of a statement are shown before it is confirmed; the rest is in the file.
MOST_ROWS = 200


class WaitingFilter(DropdownFilter):
    """Only statements that a second person has to confirm."""

    title = _("hiệu lực")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("chờ người thứ hai xác nhận"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=selectors.waiting_statements()) if self.value() == "1" else queryset


def _facts(file: StatementFile) -> Facts:
    return (
        (_("Ngày"), f"{file.day:%d/%m/%Y}"),
        (_("Số dòng"), str(file.line_count)),
        (_("Tiền vào trừ tiền ra"), format_dong(file.gross_amount)),
        (_("Người mang đến"), file.received_by or NOTHING),
    )


def _unconfirmed_rows_of(file: StatementFile) -> Panel:
    """Show what a statement says while none of it counts; afterwards its lines have pages of their own."""
    empty = _("Các dòng của tệp này đã có trang riêng.")
    rows: list[StatementRow] = []
    if selectors.waits(file):
        try:
            rows, empty = rows_of(file), _("Sao kê không có dòng nào.")
        except FileChanged as changed:
            empty = changed.message
    return Panel(
        title=_("Chưa có hiệu lực: chờ một người khác xác nhận") if rows else _("Dòng chờ xác nhận"),
        headings=(_("ghi sổ lúc"), _("số tiền"), _("nội dung"), _("tên đối ứng")),
        rows=[
            (
                f"{clock.local(row.booked_at):%d/%m/%Y %H:%M}",
                format_dong(row.amount),
                row.memo,
                row.party_name,
            )
            for row in rows[:MOST_ROWS]
        ],
        empty=empty,
    )


@admin.register(StatementFile)
class StatementFileAdmin(RecordAdmin):
    list_display = (
        "received_at",
        "source",
        "day",
        "name",
        "line_count",
        "gross",
        "fees",
        "received_by",
        "standing",
    )
    list_filter = (
        WaitingFilter,
        ("source", ChoicesDropdownFilter),
        StretchFilter.over("received_at", "received_at"),
    )
    list_select_related = ("confirmation",)
    search_fields = ("name", "=sha256")
    ordering = ("-received_at",)
    date_hierarchy = "day"
    fields = (
        "source", "day", "name", "standing", "line_count", "gross", "fees", "received_at", "received_by",
        "second", "mark", "original", "lines",
    )  # fmt: skip
    panels = (_unconfirmed_rows_of,)
    list_before_template: Any = "admin/payments/statementfile/import.html"
    gross = dong("gross_amount", _("tổng trước phí"))
    fees = dong("fee_amount", _("phí"))

    second = link("confirmation", _("người xác nhận"), text="by_label")
    steps = (
        Step(
            name="confirm",
            label=_("Xác nhận sao kê"),
            hint=_(
                "So với sao kê xem trực tiếp ở ngân hàng. Sau khi xác nhận, các dòng khớp được ghi sổ ngay."
            ),
            do=lambda file, by, _data: services.confirm_statement(file=file, by=by),
            applies=selectors.waits,
            facts=_facts,
            permission=CONFIRM,
            asker="received_ref",
            icon="task_alt",
            # Each one is looked at by itself.
            is_for_many=False,
        ),
    )

    @column(_("hiệu lực"), colours={"waits": "warning", "confirmed": "success"})
    def standing(self, file: StatementFile) -> tuple[str, str]:
        if file.source != Source.BANK or not file.received_ref:
            return "", ""
        if hasattr(file, "confirmation"):
            return "confirmed", str(_("đã xác nhận"))
        return "waits", str(_("chờ người thứ hai xác nhận"))

    @column(_("các dòng"))
    def lines(self, file: StatementFile) -> str:
        model = "payments.BankLine" if file.source == Source.BANK else "payments.StatementLine"
        return link_to_list(model, f"file__id__exact={file.pk}", str(file.line_count))

    @column(_("SHA-256"))
    def mark(self, file: StatementFile) -> str:
        # Whole, so that it can be compared; broken where a phone ends.
        digits = file.sha256
        return format_html_join(
            mark_safe("<wbr>"), "{}", ((digits[at : at + 8],) for at in range(0, len(digits), 8))
        )

    @column(_("tệp gốc"))
    def original(self, file: StatementFile) -> str:
        url = reverse("admin:payments_statementfile_original", args=[file.pk])
        return format_html('<a class="vg-link" href="{}">{}</a>', url, _("Tải về"))

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"statement_file:{row.pk}",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name="payments_statementfile_import"),
            path("<int:file_id>/original/", view(self.original_view), name="payments_statementfile_original"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        own: dict[str, Any] = {"may_import": self._may_import(request), "sources": Source.choices}
        return super().changelist_view(request, {**(extra_context or {}), **own})

    def _may_import(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm(UPLOAD))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take in a file that somebody downloaded from a provider or the bank."""
        if not self._may_import(request):
            raise PermissionDenied
        back = redirect(list_url(StatementFile))
        upload = request.FILES.get("file") if request.method == "POST" else None
        if upload is None or not upload.size or upload.size > MOST_BYTES:
            self.message_user(request, _("Hãy chọn một tệp nhỏ hơn 20 MB."), messages.ERROR)
            return back
        values: dict[str, Any] = {
            "name": str(upload.name), "content": upload.read(), "by": admin_actor(request),
        }  # fmt: skip
        source = request.POST.get("source", "")
        try:
            if source == Source.BANK:
                taken = services.import_statement(**values)
            else:
                taken = services.import_settlement(source=source, **values)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return back
        if taken.waits:
            words = _("Đã lưu sao kê. Chưa có gì được ghi sổ: một người khác cần xác nhận sao kê này.")
            self.message_user(request, words, messages.WARNING)
        elif taken.is_new:
            words = _("Đã nhận %(lines)d dòng mới, %(known)d dòng đã có từ trước.")
            self.message_user(request, words % {"lines": taken.lines, "known": taken.known}, messages.SUCCESS)
        else:
            self.message_user(request, _("Tệp này đã được nhận từ trước; không có gì thay đổi."))
        return back

    def original_view(self, request: HttpRequest, file_id: int) -> FileResponse:
        file = StatementFile.objects.filter(pk=file_id).first()
        if file is None or not self.has_view_permission(request, file):
            raise Http404
        try:
            content = file.content.open("rb")
        except FileNotFoundError as gone:
            raise Http404 from gone
        # As bytes to save: whatever a provider put in it is never shown as a page.
        name = f"{file.source}-{file.day}.csv"
        kind = "application/octet-stream"
        return FileResponse(content, as_attachment=True, filename=name, content_type=kind, headers=NO_STORE)


@admin.register(StatementConfirmation)
class StatementConfirmationAdmin(RecordAdmin):
    list_display = ("confirmed", "of_file", "brought_by", "by_label")
    list_filter = (StretchFilter.over("at", "at"),)
    list_select_related = ("file",)
    search_fields = ("file__name", "by_label")
    ordering = ("-at",)
    fields = ("confirmed", "of_file", "brought_by", "by_label")
    confirmed = moment("at", _("lúc"))
    of_file = link("file", _("sao kê"))

    @column(_("người mang đến"))
    def brought_by(self, confirmation: StatementConfirmation) -> str:
        return confirmation.file.received_by


@admin.register(StatementLine)
class StatementLineAdmin(RecordAdmin):
    list_display = (
        "occurred_at",
        "source",
        "kind",
        "provider_ref",
        "merchant_ref",
        "total",
        "kept",
        "of_file",
    )
    list_filter = (("source", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("file",)
    search_fields = ("=provider_ref", "=merchant_ref")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "of_file", "position", "kind", "provider_ref", "merchant_ref", "occurrence", "total", "kept",
        "occurred_at", "raw",
    )  # fmt: skip
    of_file = link("file", _("tệp"))
    total = dong("amount", _("số tiền"))
    kept = dong("fee", _("phí"))

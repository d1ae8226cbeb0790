"""Runs, differences and files for finance: what was found, and the few things that people decide."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from payments.reconciliation import reports, services
from payments.reconciliation.enums import SETTLED_STATUSES, Action, ItemStatus
from payments.reconciliation.models import (
    FeeRule,
    ReconciliationItem,
    ReconciliationResolution,
    ReconciliationRun,
)
from payments.reconciliation.services.running import PATIENCE
from voltgo.core import clock
from voltgo.core.backoffice.columns import (
    NOTHING,
    column,
    dong,
    link,
    link_to,
    list_url,
    name_of,
    named,
    tag,
    tag_html,
)
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Shortcut, Step
from voltgo.core.money import format_dong

RECONCILE = "payments.change_reconciliationrun"
RESOLVE = "payments.change_reconciliationitem"
# A traffic light: explained, on its way, to be looked at.
LIGHTS: Mapping[str, str] = {
    ItemStatus.MATCHED: "success",
    ItemStatus.MATCHED_LATE: "success",
    ItemStatus.IGNORED: "info",
    ItemStatus.REFUND_PENDING: "warning",
    ItemStatus.FEE_MISMATCH: "warning",
    ItemStatus.MISSING_EXTERNAL: "warning",
    ItemStatus.AMOUNT_MISMATCH: "danger",
    ItemStatus.MISSING_INTERNAL: "danger",
    ItemStatus.DUPLICATE_EXTERNAL: "danger",
    ItemStatus.STATUS_MISMATCH: "danger",
    ItemStatus.REFUND_MISSING: "danger",
    ItemStatus.CHARGEBACK: "danger",
    ItemStatus.UNKNOWN_REF: "danger",
    ItemStatus.BATCH_MISMATCH: "danger",
}
NO_STORE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


# --- Runs -----------------------------------------------------------------------------------------
def _sums_of(run: ReconciliationRun) -> Panel:
    """Show counts and amounts by status."""
    return Panel(
        title=_("Theo tình trạng"),
        headings=(_("tình trạng"), _("số mục"), _("của họ"), _("của ta"), _("chênh lệch")),
        rows=[
            (row.label, row.count, *map(format_dong, (row.external, row.internal, row.difference)))
            for row in reports.sums_by_status(run)
        ],
        empty=_("Ngày này không có giao dịch nào."),
        list_url=list_url(ReconciliationItem, f"run__id__exact={run.pk}"),
    )


def _open_items_of(run: ReconciliationRun) -> Panel:
    """Show what nobody has explained yet."""
    rows = run.items.exclude(status__in=SETTLED_STATUSES).order_by("key")[:20]
    return Panel(
        title=_("Cần xem"),
        headings=(_("mục"), _("tình trạng"), _("tham chiếu"), _("chênh lệch")),
        rows=[
            (
                link_to(row, row.key),
                row.get_status_display(),
                name_of(row.reference),
                format_dong(row.difference),
            )
            for row in rows
        ],
        empty=_("Không còn chênh lệch nào chưa có lời giải."),
        list_url=list_url(ReconciliationItem, f"run__id__exact={run.pk}&open=1"),
    )


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(RecordAdmin):
    list_display = ("day", "source", "number", "lights", "theirs", "ours", "rest", "started_at", "is_current")
    list_filter = (
        ("source", ChoicesDropdownFilter),
        "is_current",
        "file_missing",
        StretchFilter.over("started_at", "started_at"),
    )
    search_fields = ("source", "fingerprint")
    ordering = ("-day", "source", "-number")
    date_hierarchy = "day"
    show_full_result_count = False
    fields = (
        "source", "day", "number", "is_current", "started_at", "lights", "file_missing", "theirs", "ours",
        "explained", "rest", "mark",
    )  # fmt: skip
    panels = (_sums_of, _open_items_of)
    theirs = dong("external_amount", _("tổng của họ"))
    ours = dong("internal_amount", _("tổng của ta"))
    explained = dong("explained_amount", _("chênh lệch có lời giải"))
    rest = dong("unexplained_amount", _("chưa có lời giải"), order="")
    steps = (
        Step(
            name="again",
            label=_("Đối soát lại ngày này"),
            hint=_("Lần mới thay cho lần này; các quyết định trước đó vẫn giữ nguyên."),
            do=lambda run, _by, _data: services.reconcile(source=run.source, day=run.day),
            applies=lambda run: run.is_current,
            permission=RECONCILE,
            icon="replay",
            is_for_many=False,
        ),
    )

    @column(_("dấu vân tay"))
    def mark(self, run: ReconciliationRun) -> str:
        # Enough to tell two runs apart, and no wider than a phone.
        return run.fingerprint[:16]

    @column(_("kết quả"))
    def lights(self, run: ReconciliationRun) -> str:
        if run.file_missing:
            return tag_html(str(_("thiếu tệp")), "danger")
        tags = [
            (tag_html(f"{count} {ItemStatus(status).label}", LIGHTS[status]),)
            for status, count in sorted(run.counts.items(), key=lambda pair: LIGHTS[pair[0]])
        ]
        return format_html_join(" ", "{}", tags) or NOTHING

    def shortcuts(self, request: HttpRequest, row: Any) -> Sequence[tuple[Shortcut, str]]:
        return (
            (Shortcut(_("Tải CSV"), "table_view"), reverse(f"admin:{self._name}_csv", args=[row.pk])),
            (Shortcut(_("Tải PDF"), "picture_as_pdf"), reverse(f"admin:{self._name}_pdf", args=[row.pk])),
        )

    _name = "payments_reconciliationrun"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:run_id>/report.csv", view(self.csv_view), name=f"{self._name}_csv"),
            path("<int:run_id>/report.pdf", view(self.pdf_view), name=f"{self._name}_pdf"),
            *super().get_urls(),
        ]

    def csv_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._run(request, run_id)
        return _download(reports.as_csv(run), "text/csv; charset=utf-8", f"{run.source}-{run.day}.csv")

    def pdf_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = self._run(request, run_id)
        return _download(reports.as_pdf(run), "application/pdf", f"{run.source}-{run.day}.pdf")

    def _run(self, request: HttpRequest, run_id: int) -> ReconciliationRun:
        run = ReconciliationRun.objects.filter(pk=run_id).first()
        if run is None or not self.has_view_permission(request, run):
            raise Http404
        return run


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="voltgo-{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


# --- Differences ------------------------------------------------------------------------------------
class OpenFilter(DropdownFilter):
    """Only what somebody still has to look at: differences of current runs."""

    title = _("cần xem")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("chưa có lời giải")), ("old", _("quá 3 ngày")), ("now", _("của các lần mới nhất"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen not in {"1", "old", "now"}:
            return queryset
        rows = queryset.filter(run__is_current=True)
        if chosen == "now":
            return rows
        rows = rows.exclude(status__in=SETTLED_STATUSES)
        if chosen == "old":
            old = clock.today() - PATIENCE
            rows = rows.filter(occurred_on__lte=old)
        return rows


class ResolveForm(ReasonForm):
    action = forms.ChoiceField(label=_("Cách xử lý"), choices=Action.choices, widget=UnfoldAdminSelectWidget)
    target = forms.CharField(
        label=_("Mã đặt xe"),
        required=False,
        max_length=120,
        help_text=_("Chỉ khi ghi sổ một khoản tiền chưa có yêu cầu thanh toán."),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ("action", "target", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only what fits every row; for anything else the service has a refusal anyway.
        fitting = [set(services.actions_for(row)) for row in self.rows]
        actions = set(Action).intersection(*fitting)
        self.fields["action"].choices = [each for each in Action.choices if Action(each[0]) in actions]  # type: ignore[attr-defined]
        if Action.BOOK not in actions:
            del self.fields["target"]


def _item_facts(item: ReconciliationItem) -> Facts:
    return (
        (_("Tình trạng"), item.get_status_display()),
        (_("Của họ"), format_dong(item.external_amount)),
        (_("Của ta"), format_dong(item.internal_amount)),
        (_("Chênh lệch"), format_dong(item.difference)),
        (_("Tham chiếu"), name_of(item.reference) or item.subject),
    )


@admin.register(ReconciliationItem)
class ReconciliationItemAdmin(RecordAdmin):
    list_display = ("key", "status_tag", "of_run", "about", "theirs", "ours", "gap", "age", "suggestion")
    list_filter = (
        OpenFilter,
        ("status", ChoicesDropdownFilter),
        ("run__source", ChoicesDropdownFilter),
    )
    list_select_related = ("run", "line")
    search_fields = ("key", "reference", "subject")
    search_help_text = _("Mã giao dịch hoặc mã đặt xe")
    ordering = ("-occurred_on", "key")
    show_full_result_count = False
    fields = (
        "of_run", "key", "status_tag", "theirs", "ours", "gap", "subject", "reference", "suggestion",
        "occurred_on", "their_line", "raw",
    )  # fmt: skip
    about = named()
    status_tag = tag("status", _("tình trạng"), LIGHTS)
    of_run = link("run", _("lần đối soát"))
    their_line = link("line", _("dòng của họ"))
    theirs = dong("external_amount", _("của họ"))
    ours = dong("internal_amount", _("của ta"))
    gap = dong("difference", _("chênh lệch"), order="")
    steps = (
        Step(
            name="resolve",
            label=_("Xử lý chênh lệch"),
            hint=_("Quyết định và lý do được giữ lại cho các lần đối soát sau."),
            form_class=ResolveForm,
            do=lambda item, by, data: services.resolve_item(
                item=item, action=data["action"], target=data.get("target", ""), reason=data["reason"], by=by
            ),
            applies=lambda item: item.status not in SETTLED_STATUSES and item.run.is_current,
            facts=_item_facts,
            permission=RESOLVE,
            icon="gavel",
        ),
    )

    @column(_("số ngày"), order="-occurred_on")
    def age(self, item: ReconciliationItem) -> str:
        return "" if item.status in SETTLED_STATUSES else str((clock.today() - item.occurred_on).days)

    @column(_("nguyên văn"))
    def raw(self, item: ReconciliationItem) -> str:
        return item.line.raw if item.line else NOTHING


@admin.register(ReconciliationResolution)
class ReconciliationResolutionAdmin(RecordAdmin):
    list_display = ("at", "source", "key", "status", "gap", "action", "by_label")
    list_filter = (("source", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter))
    search_fields = ("key", "reason", "by_label")
    ordering = ("-at",)
    fields = ("at", "source", "key", "status", "gap", "action", "reason", "by_label")
    gap = dong("difference", _("chênh lệch"))


# --- What providers may keep ---------------------------------------------------------------------------
@admin.register(FeeRule)
class FeeRuleAdmin(OperatorAdmin):
    list_display = ("source", "valid_from", "basis_points", "fixed")
    list_filter = (("source", ChoicesDropdownFilter),)
    search_fields = ("source",)
    ordering = ("source", "-valid_from")
    fields = ("source", "valid_from", "basis_points", "fixed_amount")
    kept_because = _("Các lần đối soát trước đã dùng biểu phí này.")
    fixed = dong("fixed_amount", _("cố định mỗi giao dịch"))

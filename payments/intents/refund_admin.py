"""Money on its way back, for operators: refunds, credit paid out, files for the bank, adjustments."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.intents import services
from payments.intents.enums import (
    ADJUSTMENT,
    CREDIT_PAYOUT,
    REFUND,
    AdjustmentState,
    CreditPayoutState,
    RefundState,
)
from payments.intents.models import Adjustment, CreditPayout, Refund, TransferBatch
from payments.intents.refund_steps import APPROVE, PAYOUT_STEPS, REFUND_STEPS
from payments.intents.services.batches import rows_of
from payments.intents.services.payees import masked
from voltgo.core.audit.admin import admin_actor
from voltgo.core.backoffice.columns import column, dong, link, link_to, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Shortcut, Step
from voltgo.core.money import format_dong

REFUND_COLOURS = {
    RefundState.REQUESTED: "warning",
    RefundState.APPROVED: "info",
    RefundState.SUBMITTED: "info",
    RefundState.BY_HAND: "warning",
    RefundState.SUCCEEDED: "success",
    RefundState.FAILED: "danger",
    RefundState.REJECTED: "danger",
}
PAYOUT_COLOURS = {CreditPayoutState.WAITING: "warning", CreditPayoutState.PAID: "success"}
ADJUSTMENT_COLOURS = {
    AdjustmentState.REQUESTED: "warning",
    AdjustmentState.DONE: "success",
    AdjustmentState.REJECTED: "danger",
}


@admin.register(Refund)
class RefundAdmin(RecordAdmin):
    list_display = (
        "created_at", "about", "total", "way", "reason", "status", "requested_by_label", "succeeded_at",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        StretchFilter.over("created_at", "created_at"),
    )
    search_fields = ("reference", "=request_id", "=provider_ref", "=memo")
    search_help_text = _("Mã đặt xe, mã yêu cầu hoàn, mã giao dịch hoặc nội dung chuyển khoản")
    ordering = ("-created_at",)
    fields = (
        "reference", "order", "total", "rent", "deposit", "surplus", "reason", "way", "state", "requested_by_label",
        "payee_masked", "memo", "file", "account_ref", "request_id", "provider_ref", "provider_code", "created_at",
        "submitted_at", "succeeded_at", "polls", "next_poll_at",
    )  # fmt: skip
    machines = (REFUND,)
    steps = REFUND_STEPS
    show_full_result_count = False
    about = named()
    order = link("intent", _("yêu cầu thanh toán"))
    file = link("batch", _("bảng lệnh"))
    status = tag("state", _("trạng thái"), REFUND_COLOURS)
    total = dong("amount", _("số tiền"))
    rent = dong("prepayment_amount", _("tiền thuê"))
    deposit = dong("deposit_amount", _("tiền cọc"))
    surplus = dong("surplus_amount", _("tiền thừa"))

    @column(_("người nhận"))
    def payee_masked(self, row: Refund) -> str:
        return masked(row.payee)

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"refund:{row.pk}",)


@admin.register(CreditPayout)
class CreditPayoutAdmin(RecordAdmin):
    list_display = ("created_at", "person", "total", "payee_masked", "memo", "status", "paid_at")
    list_filter = (("state", ChoicesDropdownFilter), StretchFilter.over("created_at", "created_at"))
    list_select_related = ("owner",)
    search_fields = ("=memo", "=bank_ref", "owner__email", "owner__full_name")
    ordering = ("-created_at",)
    fields = (
        "person", "total", "payee_masked", "memo", "state", "file", "bank_ref", "created_at", "paid_at",
    )  # fmt: skip
    machines = (CREDIT_PAYOUT,)
    steps = PAYOUT_STEPS
    show_full_result_count = False
    person = link("owner", _("của"), order="owner__full_name")
    file = link("batch", _("bảng lệnh"))
    status = tag("state", _("trạng thái"), PAYOUT_COLOURS)
    total = dong("amount", _("số tiền"))

    @column(_("người nhận"))
    def payee_masked(self, row: CreditPayout) -> str:
        return masked(row.payee)

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"payout:{row.pk}",)


def transfers_of(batch: TransferBatch) -> Panel:
    """Show the transfers of a batch; each is confirmed on its own page."""
    return Panel(
        title=_("Các lệnh chuyển"),
        headings=(_("nội dung"), _("số tiền"), _("người nhận"), _("trạng thái")),
        rows=[
            (link_to(row, row.memo), format_dong(row.amount), masked(row.payee), row.get_state_display())
            for row in rows_of(batch)
        ],
        empty=_("Không còn lệnh nào trong bảng này."),
    )


@admin.register(TransferBatch)
class TransferBatchAdmin(RecordAdmin):
    list_display = ("made_at", "code", "count", "total", "made_by_label")
    search_fields = ("=code",)
    ordering = ("-pk",)
    fields = ("code", "count", "total", "made_by_label", "made_at")
    panels = (transfers_of,)
    total = dong("amount", _("tổng tiền"))

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"batch:{row.pk}",)

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<path:object_id>/file/",
            self.admin_site.admin_view(self.file_view),
            name="payments_transferbatch_file",
        )
        return [page, *super().get_urls()]

    def shortcuts(self, request: HttpRequest, row: Any) -> Sequence[tuple[Shortcut, str]]:
        if not _may_export(request):
            return ()
        url = reverse("admin:payments_transferbatch_file", args=[row.pk])
        return ((Shortcut(_("Tải tệp cho ngân hàng"), "download"), url),)

    def file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Hand out the file with the account numbers; who took it is kept."""
        batch: Any = self.get_object(request, object_id)
        if batch is None or not self.has_view_permission(request, batch):
            raise Http404
        if not _may_export(request):
            raise PermissionDenied
        answer = HttpResponse(services.file_of(batch, by=admin_actor(request)), content_type="text/csv")
        answer["Content-Disposition"] = f'attachment; filename="{batch.code}.csv"'
        answer["Cache-Control"] = "private, no-store"
        return answer


def _may_export(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm(APPROVE))


def _adjustment_facts(row: Adjustment) -> Facts:
    return (
        (_("Số tiền"), format_dong(row.amount)),
        (_("Lý do"), row.reason),
        (_("Người yêu cầu"), row.requested_by_label),
    )


def _waits(row: Adjustment) -> bool:
    return row.state == AdjustmentState.REQUESTED


@admin.register(Adjustment)
class AdjustmentAdmin(RecordAdmin):
    list_display = ("created_at", "who", "kind", "total", "reason", "status", "requested_by_label")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("person",)
    search_fields = ("reference", "person__email", "person__full_name")
    ordering = ("-created_at",)
    fields = (
        "who", "kind", "reference", "total", "reason", "state", "requested_by_label", "created_at", "decided_at",
    )  # fmt: skip
    machines = (ADJUSTMENT,)
    show_full_result_count = False
    who = link("person", _("của"), order="person__full_name")
    status = tag("state", _("trạng thái"), ADJUSTMENT_COLOURS)
    total = dong("amount", _("số tiền"))
    steps = (
        Step(
            name="approve",
            label=_("Duyệt điều chỉnh"),
            hint=_("Được ghi sổ ngay. Người yêu cầu không tự duyệt được."),
            do=lambda row, by, _data: services.approve_adjustment(adjustment=row, by=by),
            applies=_waits,
            facts=_adjustment_facts,
            permission="approve",
            asker="requested_by_ref",
            icon="task_alt",
        ),
        Step(
            name="reject",
            label=_("Không duyệt"),
            form_class=ReasonForm,
            do=lambda row, by, data: services.reject_adjustment(adjustment=row, by=by, reason=data["reason"]),
            applies=_waits,
            facts=_adjustment_facts,
            permission="approve",
            asker="requested_by_ref",
            icon="block",
            is_grave=True,
        ),
    )

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"adjustment:{row.pk}",)

"""Payments, deposits and refunds for operators: to look at, with the few steps that people decide."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.intents import services
from payments.intents.adjusting_steps import ADJUSTING_STEPS
from payments.intents.enums import INTENT, OPEN_STATES, IntentState
from payments.intents.models import Payment, PaymentAttempt, PaymentIntent
from voltgo.core.backoffice.columns import dong, link, link_to, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step
from voltgo.core.money import format_dong

APPROVE = "payments.approve_refund"
INTENT_COLOURS = {
    IntentState.SUCCEEDED: "success",
    IntentState.NEEDS_REVIEW: "danger",
    IntentState.PENDING: "info",
    IntentState.FAILED: "warning",
    IntentState.PARTLY_REFUNDED: "info",
    IntentState.REFUNDED: "info",
}


def attempts_of(intent: PaymentIntent) -> Panel:
    """Show each try to pay."""
    rows = intent.attempts.order_by("-number")
    return Panel(
        title=_("Các lần thanh toán"),
        headings=(_("lần"), _("mã gửi cổng"), _("kết quả"), _("mã của cổng"), _("số lần hỏi")),
        rows=[
            (row.number, link_to(row), row.get_outcome_display(), row.provider_code, row.polls)
            for row in rows
        ],
        empty=_("Khách chưa chuyển sang cổng thanh toán."),
    )


def refunds_of(intent: PaymentIntent) -> Panel:
    """Show what goes back."""
    rows = intent.refunds.order_by("-created_at")
    return Panel(
        title=_("Các khoản hoàn tiền"),
        headings=(_("số tiền"), _("lý do"), _("trạng thái")),
        rows=[
            (link_to(row, format_dong(row.amount)), row.get_reason_display(), row.get_state_display())
            for row in rows
        ],
        empty=_("Chưa có khoản hoàn tiền nào."),
    )


def _review_facts(intent: PaymentIntent) -> Facts:
    return ((_("Số tiền"), format_dong(intent.amount)), (_("Mã gửi cổng"), intent.merchant_ref or ""))


def _is_under_review(intent: PaymentIntent) -> bool:
    return intent.state == IntentState.NEEDS_REVIEW


INTENT_STEPS = (
    Step(
        name="ask",
        label=_("Hỏi cổng thanh toán"),
        hint=_("Hỏi ngay kết quả của các lần thanh toán chưa rõ của đơn này."),
        do=lambda intent, _by, _data: services.query_now(intent.reference),
        applies=lambda intent: intent.state in OPEN_STATES | {IntentState.NEEDS_REVIEW},
        permission="view",
        icon="sync",
        is_for_many=False,
    ),
    Step(
        name="accept",
        label=_("Nhận khoản tiền này"),
        hint=_("Chỉ khi trang quản lý của cổng thanh toán cho thấy tiền đã về. Tiền được ghi sổ ngay."),
        form_class=ReasonForm,
        do=lambda intent, by, data: services.settle_review(
            intent=intent, accept=True, by=by, reason=data["reason"]
        ),
        applies=_is_under_review,
        facts=_review_facts,
        permission=APPROVE,
        icon="task_alt",
        is_for_many=False,
    ),
    Step(
        name="refuse",
        label=_("Không nhận khoản tiền này"),
        hint=_("Khi tiền không về tài khoản của VoltGo. Khách có thể thanh toán lại."),
        form_class=ReasonForm,
        do=lambda intent, by, data: services.settle_review(
            intent=intent, accept=False, by=by, reason=data["reason"]
        ),
        applies=_is_under_review,
        facts=_review_facts,
        permission=APPROVE,
        icon="block",
        is_grave=True,
        is_for_many=False,
    ),
    Step(
        name="cancel",
        label=_("Hủy yêu cầu thanh toán"),
        hint=_("Khách không trả được nữa. Tiền đến sau đó vẫn được ghi nhận."),
        form_class=ReasonForm,
        do=lambda intent, by, data: services.cancel_intent(intent=intent, by=by, reason=data["reason"]),
        applies=lambda intent: intent.state in OPEN_STATES,
        permission=APPROVE,
        icon="cancel",
        is_grave=True,
    ),
)


@admin.register(PaymentIntent)
class PaymentIntentAdmin(RecordAdmin):
    list_display = (
        "created_at",
        "about",
        "person",
        "purpose",
        "total",
        "status",
        "provider",
        "expires_at",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("provider", ChoicesDropdownFilter),
        StretchFilter.over("created_at", "created_at"),
    )
    list_select_related = ("payer",)
    search_fields = ("reference", "payer__email", "payer__full_name", "=merchant_ref", "=provider_ref")
    search_help_text = _("Mã đặt xe, khách hàng, mã gửi cổng hoặc mã giao dịch")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    fields = (
        "reference", "person", "purpose", "description", "total", "rent", "deposit", "received", "pledged", "state",
        "provider",
        "merchant_ref", "provider_ref", "language", "created_at", "expires_at", "succeeded_at",
    )  # fmt: skip
    machines = (INTENT,)
    panels = (attempts_of, refunds_of)
    steps = (*INTENT_STEPS, *ADJUSTING_STEPS)
    show_full_result_count = False
    about = named()
    person = link("payer", _("người trả"), order="payer__full_name")
    status = tag("state", _("trạng thái"), INTENT_COLOURS)
    total = dong("amount", _("số tiền"))
    rent = dong("prepayment_amount", _("tiền thuê"))
    deposit = dong("deposit_amount", _("tiền cọc"))
    received = dong("received_amount", _("đã nhận"))
    pledged = dong("pledged_amount", _("giữ trên thẻ thay vì thu"))

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"payment:{row.pk}",)


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(RecordAdmin):
    list_display = (
        "created_at",
        "merchant_ref",
        "order",
        "number",
        "outcome",
        "provider_code",
        "polls",
        "next_poll_at",
    )
    list_filter = (("outcome", ChoicesDropdownFilter), ("provider", ChoicesDropdownFilter))
    list_select_related = ("intent",)
    search_fields = ("=merchant_ref", "=provider_ref", "intent__reference")
    ordering = ("-pk",)
    fields = (
        "order", "number", "provider", "taken", "held", "merchant_ref", "provider_ref", "outcome", "provider_code",
        "provider_created_at", "expires_at", "polls", "next_poll_at",
    )  # fmt: skip
    show_full_result_count = False
    order = link("intent", _("yêu cầu thanh toán"))
    taken = dong("amount", _("số tiền thu"))
    held = dong("hold_amount", _("số tiền giữ"))


@admin.register(Payment)
class PaymentAdmin(RecordAdmin):
    list_display = ("paid_at", "order", "total", "provider", "provider_ref", "method")
    list_filter = (("provider", ChoicesDropdownFilter), StretchFilter.over("paid_at", "paid_at"))
    list_select_related = ("intent",)
    search_fields = ("=provider_ref", "=merchant_ref", "intent__reference")
    ordering = ("-paid_at",)
    date_hierarchy = "paid_at"
    fields = (
        "order", "total", "rent", "deposit", "surplus", "provider", "provider_ref", "merchant_ref",
        "provider_created_at", "paid_at", "method", "account_ref",
    )  # fmt: skip
    show_full_result_count = False
    order = link("intent", _("yêu cầu thanh toán"))
    total = dong("amount", _("số tiền"))
    rent = dong("prepayment_amount", _("tiền thuê"))
    deposit = dong("deposit_amount", _("tiền cọc"))
    surplus = dong("surplus_amount", _("tiền thừa"))

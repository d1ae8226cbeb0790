"""Our bank's lines for finance: what each was booked as, and whose the money is that nobody could name."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from payments.intents import targets
from payments.intents.enums import OPEN_STATES
from payments.intents.models import PaymentIntent
from payments.intents.services.refunds import approval_limit
from payments.ledger.models import LedgerEntry
from payments.reconciliation import services
from payments.reconciliation.enums import LineState, Wish
from payments.reconciliation.models import BankLine, ProviderPayout
from payments.reconciliation.services.bank_lines import return_memo
from voltgo.core import clock
from voltgo.core.backoffice.columns import NOTHING, column, dong, link, link_to, moment, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step
from voltgo.core.money import format_dong

DECIDE = "payments.change_bankline"
LINE_COLOURS = {
    LineState.NEW: "info",
    LineState.BOOKED: "success",
    LineState.SUSPENSE: "danger",
    LineState.RETURNING: "warning",
    LineState.IGNORED: "info",
}
NEAR = 8
LAST_DIGITS = 4


class DecideForm(ReasonForm):
    wish = forms.ChoiceField(label=_("Đây là"), choices=Wish.choices, widget=UnfoldAdminSelectWidget)
    target = forms.CharField(
        label=_("Ghi cho"),
        required=False,
        max_length=120,
        help_text=_("Mã đặt xe; với tiền cổng thanh toán chuyển về: vnpay 2026-11-20 2026-11-21."),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ("wish", "target", "reason")


def _facts(line: BankLine) -> Facts:
    facts: list[tuple[StrOrPromise, StrOrPromise]] = [
        (_("Số tiền"), format_dong(line.amount)),
        (_("Nội dung"), line.memo),
        (_("Người gửi"), line.party_name or NOTHING),
    ]
    if line.wish:
        facts += [
            (_("Đề nghị"), Wish(line.wish).label),
            (_("Ghi cho"), line.wish_target or NOTHING),
            (_("Lý do"), line.wish_reason),
            (_("Người đề nghị"), line.wished_by_label),
        ]
    elif abs(line.amount) > approval_limit():
        facts.append((_("Lưu ý"), _("Số tiền này cần một người khác đồng ý.")))
    return facts


def _suggested(line: BankLine) -> Panel:
    """Show requests for exactly this amount: only to look at, nothing is booked from it."""
    rows = PaymentIntent.objects.none()
    if line.state == LineState.SUSPENSE and line.amount > 0:
        rows = PaymentIntent.objects.filter(state__in=OPEN_STATES, amount=line.amount)
    return Panel(
        title=_("Yêu cầu thanh toán cùng số tiền"),
        headings=(_("tham chiếu"), _("người trả"), _("tạo lúc")),
        rows=[
            (
                link_to(row, targets.label_for(row.reference)),
                row.payer.full_name,
                f"{clock.local(row.created_at):%d/%m/%Y %H:%M}",
            )
            for row in rows.select_related("payer").order_by("-created_at")[:NEAR]
        ],
        empty=_("Không có yêu cầu nào đúng số tiền này. Gợi ý không thay cho kiểm tra."),
    )


def _entries_of(line: BankLine) -> Panel:
    """Show what was booked for the line while it was nobody's."""
    rows = LedgerEntry.objects.filter(reference=f"bankline:{line.pk}").order_by("pk")
    return Panel(
        title=_("Bút toán tạm"),
        headings=(_("bút toán"), _("ghi lúc")),
        rows=[(link_to(row), f"{clock.local(row.posted_at):%d/%m/%Y %H:%M}") for row in rows],
        empty=_("Dòng này được ghi thẳng, không qua tài khoản tạm."),
    )


@admin.register(BankLine)
class BankLineAdmin(RecordAdmin):
    list_display = ("booked", "total", "memo", "party_name", "status", "booked_as", "wish")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("wish", ChoicesDropdownFilter),
        StretchFilter.over("booked_at", "booked_at"),
    )
    search_fields = ("memo", "party_name", "=bank_ref", "=line_ref")
    search_help_text = _("Nội dung chuyển khoản, người gửi hoặc mã giao dịch")
    ordering = ("-booked_at", "-pk")
    date_hierarchy = "booked_at"
    show_full_result_count = False
    fields = (
        "booked", "total", "memo", "bank_ref", "party_name", "party_bank", "account_tail", "status", "booked_as",
        "note", "goes_back_as", "wish", "wish_target", "wish_reason", "wished_by_label", "of_file", "position",
    )  # fmt: skip
    panels = (_suggested, _entries_of)
    booked = moment("booked_at", _("ghi sổ lúc"))
    total = dong("amount", _("số tiền"))
    status = tag("state", _("trạng thái"), LINE_COLOURS)
    of_file = link("file", _("tệp"))
    steps = (
        Step(
            name="decide",
            label=_("Nói đây là tiền gì"),
            hint=_("Tiền rời tài khoản tạm và được ghi đúng chỗ. Trên hạn mức thì cần người thứ hai đồng ý."),
            form_class=DecideForm,
            do=lambda line, by, data: services.decide_line(
                line=line, wish=data["wish"], target=data["target"], reason=data["reason"], by=by
            ),
            applies=lambda line: line.state == LineState.SUSPENSE and not line.wish,
            facts=_facts,
            permission=DECIDE,
            icon="gavel",
            is_for_many=False,
        ),
        Step(
            name="confirm",
            label=_("Đồng ý với đề nghị"),
            hint=_("Người đề nghị không tự đồng ý được."),
            do=lambda line, by, _data: services.confirm_line(line=line, by=by),
            applies=lambda line: bool(line.state == LineState.SUSPENSE and line.wish),
            facts=_facts,
            permission=DECIDE,
            asker="wished_by_ref",
            icon="task_alt",
            is_for_many=False,
        ),
        Step(
            name="refuse",
            label=_("Không đồng ý"),
            hint=_("Tiền vẫn nằm ở tài khoản tạm."),
            form_class=ReasonForm,
            do=lambda line, by, data: services.refuse_line(line=line, reason=data["reason"], by=by),
            applies=lambda line: bool(line.state == LineState.SUSPENSE and line.wish),
            facts=_facts,
            permission=DECIDE,
            icon="block",
            is_grave=True,
            is_for_many=False,
        ),
        Step(
            name="look-again",
            label=_("Tìm lại đơn khớp"),
            hint=_("Chỉ ghi sổ khi khớp chính xác."),
            do=lambda line, _by, _data: services.settle_line(line=line),
            applies=lambda line: line.state in {LineState.NEW, LineState.SUSPENSE} and not line.wish,
            facts=_facts,
            permission=DECIDE,
            icon="search",
        ),
    )

    @column(_("tài khoản đối ứng"))
    def account_tail(self, line: BankLine) -> str:
        number = line.party_number
        return f"•••{number[-LAST_DIGITS:]}" if len(number) > LAST_DIGITS else NOTHING

    @column(_("nội dung khi chuyển trả"))
    def goes_back_as(self, line: BankLine) -> str:
        return return_memo(line) if line.state == LineState.RETURNING else NOTHING

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"bankline:{row.pk}",)


@admin.register(ProviderPayout)
class ProviderPayoutAdmin(RecordAdmin):
    list_display = ("source", "first_day", "last_day", "gross", "fees", "net", "at_bank", "posted_at")
    list_filter = (("source", ChoicesDropdownFilter),)
    list_select_related = ("bank_line",)
    search_fields = ("source", "=bank_line__bank_ref")
    ordering = ("-last_day", "source")
    fields = ("source", "first_day", "last_day", "gross", "fees", "net", "at_bank", "posted_at")
    gross = dong("gross_amount", _("trước phí"))
    fees = dong("fee_amount", _("phí"))
    net = dong("net_amount", _("thực nhận"), order="")
    at_bank = link("bank_line", _("dòng sao kê"))

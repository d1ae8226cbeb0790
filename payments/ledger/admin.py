"""The ledger, to look at only: what is booked is history."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from voltgo.core.backoffice.columns import column, dong, link, link_to, named
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.money import format_dong

NEWEST_LINES = 20


def newest_lines(account: LedgerAccount) -> Panel:
    """Show the newest movements of an account."""
    lines = account.lines.select_related("entry").order_by("-pk")[:NEWEST_LINES]
    return Panel(
        title=_("Biến động gần đây"),
        headings=(_("bút toán"), _("tham chiếu"), _("nợ"), _("có")),
        rows=[
            (link_to(line.entry), line.entry.reference, _debit(line.amount), _credit(line.amount))
            for line in lines
        ],
        empty=_("Chưa có bút toán nào."),
    )


def _debit(amount: int) -> str:
    return format_dong(amount) if amount > 0 else ""


def _credit(amount: int) -> str:
    return format_dong(-amount) if amount < 0 else ""


@admin.register(LedgerAccount)
class LedgerAccountAdmin(RecordAdmin):
    list_display = ("code", "kind", "owner_ref", "current", "tracked")
    list_filter = (("kind", ChoicesDropdownFilter), "tracked")
    search_fields = ("code", "owner_ref")
    search_help_text = _("Mã tài khoản, mã đặt xe hoặc mã người dùng")
    ordering = ("code",)
    fields = ("code", "kind", "owner_ref", "current", "tracked", "created_at")
    panels = (newest_lines,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        return LedgerAccount.objects.annotate(line_sum=Sum("lines__amount"))

    @column(_("số dư"))
    def current(self, account: LedgerAccount) -> str:
        return format_dong(account.sign * (getattr(account, "line_sum", None) or 0))


class LedgerLineInline(TabularInline):
    model = LedgerLine
    fields = ("book", "debit", "credit")
    readonly_fields = fields
    extra = 0
    can_delete = False
    verbose_name_plural = _("các dòng")
    book = link("account", _("tài khoản"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerLine]:
        return LedgerLine.objects.select_related("account").order_by("pk")

    @column(_("nợ"))
    def debit(self, line: LedgerLine) -> str:
        return _debit(line.amount)

    @column(_("có"))
    def credit(self, line: LedgerLine) -> str:
        return _credit(line.amount)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LedgerEntry)
class LedgerEntryAdmin(RecordAdmin):
    list_display = ("posted_at", "kind", "about", "moved", "idempotency_key", "actor_kind")
    list_filter = (("kind", ChoicesDropdownFilter), StretchFilter.over("posted_at", "posted_at"))
    search_fields = ("reference", "=idempotency_key")
    search_help_text = _("Mã đặt xe hoặc khóa chống lặp")
    ordering = ("-pk",)
    fields = (
        "kind",
        "reference",
        "idempotency_key",
        "occurred_at",
        "posted_at",
        "undoes",
        "actor_kind",
        "actor_ref",
    )
    show_full_result_count = False
    inlines = (LedgerLineInline,)
    about = named()
    undoes = link("reverses", _("đảo bút toán"))
    moved = dong("debit_sum", _("số tiền"), order="")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        # Both sides are equal: the debits are the amount that moved.
        debits = Sum("lines__amount", filter=Q(lines__amount__gt=0))
        return LedgerEntry.objects.select_related("reverses").annotate(debit_sum=debits)

"""Drawers, sessions, movements and drops for operators: to look at, with the one step finance makes."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.cash import services
from payments.cash.enums import DROP, SESSION, DropState, SessionState
from payments.cash.models import CashDrawer, CashDrop, CashMovement, CashSession
from payments.cash.services.counting import difference_of
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, dong, link, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, Step
from voltgo.core.money import format_dong

SESSION_COLOURS = {
    SessionState.OPEN: "success",
    SessionState.COUNTING: "info",
    SessionState.DISPUTED: "danger",
    SessionState.CLOSED: "warning",
    SessionState.RECONCILED: "success",
}
DROP_COLOURS = {DropState.IN_TRANSIT: "warning", DropState.BANKED: "success"}
NEWEST_SESSIONS = 20


def _sessions_of(drawer: CashDrawer) -> Panel:
    """Show the newest sessions of a drawer."""
    rows = drawer.sessions.select_related("opened_by").order_by("-opened_at")[:NEWEST_SESSIONS]
    return Panel(
        title=_("Các ca két"),
        headings=(_("mở lúc"), _("người mở"), _("trạng thái")),
        rows=[
            (f"{clock.local(row.opened_at):%d/%m/%Y %H:%M}", row.opened_by.full_name, row.get_state_display())
            for row in rows
        ],
        empty=_("Chưa có ca két nào."),
    )


def _movements_of(session: CashSession) -> Panel:
    """Show what came and went, once the drawer was counted."""
    rows = session.movements.select_related("by").order_by("pk") if _is_told(session) else []
    return Panel(
        title=_("Các khoản thu chi"),
        headings=(_("loại"), _("số tiền"), _("tham chiếu"), _("người thực hiện")),
        rows=[
            (row.get_kind_display(), format_dong(row.amount), row.reference, row.by.full_name) for row in rows
        ],
        empty=_("Số tiền chỉ hiện sau khi đếm két."),
    )


def _is_told(session: CashSession) -> bool:
    return session.counted_amount is not None


def _facts(session: CashSession) -> Facts:
    return (
        (_("Đếm được"), format_dong(session.counted_amount or 0)),
        (_("Chênh lệch"), format_dong(difference_of(session))),
    )


@admin.register(CashDrawer)
class CashDrawerAdmin(RecordAdmin):
    list_display = ("code", "name", "place_ref", "drop_from", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name", "place_ref")
    ordering = ("code",)
    fields = ("code", "name", "place_ref", "drop_from", "is_active")
    panels = (_sessions_of,)
    drop_from = dong("most_kept", _("nên nộp khi vượt quá"))


@admin.register(CashSession)
class CashSessionAdmin(RecordAdmin):
    list_display = ("opened_at", "place", "opener", "status", "counted", "difference", "closed_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("drawer", admin.RelatedOnlyFieldListFilter),
        StretchFilter.over("opened_at", "opened_at"),
    )
    list_select_related = ("drawer", "opened_by")
    search_fields = ("drawer__code", "drawer__name", "opened_by__full_name")
    ordering = ("-opened_at",)
    date_hierarchy = "opened_at"
    fields = (
        "place", "state", "opener", "opened_at", "opening", "opening_reason", "counter", "handed_in_at",
        "counted", "expected", "difference", "variance_reason", "checker", "closed_at", "handover_note",
    )  # fmt: skip
    machines = (SESSION,)
    panels = (_movements_of,)
    steps = (
        Step(
            name="reconcile",
            label=_("Đã đối chiếu"),
            hint=_("Sau khi xem các khoản thu chi, chênh lệch và túi nộp của ca."),
            do=lambda session, by, _data: services.reconcile_session(session=session, by=by),
            applies=lambda session: session.state == SessionState.CLOSED,
            facts=_facts,
            permission="payments.reconcile_cashsession",
            icon="task_alt",
        ),
    )
    show_full_result_count = False
    place = link("drawer", _("két tiền"))
    opener = link("opened_by", _("người mở"))
    counter = link("closed_by", _("người đếm"))
    checker = link("confirmed_by", _("người xác nhận"))
    status = tag("state", _("trạng thái"), SESSION_COLOURS)
    expected = dong("expected_amount", _("theo sổ"))
    counted = dong("counted_amount", _("đếm được"))

    @column(_("đầu ca"))
    def opening(self, session: CashSession) -> str:
        """Told when the session was counted: until then it would help to guess."""
        return format_dong(session.opening_amount) if _is_told(session) else "–"

    @column(_("chênh lệch"))
    def difference(self, session: CashSession) -> str:
        return format_dong(difference_of(session)) if _is_told(session) else "–"

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"cash_session:{row.pk}",)


@admin.register(CashMovement)
class CashMovementAdmin(RecordAdmin):
    list_display = ("at", "kind", "total", "about", "who", "shift")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        StretchFilter.over("at", "at"),
    )
    list_select_related = ("by", "session__drawer")
    search_fields = ("reference", "session__drawer__code")
    ordering = ("-pk",)
    fields = ("at", "kind", "total", "tendered", "reference", "who", "shift", "note", "idempotency_key")
    show_full_result_count = False
    about = named()
    total = dong("amount", _("số tiền"))
    tendered = dong("tendered_amount", _("khách đưa"))
    who = link("by", _("người thực hiện"))
    shift = link("session", _("ca két"))


@admin.register(CashDrop)
class CashDropAdmin(RecordAdmin):
    list_display = ("dropped_at", "bag_number", "place", "total", "status", "banked_at", "bank_ref")
    list_filter = (("state", ChoicesDropdownFilter), StretchFilter.over("dropped_at", "dropped_at"))
    list_select_related = ("drawer",)
    search_fields = ("bag_number", "bank_ref", "drawer__code")
    ordering = ("-dropped_at",)
    fields = (
        "place", "total", "bag_number", "second", "state", "dropped_at", "banked_at", "bank_ref", "out",
    )  # fmt: skip
    machines = (DROP,)
    total = dong("amount", _("số tiền"))
    place = link("drawer", _("két tiền"))
    second = link("witness", _("người làm chứng"))
    out = link("movement", _("khoản chi"))
    status = tag("state", _("trạng thái"), DROP_COLOURS)

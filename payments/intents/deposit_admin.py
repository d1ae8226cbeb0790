"""Deposits, holds on cards, kept cards, disputes and calls to providers, for operators to look at."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from payments.intents.enums import (
    CHARGEBACK,
    DEPOSIT,
    HOLD,
    CallState,
    ChargebackState,
    DepositState,
    HoldState,
)
from payments.intents.models import Chargeback, Deposit, DepositHold, OutboundCall, SavedInstrument
from voltgo.core.backoffice.columns import dong, link, link_to, named, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.money import format_dong

DEPOSIT_COLOURS = {
    DepositState.HELD: "success",
    DepositState.PARTLY_CAPTURED: "warning",
    DepositState.CAPTURED: "danger",
}
HOLD_COLOURS = {
    HoldState.HELD: "success",
    HoldState.REQUESTED: "info",
    HoldState.CAPTURING: "info",
    HoldState.CAPTURED: "warning",
    HoldState.EXPIRED: "danger",
    HoldState.FAILED: "danger",
}
CHARGEBACK_COLOURS = {
    ChargebackState.OPEN: "warning",
    ChargebackState.WON: "success",
    ChargebackState.LOST: "danger",
}
CALL_COLOURS = {CallState.OK: "success", CallState.ERROR: "danger", CallState.UNKNOWN: "warning"}


def holds_of(deposit: Deposit) -> Panel:
    """Show what cards hold for a deposit."""
    rows = deposit.holds.order_by("-pk")
    return Panel(
        title=_("Các khoản giữ trên thẻ"),
        headings=(_("mã gửi cổng"), _("số tiền"), _("đã thu"), _("trạng thái")),
        rows=[
            (
                link_to(row, row.merchant_ref),
                format_dong(row.amount),
                format_dong(row.captured),
                row.get_state_display(),
            )
            for row in rows
        ],
        empty=_("Không có khoản giữ trên thẻ nào."),
    )


@admin.register(Deposit)
class DepositAdmin(RecordAdmin):
    list_display = (
        "created_at",
        "about",
        "person",
        "total",
        "held_on_card",
        "taken",
        "returned",
        "status",
    )
    list_filter = (("state", ChoicesDropdownFilter), StretchFilter.over("created_at", "created_at"))
    list_select_related = ("payer",)
    search_fields = ("reference", "payer__email", "payer__full_name")
    ordering = ("-pk",)
    fields = (
        "reference", "person", "total", "held_on_card", "taken", "returned", "kept_back", "retained_until", "state",
        "created_at",
    )  # fmt: skip
    machines = (DEPOSIT,)
    panels = (holds_of,)
    show_full_result_count = False
    about = named()
    person = link("payer", _("người đặt cọc"), order="payer__full_name")
    status = tag("state", _("trạng thái"), DEPOSIT_COLOURS)
    total = dong("amount", _("số tiền"))
    held_on_card = dong("on_hold", _("giữ trên thẻ"))
    taken = dong("captured", _("đã trừ"))
    returned = dong("released", _("đã trả lại"))
    kept_back = dong("retained", _("giữ lại chờ phạt nguội"))

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"deposit:{row.pk}",)


@admin.register(DepositHold)
class DepositHoldAdmin(RecordAdmin):
    list_display = ("created_at", "merchant_ref", "of", "total", "taken", "status", "capture_before")
    list_filter = (("state", ChoicesDropdownFilter), ("provider", ChoicesDropdownFilter))
    list_select_related = ("deposit",)
    search_fields = ("=merchant_ref", "=provider_ref", "deposit__reference")
    ordering = ("-pk",)
    fields = (
        "of", "order", "card", "provider", "merchant_ref", "provider_ref", "provider_code", "total", "wanted", "taken",
        "state", "place_at", "held_at", "capture_before", "ended_at", "tries", "next_check_at", "created_at",
    )  # fmt: skip
    machines = (HOLD,)
    show_full_result_count = False
    of = link("deposit", _("tiền cọc"))
    order = link("intent", _("yêu cầu thanh toán"))
    card = link("instrument", _("thẻ"))
    status = tag("state", _("trạng thái"), HOLD_COLOURS)
    total = dong("amount", _("số tiền"))
    wanted = dong("to_capture", _("cần thu"))
    taken = dong("captured", _("đã thu"))

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"hold:{row.pk}",)


@admin.register(SavedInstrument)
class SavedInstrumentAdmin(RecordAdmin):
    list_display = ("created_at", "label", "person", "provider", "forgotten_at")
    list_filter = (("provider", ChoicesDropdownFilter),)
    list_select_related = ("payer",)
    search_fields = ("payer__email", "payer__full_name", "label")
    ordering = ("-pk",)
    # What the provider calls the card is of no use to people.
    fields = ("person", "provider", "label", "created_at", "forgotten_at")
    show_full_result_count = False
    person = link("payer", _("người trả"), order="payer__full_name")

    def trail_subjects(self, row: Any) -> tuple[str, ...]:
        return (f"instrument:{row.pk}",)


@admin.register(Chargeback)
class ChargebackAdmin(RecordAdmin):
    list_display = ("opened_at", "about", "total", "provider", "reason", "status", "closed_at")
    list_filter = (("state", ChoicesDropdownFilter), ("provider", ChoicesDropdownFilter))
    search_fields = ("reference", "=provider_ref")
    ordering = ("-opened_at",)
    fields = (
        "reference", "money", "provider", "provider_ref", "total", "reason", "state", "opened_at", "closed_at",
    )  # fmt: skip
    machines = (CHARGEBACK,)
    show_full_result_count = False
    about = named()
    money = link("payment", _("khoản tiền đã nhận"))
    status = tag("state", _("trạng thái"), CHARGEBACK_COLOURS)
    total = dong("amount", _("số tiền"))


@admin.register(OutboundCall)
class OutboundCallAdmin(RecordAdmin):
    list_display = (
        "created_at",
        "provider",
        "operation",
        "idempotency_key",
        "status",
        "attempts",
        "answered_at",
    )
    list_filter = (("state", ChoicesDropdownFilter), ("operation", admin.AllValuesFieldListFilter))
    search_fields = ("idempotency_key",)
    ordering = ("-pk",)
    fields = (
        "provider", "operation", "idempotency_key", "request_hash", "state", "attempts", "response",
        "created_at", "answered_at",
    )  # fmt: skip
    status = tag("state", _("trạng thái"), CALL_COLOURS)

"""Bookings for operators: to find, to read with their money, and to cancel with the refund known beforehand."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from payments.intents.models import PaymentIntent
from payments.intents.selectors import intents_of, money_of
from rentals.bookings.enums import BOOKING, BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, mark_no_show, no_show_preview, refund_preview
from rentals.pricing.admin import lines_of
from stations.timeline.admin import CLAIMANT_PAGES
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, dong, link, link_to, list_url, moment
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Facts, Step, StepForm
from voltgo.core.money import format_dong

STATE_COLOURS = {
    BookingState.HELD: "warning",
    BookingState.CONFIRMED: "success",
    BookingState.ARRIVED: "info",
    BookingState.CANCELLED: "danger",
    BookingState.NO_SHOW: "danger",
}
# Late money decides for itself; nobody picks that reason.
CHOSEN_REASONS = (
    CancelReason.RENTER,
    CancelReason.OPERATOR,
    CancelReason.VEHICLE_UNFIT,
    CancelReason.NOT_ELIGIBLE,
)


class DueOutFilter(DropdownFilter):
    """Bookings whose vehicle waits for its renter."""

    title = _("cần giao xe")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("today", _("hôm nay")), ("late", _("quá giờ hẹn"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Booking]) -> QuerySet[Booking]:
        waiting = queryset.filter(state__in=(BookingState.CONFIRMED, BookingState.ARRIVED))
        if self.value() == "today":
            today, tomorrow = clock.day_bounds(clock.today())
            return waiting.filter(starts_at__gte=today, starts_at__lt=tomorrow)
        return waiting.filter(starts_at__lt=clock.now()) if self.value() == "late" else queryset


class CancelForm(StepForm):
    reason = forms.ChoiceField(
        label=_("Lý do"),
        choices=[(reason.value, reason.label) for reason in CHOSEN_REASONS],
        help_text=_("Lý do quyết định số tiền được hoàn."),
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label=_("Ghi chú"),
        max_length=250,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


def _cancel(booking: Booking, by: Actor, values: Mapping[str, Any]) -> object:
    return cancel_booking(
        booking=booking, reason=CancelReason(values["reason"]), by=by, note=values["note"].strip()
    )


def refund_facts(booking: Booking) -> Facts:
    """Say what cancelling now would give back, by whose doing it is."""
    theirs = refund_preview(booking, CancelReason.RENTER)
    ours = refund_preview(booking, CancelReason.OPERATOR)
    said = gettext("hoàn %(refund)s, giữ phí %(fee)s")
    return [
        (label, said % {"refund": format_dong(preview.total), "fee": format_dong(preview.fee)})
        for label, preview in (
            (_("Người thuê hủy hoặc không đủ điều kiện"), theirs),
            (_("VoltGo hủy hoặc xe không đạt"), ours),
        )
    ]


class NoShowForm(StepForm):
    note = forms.CharField(
        label=_("Ghi chú"),
        max_length=250,
        required=False,
        help_text=_("Ví dụ: đã gọi điện lúc mấy giờ."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


def no_show_facts(booking: Booking) -> Facts:
    preview = no_show_preview(booking)
    return [
        (_("Hoàn tiền cọc"), format_dong(preview.total)),
        (_("Giữ tiền thuê"), format_dong(preview.fee)),
    ]


def money_panel(booking: Booking) -> Panel:
    """Return what was asked, paid, held and given back."""
    money = money_of(booking.reference)
    amounts = (
        (_("Tiền thuê và cọc phải trả"), booking.quote.due_amount),
        (_("Đã nhận cho dịch vụ"), money.paid),
        (_("Cọc đang giữ"), money.deposit_held),
        (_("Đã trừ vào cọc"), money.captured),
        (_("Đã hoàn"), money.refunded),
        (_("Đang hoàn"), money.pending_refunds),
        (_("Còn phải trả"), money.due),
    )
    return Panel(
        title=_("Tiền"),
        headings=(_("Khoản"), _("Số tiền")),
        rows=[(label, format_dong(amount)) for label, amount in amounts],
        empty="",
    )


def payments_panel(booking: Booking) -> Panel:
    """Return every request for money of a booking."""
    return Panel(
        title=_("Yêu cầu thanh toán"),
        headings=(_("Yêu cầu"), _("Mục đích"), _("Số tiền"), _("Trạng thái"), _("Tạo lúc")),
        rows=[
            (
                link_to(intent, str(intent.pk)[:8]),
                intent.get_purpose_display(),
                format_dong(intent.amount),
                intent.get_state_display(),
                f"{clock.local(intent.created_at):%H:%M %d/%m/%Y}",
            )
            for intent in intents_of(booking.reference)
        ],
        empty=_("Chưa có yêu cầu thanh toán nào."),
        list_url=list_url(PaymentIntent, f"q={booking.reference}"),
    )


@admin.register(Booking)
class BookingAdmin(RecordAdmin):
    list_display = (
        "code",
        "person",
        "phone",
        "car",
        "place",
        "starts",
        "ends",
        "status",
        "total",
        "channel",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        DueOutFilter,
        StretchFilter.over("starts", "ends"),
        ("pickup_station", AutocompleteSelectFilter),
        ("pickup_station__city", RelatedDropdownFilter),
        ("model", AutocompleteSelectFilter),
        ("channel", ChoicesDropdownFilter),
        ("cancel_reason", ChoicesDropdownFilter),
    )
    list_select_related = ("renter", "quote", "allocation__vehicle__model", "pickup_station")
    search_fields = (
        "code",
        "renter__full_name",
        "renter__email",
        "renter__phone",
        "allocation__vehicle__plate",
    )
    search_help_text = _("Mã đặt xe, tên, email, điện thoại hoặc biển số")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    show_full_result_count = False
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "code",
                    "status",
                    "person",
                    "phone",
                    "email",
                    "channel",
                    "created_at",
                    "confirmed_at",
                )
            },
        ),
        (
            _("Chuyến đi"),
            {"fields": ("car", "model_name", "is_by_model", "place", "back", "starts", "ends", "hold")},
        ),
        (_("Giá và điều kiện"), {"fields": ("total", "deposit", "price", "conditions", "cancel_reason")}),
    )
    machines = (BOOKING,)
    panels: ClassVar = (lambda booking: lines_of(booking.quote), money_panel, payments_panel)
    steps = (
        Step(
            name="cancel",
            label=_("Hủy lượt đặt"),
            hint=_("Xe được mở lại cho người khác và khách nhận email. Tiền hoàn theo lý do."),
            form_class=CancelForm,
            do=_cancel,
            facts=refund_facts,
            applies=lambda booking: (booking.state, BookingState.CANCELLED) in BOOKING.table,
            icon="cancel",
            is_grave=True,
        ),
        Step(
            name="no-show",
            label=_("Khách không đến"),
            hint=_(
                "Xe được mở lại. Giữ nhiều nhất tiền thuê một ngày, phần còn lại và tiền cọc hoàn cho khách."
            ),
            form_class=NoShowForm,
            do=lambda booking, by, values: mark_no_show(booking=booking, by=by, note=values["note"].strip()),
            facts=no_show_facts,
            applies=lambda booking: (
                booking.state == BookingState.CONFIRMED and booking.starts_at < clock.now()
            ),
            icon="person_off",
            is_grave=True,
        ),
    )
    person = link("renter", _("người thuê"), order="renter__full_name")
    starts = moment("starts_at", _("giờ nhận xe"))
    ends = moment("ends_at", _("giờ trả xe"))
    car = link("allocation.vehicle", _("xe"), order="allocation__vehicle__plate", text="plate")
    model_name = link("model", _("mẫu xe"))
    place = link("pickup_station", _("trạm nhận"), order="pickup_station__name")
    back = link("return_station", _("trạm trả"))
    price = link("quote", _("báo giá"))
    total = dong("quote.total_amount", _("tiền thuê"))
    deposit = dong("quote.deposit_amount", _("tiền cọc"))

    @column(_("trạng thái"), order="state", colours=STATE_COLOURS)
    def status(self, booking: Booking) -> tuple[str, str]:
        """The state as it is now: a hold that ran out is out even when nothing has swept it yet."""
        return booking.shown_state, booking.shown_state_label

    @column(_("điện thoại"))
    def phone(self, booking: Booking) -> str:
        return booking.renter.phone

    @column(_("email"))
    def email(self, booking: Booking) -> str:
        return booking.renter.email

    @column(_("giữ đến"))
    def hold(self, booking: Booking) -> Any:
        return booking.allocation.hold_expires_at

    @column(_("xét điều kiện"))
    def conditions(self, booking: Booking) -> str:
        reasons = booking.eligibility.get("reasons") or []
        return (
            gettext("đủ điều kiện") if booking.eligibility.get("is_eligible", not reasons) else str(reasons)
        )


CLAIMANT_PAGES["booking"] = lambda code: list_url(Booking, f"q={code}")

"""Changes and extensions for operators: to look at, with the money that they moved; and on a booking's page."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from rentals.bookings.admin import BookingAdmin
from rentals.bookings.models import Booking
from rentals.changes.enums import CHANGE, ChangeState
from rentals.changes.models import BookingChange
from rentals.changes.services import withdraw_change
from stations.timeline.admin import CLAIMANT_PAGES
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, dong, link, link_to, list_url
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step
from voltgo.core.money import format_dong

STATE_COLOURS = {
    ChangeState.AWAITING_PAYMENT: "warning",
    ChangeState.APPLIED: "success",
    ChangeState.LAPSED: "danger",
}


@admin.register(BookingChange)
class BookingChangeAdmin(RecordAdmin):
    list_display = (
        "code",
        "booking_link",
        "kind",
        "status",
        "before_end",
        "after_end",
        "rent",
        "fee",
        "created_at",
    )
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("booking", "before_quote", "after_quote")
    search_fields = ("code", "booking__code", "booking__renter__full_name", "booking__renter__email")
    search_help_text = _("Mã đổi, mã đặt xe, tên hoặc email")
    ordering = ("-pk",)
    date_hierarchy = "created_at"
    machines = (CHANGE,)
    fields = (
        "code",
        "booking_link",
        "kind",
        "status",
        "before",
        "after",
        "car",
        "rent",
        "deposit",
        "fee",
        "created_at",
        "expires_at",
        "applied_at",
        "ip_address",
        "device",
    )
    steps = (
        Step(
            name="withdraw",
            label=_("Bỏ thay đổi"),
            hint=_("Thời gian giữ thêm được trả lại. Lượt đặt giữ nguyên như trước."),
            do=lambda change, by, _values: withdraw_change(change=change, by=by),
            applies=lambda change: change.state == ChangeState.AWAITING_PAYMENT,
            icon="undo",
        ),
    )
    booking_link = link("booking", _("lượt đặt xe"), order="booking__code")
    before = link("before_quote", _("báo giá cũ"))
    after = link("after_quote", _("báo giá mới"))
    car = link("vehicle", _("xe sau khi đổi"), text="plate")
    rent = dong("rent_difference", _("chênh lệch tiền thuê"))
    deposit = dong("deposit_difference", _("chênh lệch tiền cọc"))
    fee = dong("fee_amount", _("phí giữ lại"))

    @column(_("trạng thái"), order="state", colours=STATE_COLOURS)
    def status(self, change: BookingChange) -> tuple[str, str]:
        """The state as it is now: a change that ran out is out even when nothing has swept it yet."""
        return change.shown_state, change.shown_state_label

    @column(_("trả lúc (cũ)"))
    def before_end(self, change: BookingChange) -> object:
        return change.before_quote.ends_at

    @column(_("trả lúc (mới)"))
    def after_end(self, change: BookingChange) -> object:
        return change.after_quote.ends_at

    def trail_subjects(self, row: BookingChange) -> tuple[str, ...]:
        return (row.reference, row.booking.reference)


def changes_of_booking(booking: Booking) -> Panel:
    """Show every change of a booking, the newest first."""
    return Panel(
        title=_("Đổi và gia hạn"),
        headings=(_("Mã"), _("Loại"), _("Trạng thái"), _("Trả lúc (mới)"), _("Chênh lệch tiền thuê")),
        rows=[
            (
                link_to(change),
                change.get_kind_display(),
                change.shown_state_label,
                f"{clock.local(change.after_quote.ends_at):%H:%M %d/%m/%Y}",
                format_dong(change.rent_difference),
            )
            for change in booking.changes.select_related("after_quote").order_by("-pk")
        ],
        empty=_("Chưa đổi lần nào."),
    )


BookingAdmin.extend(panels=[changes_of_booking])
CLAIMANT_PAGES["change"] = lambda code: list_url(BookingChange, f"q={code}")
CLAIMANT_PAGES["oneway"] = lambda code: list_url(Booking, f"q={code}")

"""Rentals for operators, and on the pages of vehicles and bookings the rentals that belong to them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)

from rentals.bookings.admin import BookingAdmin
from rentals.bookings.models import Booking
from rentals.handovers.admin.settlements import RESOLVE, STATE_COLOURS
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.models import (
    Rental,
    Settlement,
)
from rentals.pricing.wording import describe
from stations.fleet.admin import VehicleAdmin
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, link, link_to, list_url, tag
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.money import format_dong

NEWEST_RENTALS = 8


class DueInFilter(DropdownFilter):
    """Vehicles that are out, by when they should be back."""

    title = _("hẹn trả")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [("overdue", _("quá hạn")), ("today", _("còn hôm nay"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rental]) -> QuerySet[Rental]:
        out = queryset.filter(state=RentalState.ACTIVE)
        if self.value() == "overdue":
            return out.filter(due_at__lt=clock.now())
        _today, tomorrow = clock.day_bounds(clock.today())
        is_today = self.value() == "today"
        return out.filter(due_at__gte=clock.now(), due_at__lt=tomorrow) if is_today else queryset


def inspections_panel(rental: Rental) -> Panel:
    """Return the two looks at the vehicle, with how many photos and marks each has."""
    rows = rental.inspections.select_related("by").prefetch_related("photos", "damages").order_by("pk")
    return Panel(
        title=_("Biên bản kiểm tra"),
        headings=(
            _("Biên bản"),
            _("Xong lúc"),
            _("Số km"),
            _("Pin"),
            _("Ảnh"),
            _("Vết hư hại"),
            _("Nhân viên"),
        ),
        rows=[
            (
                link_to(row, row.get_kind_display()),
                f"{clock.local(row.completed_at):%H:%M %d/%m/%Y}" if row.completed_at else _("chưa xong"),
                row.odometer_km if row.odometer_km is not None else "–",
                f"{row.battery_percent} %" if row.battery_percent is not None else "–",
                len(row.photos.all()),
                len(row.damages.all()),
                str(row.by),
            )
            for row in rows
        ],
        empty=_("Chưa có biên bản nào."),
    )


def settlement_panel(rental: Rental) -> Panel:
    """Return what the rental came to, line by line."""
    settlement: Settlement | None = getattr(rental, "settlement", None)
    lines = settlement.lines.order_by("position") if settlement else []
    rows: list[Sequence[Any]] = [
        (describe(line.code, line.params), line.get_kind_display(), format_dong(line.gross_amount))
        for line in lines
    ]
    if settlement:
        rows.append((link_to(settlement, str(_("Tổng cộng"))), "", format_dong(settlement.total_amount)))
    return Panel(
        title=_("Quyết toán"),
        headings=(_("Nội dung"), _("Loại"), _("Thành tiền")),
        rows=rows,
        empty=_("Chưa quyết toán."),
    )


@admin.register(Rental)
class RentalAdmin(RecordAdmin):
    list_display = (
        "code",
        "person",
        "phone",
        "car",
        "status",
        "from_station",
        "to_station",
        "started_at",
        "due",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        DueInFilter,
        ("return_station", AutocompleteSelectFilter),
        ("return_station__city", RelatedDropdownFilter),
        ("vehicle__model", AutocompleteSelectFilter),
        StretchFilter.over("started_at", "due_at"),
    )
    list_select_related = ("booking", "renter", "vehicle__model", "pickup_station", "return_station")
    search_fields = (
        "booking__code",
        "renter__full_name",
        "renter__email",
        "renter__phone",
        "vehicle__plate",
    )
    search_help_text = _("Mã đặt xe, tên, email, điện thoại hoặc biển số")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("booking_link", "status", "person", "phone", "car")}),
        (
            _("Giao và trả"),
            {
                "fields": (
                    "from_station", "to_station", "started_at", "due", "presented_at", "returned_at", "closed_at",
                )
            },
        ),
        (_("Đối chiếu giấy tờ"), {"fields": ("checker", "papers_checked_at")}),
    )  # fmt: skip
    machines = (RENTAL,)
    panels: ClassVar = (inspections_panel, settlement_panel)
    steps = (RESOLVE,)
    person = link("renter", _("người thuê"), order="renter__full_name")
    car = link("vehicle", _("xe"), order="vehicle__plate", text="plate")
    status = tag("state", _("trạng thái"), STATE_COLOURS)
    from_station = link("pickup_station", _("trạm nhận"), order="pickup_station__name")
    to_station = link("return_station", _("trạm trả"), order="return_station__name")
    booking_link = link("booking", _("lượt đặt xe"))
    checker = link("papers_checked_by", _("người đối chiếu"))

    @column(_("mã"), order="booking__code")
    def code(self, rental: Rental) -> str:
        return rental.booking.code

    @column(_("điện thoại"))
    def phone(self, rental: Rental) -> str:
        return rental.renter.phone

    @column(_("hẹn trả"), order="due_at", colours={"overdue": "danger"})
    def due(self, rental: Rental) -> tuple[str, str]:
        return "overdue" if rental.is_overdue else "fine", f"{clock.local(rental.due_at):%H:%M %d/%m/%Y}"

    def trail_subjects(self, row: Rental) -> Sequence[str]:
        return (f"rental:{row.booking.code}",)


# --- On the pages of neighbours to the left -----------------------------------------------------------


def _rentals_panel(rentals: QuerySet[Rental], query: str) -> Panel:
    newest = rentals.select_related("booking", "renter", "return_station").order_by("-pk")
    return Panel(
        title=_("Chuyến thuê"),
        headings=(_("Mã"), _("Người thuê"), _("Trạng thái"), _("Nhận lúc"), _("Hẹn trả"), _("Trạm trả")),
        rows=[
            (
                link_to(rental),
                str(rental.renter),
                rental.get_state_display(),
                f"{clock.local(rental.started_at):%H:%M %d/%m/%Y}" if rental.started_at else "–",
                f"{clock.local(rental.due_at):%H:%M %d/%m/%Y}",
                str(rental.return_station),
            )
            for rental in newest[:NEWEST_RENTALS]
        ],
        empty=_("Chưa có chuyến thuê nào."),
        list_url=list_url(Rental, query),
    )


def rentals_of_vehicle(vehicle: Vehicle) -> Panel:
    return _rentals_panel(vehicle.rentals.all(), f"q={vehicle.plate}")


def rental_of_booking(booking: Booking) -> Panel:
    return _rentals_panel(Rental.objects.filter(booking=booking), f"q={booking.code}")


VehicleAdmin.extend(panels=[rentals_of_vehicle])
BookingAdmin.extend(panels=[rental_of_booking])

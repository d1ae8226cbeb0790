"""Rentals, inspections and settlements for operators: to look at, and to decide disputes."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
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
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from rentals.bookings.admin import BookingAdmin
from rentals.bookings.models import Booking
from rentals.handovers import checklists
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.models import (
    DamageMark,
    Inspection,
    InspectionPhoto,
    Rental,
    Settlement,
    SettlementLine,
)
from rentals.handovers.services import resolve_dispute
from rentals.pricing.wording import describe
from stations.fleet.admin import VehicleAdmin
from stations.fleet.models import Vehicle
from stations.fleet.parts import part_label
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.backoffice.columns import column, dong, link, link_to, list_url, percent, tag
from voltgo.core.backoffice.files import PictureAdmin, picture
from voltgo.core.backoffice.filters import StretchFilter
from voltgo.core.backoffice.inlines import RecordInline
from voltgo.core.backoffice.pages import RecordAdmin
from voltgo.core.backoffice.panels import Panel
from voltgo.core.backoffice.steps import Step, StepForm
from voltgo.core.money import format_dong

STATE_COLOURS = {
    RentalState.PREPARING: "warning",
    RentalState.READY_TO_SIGN: "warning",
    RentalState.ACTIVE: "info",
    RentalState.SETTLING: "warning",
    RentalState.DISPUTED: "danger",
    RentalState.CLOSED: "success",
}
NEWEST_RENTALS = 8


# --- Settlements --------------------------------------------------------------------------------------


class ResolutionForm(StepForm):
    """Which charges are dropped, and the answer that the renter gets."""

    waived = forms.MultipleChoiceField(
        label=_("Bỏ các khoản"),
        required=False,
        help_text=_("Các khoản không chọn được giữ nguyên. Tiền đã trả khi đặt không bỏ ở đây."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    resolution = forms.CharField(
        label=_("Trả lời người thuê"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settlement = settlement_of(self.rows[0])
        waived: Any = self.fields["waived"]
        waived.choices = [
            (line.position, f"{describe(line.code, line.params)} – {format_dong(line.gross_amount)}")
            for line in settlement.lines.filter(is_prepaid=False).order_by("position")
        ]


def settlement_of(row: Rental | Settlement) -> Settlement:
    return row if isinstance(row, Settlement) else row.settlement


def _resolve(row: Rental | Settlement, by: Actor, values: Mapping[str, Any]) -> object:
    rental = settlement_of(row).rental
    waived = [int(position) for position in values["waived"]]
    return resolve_dispute(rental=rental, waived=waived, resolution=values["resolution"], by=by)


RESOLVE = Step(
    name="resolve",
    label=_("Giải quyết khiếu nại"),
    hint=_("Quyết toán được tính lại không có các khoản bị bỏ, tiền được chuyển và chuyến thuê hoàn tất."),
    form_class=ResolutionForm,
    do=_resolve,
    facts=lambda row: [(_("Người thuê khiếu nại"), settlement_of(row).objection)],
    applies=lambda row: (
        settlement_of(row).rental.state == RentalState.DISPUTED
        if isinstance(row, Settlement)
        else row.state == RentalState.DISPUTED
    ),
    permission="rentals.change_rental",
    icon="gavel",
    is_for_many=False,
)


class SettlementLineInline(RecordInline):
    model = SettlementLine
    fields = readonly_fields = ("position", "words", "kind", "net", "vat", "gross", "is_prepaid")
    ordering = ("position",)
    net = dong("net_amount", _("trước thuế"))
    vat = dong("vat_amount", _("thuế GTGT"))
    gross = dong("gross_amount", _("thành tiền"))

    @column(_("nội dung"))
    def words(self, line: SettlementLine) -> str:
        return describe(line.code, line.params)


@admin.register(Settlement)
class SettlementAdmin(RecordAdmin):
    list_display = (
        "trip", "person", "status", "total", "prepaid", "extra", "captured", "debt", "objection_until",
    )  # fmt: skip
    list_filter = (
        ("rental__state", ChoicesDropdownFilter),
        ("acceptance", ChoicesDropdownFilter),
        ("rental__return_station", AutocompleteSelectFilter),
        ("accepted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("rental__booking", "rental__renter")
    search_fields = (
        "=rental__booking__code",
        "rental__renter__full_name",
        "rental__renter__email",
        "rental__vehicle__plate",
    )
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("rental_link", "person", "status", "created_at", "objection_until")}),
        (
            _("Tính tiền"),
            {"fields": ("total", "prepaid", "extra", "deposit", "captured", "released", "debt")},
        ),
        (
            _("Chấp nhận"),
            {
                "fields": (
                    "accepted_at",
                    "acceptance",
                    "objection",
                    "resolution",
                    "strokes_sha256",
                    "content_sha256",
                )
            },
        ),
    )
    inlines = (SettlementLineInline,)
    steps = (RESOLVE,)
    person = link("rental.renter", _("người thuê"), order="rental__renter__full_name")
    rental_link = link("rental", _("chuyến thuê"))
    status = tag("rental.state", _("chuyến thuê"), STATE_COLOURS, order="rental__state")
    total = dong("total_amount", _("tổng cộng"))
    prepaid = dong("prepaid_amount", _("đã trả trước"))
    extra = dong("extra_amount", _("phát sinh"))
    deposit = dong("deposit_amount", _("tiền cọc"))
    captured = dong("captured_amount", _("trừ vào cọc"))
    released = dong("released_amount", _("cọc hoàn lại"))
    debt = dong("debt_amount", _("còn phải trả"))

    @column(_("quyết toán"), order="rental__booking__code")
    def trip(self, settlement: Settlement) -> str:
        return settlement.rental.booking.code

    def trail_subjects(self, row: Settlement) -> Sequence[str]:
        return (f"settlement:{row.pk}", f"rental:{row.rental.booking.code}")


# --- Rentals ------------------------------------------------------------------------------------------


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


# --- Inspections --------------------------------------------------------------------------------------


def photos_panel(inspection: Inspection) -> Panel:
    words = _words_of(checklists.photos_of(inspection.rental.vehicle.model.kind))
    return Panel(
        title=_("Ảnh"),
        headings=(_("Vị trí"), _("Ảnh"), _("Chụp lúc"), _("SHA-256")),
        rows=[
            (
                words.get(photo.position, photo.position),
                picture(photo, words=words.get(photo.position, photo.position)),
                f"{clock.local(photo.at):%H:%M %d/%m/%Y}",
                photo.sha256[:12],
            )
            for photo in inspection.photos.order_by("pk")
        ],
        empty=_("Chưa có ảnh nào."),
    )


def damages_panel(inspection: Inspection) -> Panel:
    return Panel(
        title=_("Vết hư hại"),
        headings=(_("Bộ phận"), _("Loại"), _("Mô tả"), _("Bồi thường"), _("Ảnh")),
        rows=[
            (
                link_to(mark, part_label(mark.part)),
                mark.get_kind_display(),
                mark.note or "–",
                format_dong(mark.charge_amount),
                picture(mark, "photo", words=part_label(mark.part)),
            )
            for mark in inspection.damages.order_by("pk")
        ],
        empty=_("Không có vết hư hại nào."),
    )


def _words_of(items: Sequence[checklists.Item]) -> dict[str, str]:
    return {item.code: str(item.words) for item in items}


@admin.register(Inspection)
class InspectionAdmin(RecordAdmin):
    list_display = ("trip", "kind", "car", "km", "battery", "person", "completed_at")
    list_filter = (("kind", ChoicesDropdownFilter), ("completed_at", admin.EmptyFieldListFilter))
    list_select_related = ("rental__booking", "rental__vehicle__model", "by")
    search_fields = ("=rental__booking__code", "rental__vehicle__plate", "by__full_name")
    date_hierarchy = "started_at"
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "rental_link",
        "kind",
        "car",
        "person",
        "started_at",
        "completed_at",
        "km",
        "battery",
        "points",
        "note",
    )
    panels: ClassVar = (photos_panel, damages_panel)
    rental_link = link("rental", _("chuyến thuê"))
    car = link("rental.vehicle", _("xe"), order="rental__vehicle__plate", text="plate")
    person = link("by", _("nhân viên"), order="by__full_name")
    battery = percent("battery_percent", _("pin"))

    @column(_("chuyến thuê"), order="rental__booking__code")
    def trip(self, inspection: Inspection) -> str:
        return inspection.rental.booking.code

    @column(_("số km"), order="odometer_km")
    def km(self, inspection: Inspection) -> Any:
        return inspection.odometer_km

    @column(_("mục đạt"))
    def points(self, inspection: Inspection) -> str:
        kind = inspection.rental.vehicle.model.kind
        words = _words_of(checklists.items_of(inspection.kind, kind))
        return "; ".join(words.get(code, code) for code in inspection.checked)


@admin.register(InspectionPhoto)
class InspectionPhotoAdmin(PictureAdmin):
    list_display = ("at", "record", "position", "sha256")
    list_select_related = ("inspection__rental__booking",)
    search_fields = ("=inspection__rental__booking__code", "=sha256")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("record", "position", "image", "sha256", "at")
    record = link("inspection", _("biên bản"))

    @column(_("ảnh"))
    def image(self, photo: InspectionPhoto) -> str:
        return picture(photo)


@admin.register(DamageMark)
class DamageMarkAdmin(PictureAdmin):
    file_field = "photo"
    list_display = ("part_words", "kind", "record", "charge", "note")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_select_related = ("inspection__rental__booking",)
    search_fields = ("=inspection__rental__booking__code", "part", "note")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("record", "part_words", "kind", "note", "charge", "image")
    record = link("inspection", _("biên bản"))
    charge = dong("charge_amount", _("bồi thường"))

    @column(_("bộ phận"), order="part")
    def part_words(self, mark: DamageMark) -> str:
        return part_label(mark.part)

    @column(_("ảnh"))
    def image(self, mark: DamageMark) -> str:
        return picture(mark, "photo")


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

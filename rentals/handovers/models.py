"""The rental, its two inspections, damage marks and the settlement."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rentals.bookings.models import Booking
from rentals.handovers.enums import (
    OPEN_RENTAL_STATES,
    Acceptance,
    ChargeKind,
    DamageKind,
    InspectionKind,
    RentalState,
)
from rentals.handovers.paths import acceptance_path, inspection_photo_path
from stations.checklists.models import ChecklistTemplate
from stations.fleet.models import Vehicle
from stations.fleet.parts import part_label
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.money import DongField


class Rental(models.Model):
    """A vehicle with a renter, from the counter to the closed settlement."""

    booking = models.OneToOneField(
        Booking, on_delete=models.PROTECT, related_name="rental", verbose_name=_("lượt đặt xe")
    )
    renter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="rentals",
        verbose_name=_("người thuê"),
    )
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="rentals", verbose_name=_("xe")
    )
    pickup_station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm nhận")
    )
    return_station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm trả")
    )
    state = models.CharField(
        _("trạng thái"), max_length=14, choices=RentalState, default=RentalState.PREPARING
    )
    due_at = models.DateTimeField(_("hẹn trả lúc"))
    # Original papers compared with the profile by this person at the counter.
    papers_checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người đối chiếu giấy tờ"),
    )
    papers_checked_at = models.DateTimeField(_("đối chiếu lúc"), null=True, blank=True)
    eligibility = models.JSONField(_("kết quả xét điều kiện khi nhận"), default=dict)
    started_at = models.DateTimeField(_("nhận xe lúc"), null=True, blank=True)
    # When the renter stood at the counter: the fee clock stops here, not at the last click.
    presented_at = models.DateTimeField(_("đưa xe về lúc"), null=True, blank=True)
    returned_at = models.DateTimeField(_("nhận lại xe lúc"), null=True, blank=True)
    closed_at = models.DateTimeField(_("hoàn tất lúc"), null=True, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)

    class Meta:
        verbose_name = _("chuyến thuê")
        verbose_name_plural = _("chuyến thuê")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["vehicle"],
                condition=Q(state__in=OPEN_RENTAL_STATES),
                name="rental_one_open_per_vehicle",
            ),
            models.UniqueConstraint(
                fields=["renter"],
                condition=Q(state__in=OPEN_RENTAL_STATES),
                name="rental_one_open_per_renter",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(started_at__isnull=False), name="rental_active_has_start"
            ),
            models.CheckConstraint(
                condition=Q(started_at=None) | Q(presented_at=None) | Q(presented_at__gte=F("started_at")),
                name="rental_returns_after_start",
            ),
        ]
        indexes: ClassVar = [
            # The day board: what comes back to a station, and what is overdue.
            models.Index(
                fields=["return_station", "due_at"], name="rental_due_in", condition=Q(state="active")
            ),
            # "My trips", newest first.
            models.Index(fields=["renter", "-created_at"], name="rental_renter"),
            # Dashboard: what waits for the renter or for an operator's decision.
            models.Index(
                fields=["state"], name="rental_unsettled", condition=Q(state__in=["settling", "disputed"])
            ),
            # Dashboard: rentals per day.
            models.Index(fields=["started_at"], name="rental_started"),
        ]

    def __str__(self) -> str:
        return self.booking.code

    @property
    def is_overdue(self) -> bool:
        return self.state == RentalState.ACTIVE and self.due_at < clock.now()


class Inspection(models.Model):
    """The joint look at a vehicle at pickup or return; kept as a draft until completed, so it can be resumed."""

    rental = models.ForeignKey(
        Rental, on_delete=models.PROTECT, related_name="inspections", verbose_name=_("chuyến thuê")
    )
    kind = models.CharField(_("loại"), max_length=8, choices=InspectionKind)
    odometer_km = models.PositiveIntegerField(_("số km"), null=True, blank=True)
    battery_percent = models.PositiveSmallIntegerField(_("pin (%)"), null=True, blank=True)
    # The version of the list that it was begun with, and goes on with; none from before lists were rows.
    checklist = models.ForeignKey(
        ChecklistTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("danh mục"),
    )
    # Codes of that list that were found in order.
    checked = models.JSONField(_("mục đạt"), default=list)
    # At return: so dirty that it has to be cleaned before the next renter; the note says what was found.
    is_dirty = models.BooleanField(_("xe bẩn"), default=False)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("nhân viên")
    )
    started_at = models.DateTimeField(_("bắt đầu lúc"), default=clock.now)
    completed_at = models.DateTimeField(_("xong lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("biên bản kiểm tra")
        verbose_name_plural = _("biên bản kiểm tra")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rental", "kind"], name="inspection_once_per_kind"),
            models.CheckConstraint(
                condition=Q(completed_at=None)
                | (Q(odometer_km__isnull=False) & Q(battery_percent__isnull=False)),
                name="inspection_completed_has_readings",
            ),
            models.CheckConstraint(
                condition=Q(battery_percent=None) | Q(battery_percent__lte=100),
                name="inspection_battery_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rental} – {self.get_kind_display()}"


class InspectionPhoto(models.Model):
    """One photograph of one side of the vehicle; position is a code of the inspection's list."""

    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, related_name="photos", verbose_name=_("biên bản")
    )
    position = models.CharField(_("vị trí"), max_length=20)
    file = models.FileField(_("ảnh"), upload_to=inspection_photo_path, max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    # As the camera wrote it: what people signed on a tablet names the picture by it.
    taken_sha256 = models.CharField(
        _("SHA-256 lúc chụp"), max_length=64, blank=True, default="", db_default=""
    )
    at = models.DateTimeField(_("lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("ảnh kiểm tra")
        verbose_name_plural = _("ảnh kiểm tra")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inspection", "position"], name="photo_one_per_position")
        ]

    def __str__(self) -> str:
        return f"{self.inspection} – {self.position}"


class DamageMark(models.Model):
    """One mark of damage seen at an inspection. New marks of a return may carry a charge."""

    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, related_name="damages", verbose_name=_("biên bản")
    )
    part = models.CharField(_("bộ phận"), max_length=30)
    kind = models.CharField(_("loại"), max_length=8, choices=DamageKind)
    note = models.CharField(_("mô tả"), max_length=200, blank=True)
    # Per mille of the drawing's width and height, when it was marked on the drawing.
    x = models.PositiveSmallIntegerField(_("x"), null=True, blank=True)
    y = models.PositiveSmallIntegerField(_("y"), null=True, blank=True)
    photo = models.FileField(_("ảnh"), upload_to=inspection_photo_path, max_length=200, blank=True)
    # As it was taken: the damage record names the picture by it.
    photo_sha256 = models.CharField(_("SHA-256 của ảnh"), max_length=64, blank=True)
    charge_amount = DongField(_("bồi thường"))

    class Meta:
        verbose_name = _("vết hư hại")
        verbose_name_plural = _("vết hư hại")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(charge_amount__gte=0), name="damage_charge_not_negative"),
            # No charge without a picture.
            models.CheckConstraint(
                condition=Q(charge_amount=0) | ~Q(photo=""), name="damage_charge_has_photo"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part_label} – {self.get_kind_display()}"

    @property
    def part_label(self) -> str:
        """The part in the reader's language."""
        return part_label(self.part)


class Settlement(models.Model):
    """What the rental came to in the end, computed from the frozen quote's rules."""

    rental = models.OneToOneField(
        Rental, on_delete=models.PROTECT, related_name="settlement", verbose_name=_("chuyến thuê")
    )
    # Rent and everything that came on top; prepaid rent is part of it.
    total_amount = DongField(_("tổng cộng"))
    prepaid_amount = DongField(_("đã trả trước"))
    extra_amount = DongField(_("phát sinh"))
    deposit_amount = DongField(_("tiền cọc"))
    captured_amount = DongField(_("trừ vào cọc"))
    released_amount = DongField(_("cọc hoàn lại"))
    debt_amount = DongField(_("còn phải trả"))
    # Of what goes back: kept until a day, for fines of cameras that surface later.
    retained_amount = DongField(_("trong đó giữ lại chờ phạt nguội"), default=0, db_default=0)
    retained_until = models.DateField(_("giữ lại đến"), null=True, blank=True)
    created_at = models.DateTimeField(_("lập lúc"), default=clock.now)
    # Undisputed until then, it closes by itself.
    objection_until = models.DateTimeField(_("khiếu nại trước"))
    accepted_at = models.DateTimeField(_("đồng ý lúc"), null=True, blank=True)
    acceptance = models.CharField(_("cách chấp nhận"), max_length=12, choices=Acceptance, blank=True)
    # The renter's name drawn on the glass, and the hash of the lines that stood above it.
    signature = models.FileField(_("nét ký"), upload_to=acceptance_path, max_length=200, blank=True)
    strokes_sha256 = models.CharField(_("SHA-256 nét ký"), max_length=64, blank=True)
    content_sha256 = models.CharField(_("SHA-256 nội dung"), max_length=64, blank=True)
    objection = models.CharField(_("nội dung khiếu nại"), max_length=500, blank=True)
    resolution = models.CharField(_("kết quả giải quyết"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("quyết toán")
        verbose_name_plural = _("quyết toán")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(total_amount=F("prepaid_amount") + F("extra_amount")),
                name="settlement_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(extra_amount=F("captured_amount") + F("debt_amount")),
                name="settlement_extra_is_covered",
            ),
            models.CheckConstraint(
                condition=Q(deposit_amount=F("captured_amount") + F("released_amount")),
                name="settlement_deposit_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(retained_amount__gte=0, retained_amount__lte=F("released_amount"))
                & (Q(retained_amount=0) | Q(retained_until__isnull=False)),
                name="settlement_keeps_back_of_what_returns",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, acceptance="")
                | (Q(accepted_at__isnull=False) & ~Q(acceptance="")),
                name="settlement_acceptance_says_how",
            ),
            # A signature stands under a content, and only a signature does.
            models.CheckConstraint(
                condition=Q(signature="", strokes_sha256="")
                | (Q(acceptance="signature") & ~Q(signature="") & ~Q(content_sha256="")),
                name="settlement_signature_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rental}"


class SettlementLine(models.Model):
    """One line of a settlement."""

    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="lines", verbose_name=_("quyết toán")
    )
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    code = models.CharField(_("mã"), max_length=30)
    kind = models.CharField(_("loại"), max_length=14, choices=ChargeKind)
    # Values for the words of this line, see pricing/wording.py.
    params = models.JSONField(_("tham số"), default=dict)
    gross_amount = DongField(_("thành tiền"))
    vat_bp = models.PositiveIntegerField(_("thuế suất (phần vạn)"))
    net_amount = DongField(_("trước thuế"))
    vat_amount = DongField(_("thuế GTGT"))
    damage = models.ForeignKey(
        DamageMark,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vết hư hại"),
    )
    is_prepaid = models.BooleanField(_("đã trả khi đặt"), default=False)
    # Named by the renter in the objection; the damage record says so of each claim.
    is_refused = models.BooleanField(_("bị khiếu nại"), default=False)

    class Meta:
        verbose_name = _("dòng quyết toán")
        verbose_name_plural = _("các dòng quyết toán")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["settlement", "position"], name="settlement_line_position"),
            models.CheckConstraint(
                condition=Q(gross_amount=F("net_amount") + F("vat_amount")), name="settlement_line_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.settlement} {self.position}"

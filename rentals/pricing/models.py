"""Tariffs, dated; quotes, frozen."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rentals.pricing.offer_models import Promotion
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import City, Station
from voltgo.core.clock import Period
from voltgo.core.money import DongField


class Tariff(models.Model):
    """What a vehicle model costs in a city (or everywhere) from a date on. All amounts include VAT.

    No two tariffs of one model and city are valid on the same day (exclusion constraint, migration 0002).
    """

    model = models.ForeignKey(
        VehicleModel, on_delete=models.PROTECT, related_name="tariffs", verbose_name=_("mẫu xe")
    )
    city = models.ForeignKey(
        City,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("thành phố"),
        help_text=_("Để trống: áp dụng ở mọi thành phố chưa có giá riêng."),
    )
    # A station's own price beats the city's, which beats the general one.
    station = models.ForeignKey(
        Station,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("trạm"),
        help_text=_("Để trống: áp dụng ở mọi trạm chưa có giá riêng."),
    )
    valid_from = models.DateField(_("áp dụng từ"))
    valid_until = models.DateField(_("áp dụng đến hết"), null=True, blank=True)

    hour_amount = DongField(_("giá giờ"))
    day_amount = DongField(_("giá ngày"), help_text=_("Giá tối đa cho mỗi 24 giờ."))
    week_amount = DongField(_("giá tuần"), help_text=_("Giá tối đa cho mỗi 7 ngày."))
    month_amount = DongField(_("giá tháng"), help_text=_("Giá tối đa cho mỗi 30 ngày."))
    weekend_bp = models.PositiveIntegerField(_("hệ số cuối tuần (phần vạn)"), default=10_000)
    peak_bp = models.PositiveIntegerField(_("hệ số giờ cao điểm (phần vạn)"), default=10_000)
    holiday_bp = models.PositiveIntegerField(_("hệ số ngày lễ (phần vạn)"), default=10_000)
    deposit_amount = DongField(_("tiền cọc"))
    young_driver_day_amount = DongField(
        _("phụ thu tài xế trẻ mỗi ngày"), help_text=_("Cho người dưới độ tuổi bên dưới. 0: không thu.")
    )
    young_driver_age = models.PositiveSmallIntegerField(_("tài xế trẻ: dưới (tuổi)"), default=23)

    included_km_per_day = models.PositiveIntegerField(_("km mỗi ngày"))
    extra_km_amount = DongField(_("giá km vượt"))
    late_grace_minutes = models.PositiveSmallIntegerField(_("phút trễ cho phép"), default=29)
    late_first_hour_amount = DongField(_("phí trễ giờ đầu"), default=100_000)
    late_next_hour_amount = DongField(_("phí trễ mỗi giờ sau"), default=200_000)
    return_battery_percent = models.PositiveSmallIntegerField(_("pin tối thiểu khi trả (%)"), default=20)
    energy_fee_amount = DongField(_("phí sạc mỗi 10 % pin thiếu"))
    cleaning_fee_amount = DongField(_("phí vệ sinh khi xe bẩn"))

    class Meta:
        verbose_name = _("bảng giá")
        verbose_name_plural = _("bảng giá")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(hour_amount__gt=0)
                & Q(day_amount__gte=F("hour_amount"))
                & Q(week_amount__gte=F("day_amount"))
                & Q(month_amount__gte=F("week_amount"))
                & Q(deposit_amount__gte=0),
                name="tariff_tiers_in_order",
                violation_error_message=_("Giá phải tăng dần từ giờ, ngày, tuần đến tháng, và không âm."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="tariff_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
            models.CheckConstraint(
                condition=Q(weekend_bp__gte=10_000) & Q(peak_bp__gte=10_000) & Q(holiday_bp__gte=10_000),
                name="tariff_extra_never_cheaper",
                violation_error_message=_(
                    "Hệ số cuối tuần, cao điểm và ngày lễ không được dưới 100 phần trăm."
                ),
            ),
            models.CheckConstraint(
                condition=Q(city=None) | Q(station=None),
                name="tariff_city_or_station",
                violation_error_message=_("Chọn thành phố hoặc trạm, không chọn cả hai."),
            ),
        ]

    def __str__(self) -> str:
        where = self.station or self.city or _("mọi thành phố")
        return f"{self.model} – {where} ({self.valid_from:%d/%m/%Y})"


class Quote(models.Model):
    """A price for one vehicle or model, station and period, frozen with every rule that produced it.

    Never updated (trigger). A booking points to the quote it was made with; contract, settlement and
    receipt read from here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model = models.ForeignKey(
        VehicleModel, on_delete=models.PROTECT, related_name="+", verbose_name=_("mẫu xe")
    )
    # Set when the renter chose one vehicle by its plate; empty for "this model here".
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("xe")
    )
    pickup_station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm nhận")
    )
    return_station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm trả")
    )
    starts_at = models.DateTimeField(_("nhận lúc"))
    ends_at = models.DateTimeField(_("trả lúc"))
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="+", verbose_name=_("bảng giá"))
    # [{code, quantity, unit, unit_amount, gross, vat_bp, net, vat, params}], see pricing/engine.py
    lines = models.JSONField(_("các dòng"))
    # The rules of settlement as they stood: kilometres, lateness, energy (pricing/engine.py: Terms).
    terms = models.JSONField(_("quy tắc"))
    # [{slug, quantity}] as chosen; their prices stand in the lines.
    options = models.JSONField(_("dịch vụ thêm"), default=list)
    # The booking policy as it was shown: cancellation tiers, no-show, limits (policies/rules.py: Policy).
    policy = models.JSONField(_("chính sách"), default=dict)
    promotion = models.ForeignKey(
        Promotion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("khuyến mãi"),
    )
    # Whose price it is, when it depends on the person: a young driver, a promotion.
    renter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người thuê"),
    )
    # Made to change a booking: the quote that it would take the place of. Never for a new booking.
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replacements",
        verbose_name=_("thay cho báo giá"),
    )
    total_amount = DongField(_("tổng tiền thuê"))
    net_amount = DongField(_("trước thuế"))
    vat_amount = DongField(_("thuế GTGT"))
    deposit_amount = DongField(_("tiền cọc"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    expires_at = models.DateTimeField(_("có hiệu lực đến"))

    class Meta:
        verbose_name = _("báo giá")
        verbose_name_plural = _("báo giá")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="quote_period_in_order"),
            models.CheckConstraint(
                condition=Q(total_amount=F("net_amount") + F("vat_amount")), name="quote_net_and_vat_add_up"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def due_amount(self) -> int:
        """What is paid at booking: rent and deposit."""
        return self.total_amount + self.deposit_amount

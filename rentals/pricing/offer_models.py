"""What can be added to a rental, what is charged for going elsewhere, and promotion codes."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rentals.pricing.enums import AddOnKind, AddOnUnit, PromotionUseState
from stations.fleet.enums import VehicleKind
from stations.fleet.models import VehicleModel
from stations.network.models import City, Station
from voltgo.core import clock
from voltgo.core.money import DongField


class AddOn(models.Model):
    """Something that a renter may add, at a price from a date on: reduced liability, a helmet, a second driver."""

    slug = models.SlugField(_("mã"), max_length=40)
    kind = models.CharField(_("loại"), max_length=16, choices=AddOnKind)
    name = models.CharField(_("tên"), max_length=80)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=80)
    description = models.CharField(_("mô tả"), max_length=300, blank=True)
    description_en = models.CharField(_("mô tả tiếng Anh"), max_length=300, blank=True)
    # Empty: for cars and scooters.
    vehicle_kind = models.CharField(_("dành cho loại xe"), max_length=8, choices=VehicleKind, blank=True)
    unit = models.CharField(_("tính theo"), max_length=8, choices=AddOnUnit)
    amount = DongField(_("giá"), help_text=_("Đã gồm thuế GTGT."))
    # Per rental and piece; 0: without a cap.
    cap_amount = DongField(_("tối đa mỗi lần thuê"))
    most = models.PositiveSmallIntegerField(_("số lượng tối đa"), default=1)
    liability_amount = DongField(
        _("khách bồi thường tối đa mỗi vết"),
        default=0,
        help_text=_("Chỉ cho loại giảm mức bồi thường; 0 là không giới hạn."),
    )
    valid_from = models.DateField(_("áp dụng từ"))
    valid_until = models.DateField(_("áp dụng đến hết"), null=True, blank=True)

    class Meta:
        verbose_name = _("dịch vụ thêm")
        verbose_name_plural = _("các dịch vụ thêm")
        ordering: ClassVar = ["kind", "slug"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gte=0)
                & (Q(cap_amount=0) | Q(cap_amount__gte=F("amount")))
                & Q(most__gte=1),
                name="add_on_amounts_sane",
                violation_error_message=_("Giá tối đa không được thấp hơn đơn giá."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="add_on_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name


class OneWayFee(models.Model):
    """What it costs to return a vehicle elsewhere; the most exact row counts: both stations, one, none."""

    vehicle_kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind)
    origin = models.ForeignKey(
        Station,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("trạm nhận"),
    )
    destination = models.ForeignKey(
        Station, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("trạm trả")
    )
    amount = DongField(_("phí"), help_text=_("Đã gồm thuế GTGT."))
    valid_from = models.DateField(_("áp dụng từ"))
    valid_until = models.DateField(_("áp dụng đến hết"), null=True, blank=True)

    class Meta:
        verbose_name = _("phí trả xe khác trạm")
        verbose_name_plural = _("các phí trả xe khác trạm")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="one_way_fee_not_negative",
                violation_error_message=_("Phí không được âm."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="one_way_fee_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin or '*'} → {self.destination or '*'}"


class Promotion(models.Model):
    """A promotion code with its limits: when, for whom, how often, how much at most."""

    code = models.CharField(_("mã khuyến mãi"), max_length=24, unique=True)
    name = models.CharField(_("tên"), max_length=80)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=80)
    # One of the two: a share of the rent, or an amount.
    percent = models.PositiveSmallIntegerField(_("giảm (%)"), default=0)
    amount = DongField(_("giảm số tiền"))
    # 0: without a cap.
    most_amount = DongField(_("giảm tối đa"))
    least_total = DongField(_("cho chuyến thuê từ"))
    vehicle_kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind, blank=True)
    model = models.ForeignKey(
        VehicleModel,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mẫu xe"),
    )
    city = models.ForeignKey(
        City, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("thành phố")
    )
    is_first_booking_only = models.BooleanField(_("chỉ cho lần đặt đầu"), default=False)
    # 0: without a limit.
    most_uses = models.PositiveIntegerField(_("số lượt dùng tối đa"), default=0)
    most_uses_each = models.PositiveSmallIntegerField(_("số lượt mỗi người"), default=1)
    valid_from = models.DateTimeField(_("áp dụng từ"))
    valid_until = models.DateTimeField(_("áp dụng đến"))
    is_active = models.BooleanField(_("đang áp dụng"), default=True)

    class Meta:
        verbose_name = _("khuyến mãi")
        verbose_name_plural = _("các khuyến mãi")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, amount=0) | Q(percent=0, amount__gt=0),
                name="promotion_percent_or_amount",
                violation_error_message=_("Chọn một trong hai: giảm phần trăm hoặc giảm số tiền."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")) & Q(most_amount__gte=0) & Q(least_total__gte=0),
                name="promotion_limits_sane",
                violation_error_message=_("Lúc kết thúc phải sau lúc bắt đầu."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PromotionUse(models.Model):
    """One use of a promotion by one booking; given back when the booking expires or is cancelled."""

    promotion = models.ForeignKey(
        Promotion, on_delete=models.PROTECT, related_name="uses", verbose_name=_("khuyến mãi")
    )
    renter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người thuê")
    )
    # 'booking:VG-7K2M4Q': bookings stand right of prices.
    reference = models.CharField(_("dùng cho"), max_length=64)
    amount = DongField(_("đã giảm"))
    state = models.CharField(
        _("trạng thái"), max_length=8, choices=PromotionUseState, default=PromotionUseState.USED
    )
    created_at = models.DateTimeField(_("dùng lúc"), default=clock.now)

    class Meta:
        verbose_name = _("lượt dùng khuyến mãi")
        verbose_name_plural = _("các lượt dùng khuyến mãi")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promotion", "reference"], name="promotion_use_once_each"),
        ]
        indexes: ClassVar = [
            # "How often has this person used it?"
            models.Index(fields=["promotion", "renter"], name="promotion_used", condition=Q(state="used")),
        ]

    def __str__(self) -> str:
        return f"{self.promotion}: {self.reference}"

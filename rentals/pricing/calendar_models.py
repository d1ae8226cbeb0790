"""When prices differ: holidays and busy hours."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stations.network.models import City, OpeningHours


class Holiday(models.Model):
    """A holiday or a stretch of them, with the shortest rental that is accepted when one touches it."""

    name = models.CharField(_("tên"), max_length=80)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=80)
    first_day = models.DateField(_("ngày đầu"))
    last_day = models.DateField(_("ngày cuối"))
    minimum_days = models.PositiveSmallIntegerField(_("thuê ít nhất (ngày)"), default=0)
    source = models.CharField(_("căn cứ"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("ngày lễ")
        verbose_name_plural = _("các ngày lễ")
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="holiday_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
            models.CheckConstraint(
                condition=Q(minimum_days__lte=14),
                name="holiday_minimum_sane",
                violation_error_message=_("Thời gian thuê ít nhất không quá 14 ngày."),
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name


class PeakHours(models.Model):
    """Busy hours of one day of the week, everywhere or in one city, from a date on."""

    city = models.ForeignKey(
        City, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("thành phố")
    )
    weekday = models.PositiveSmallIntegerField(_("ngày"), choices=OpeningHours.Weekday)
    # Minutes after midnight in Vietnam's time, as opening hours are kept.
    starts_minute = models.PositiveSmallIntegerField(_("từ (phút)"))
    ends_minute = models.PositiveSmallIntegerField(_("đến (phút)"))
    valid_from = models.DateField(_("áp dụng từ"))
    valid_until = models.DateField(_("áp dụng đến hết"), null=True, blank=True)

    class Meta:
        verbose_name = _("giờ cao điểm")
        verbose_name_plural = _("các giờ cao điểm")
        ordering: ClassVar = ["weekday", "starts_minute"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_minute__lt=F("ends_minute"))
                & Q(ends_minute__lte=1440)
                & Q(weekday__lte=6),
                name="peak_hours_in_order",
                violation_error_message=_("Giờ kết thúc phải sau giờ bắt đầu."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="peak_hours_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_minute // 60:02d}:{self.starts_minute % 60:02d}"

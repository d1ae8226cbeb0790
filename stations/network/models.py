"""Cities, stations, when they are open and who works there."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class City(models.Model):
    """A city in which VoltGo has stations."""

    slug = models.SlugField(_("mã"), unique=True)
    name = models.CharField(_("tên"), max_length=80)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=80)
    latitude = models.FloatField(_("vĩ độ"))
    longitude = models.FloatField(_("kinh độ"))

    class Meta:
        verbose_name = _("thành phố")
        verbose_name_plural = _("thành phố")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name


class StationQuerySet(models.QuerySet["Station"]):
    """Reads of stations."""

    def active(self) -> StationQuerySet:
        return self.filter(is_active=True)

    def with_hours(self) -> StationQuerySet:
        return self.select_related("city").prefetch_related("opening_hours")


class Station(models.Model):
    """A fixed place where vehicles are picked up and returned."""

    code = models.CharField(_("mã trạm"), max_length=12, unique=True)
    slug = models.SlugField(_("đường dẫn"), unique=True)
    city = models.ForeignKey(
        City, on_delete=models.PROTECT, related_name="stations", verbose_name=_("thành phố")
    )
    name = models.CharField(_("tên"), max_length=100)
    address = models.CharField(_("địa chỉ"), max_length=200)
    latitude = models.FloatField(_("vĩ độ"))
    longitude = models.FloatField(_("kinh độ"))
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    bays = models.PositiveSmallIntegerField(_("số chỗ đỗ"), default=20)
    # What one standing vehicle gets while the others charge too: from it comes the charge expected at pickup.
    charger_kw = models.DecimalField(
        _("công suất sạc mỗi xe (kW)"), max_digits=5, decimal_places=1, default=Decimal("7.4")
    )
    is_active = models.BooleanField(_("đang hoạt động"), default=True)
    # When a tablet of the station was last heard of; empty: none ever was, and nobody waits for one.
    last_seen_at = models.DateTimeField(_("kết nối gần nhất"), null=True, blank=True, editable=False)

    objects = StationQuerySet.as_manager()

    class Meta:
        verbose_name = _("trạm")
        verbose_name_plural = _("trạm")
        ordering: ClassVar = ["city", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180)),
                name="station_on_earth",
                violation_error_message=_("Vĩ độ từ -90 đến 90, kinh độ từ -180 đến 180."),
            ),
            models.CheckConstraint(
                condition=Q(charger_kw__gt=0),
                name="station_charges",
                violation_error_message=_("Công suất sạc phải lớn hơn 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """When a station is open on one day of the week; a missing day is a closed day."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("thứ Hai")
        TUESDAY = 1, _("thứ Ba")
        WEDNESDAY = 2, _("thứ Tư")
        THURSDAY = 3, _("thứ Năm")
        FRIDAY = 4, _("thứ Sáu")
        SATURDAY = 5, _("thứ Bảy")
        SUNDAY = 6, _("Chủ nhật")

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="opening_hours", verbose_name=_("trạm")
    )
    weekday = models.PositiveSmallIntegerField(_("ngày"), choices=Weekday)
    # Minutes after midnight in Vietnam's time; 1440 is the end of the day, which a time field cannot say.
    opens_minute = models.PositiveSmallIntegerField(_("mở cửa (phút)"))
    closes_minute = models.PositiveSmallIntegerField(_("đóng cửa (phút)"))

    class Meta:
        verbose_name = _("giờ mở cửa")
        verbose_name_plural = _("giờ mở cửa")
        ordering: ClassVar = ["weekday"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "weekday"], name="opening_hours_once_a_day"),
            models.CheckConstraint(
                condition=Q(weekday__lte=6)
                & Q(closes_minute__lte=1440)
                & Q(opens_minute__lt=F("closes_minute")),
                name="opening_hours_in_order",
                violation_error_message=_("Giờ đóng cửa phải sau giờ mở cửa."),
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_weekday_display()} {clock_face(self.opens_minute)}–{clock_face(self.closes_minute)}"
        )


def clock_face(minute: int) -> str:
    """Print minutes after midnight as `06:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


class StationClosure(models.Model):
    """A stretch of time in which a station takes and gives no vehicles."""

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="closures", verbose_name=_("trạm")
    )
    starts_at = models.DateTimeField(_("từ"))
    ends_at = models.DateTimeField(_("đến"))
    reason = models.CharField(_("lý do"), max_length=200)

    class Meta:
        verbose_name = _("lần đóng cửa")
        verbose_name_plural = _("các lần đóng cửa")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="station_closure_in_order",
                violation_error_message=_("Lúc mở lại phải sau lúc đóng cửa."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.station}: {self.reason}"


class StaffPost(models.Model):
    """A member of staff at a station, in one role."""

    class Role(models.TextChoices):
        ATTENDANT = "attendant", _("nhân viên")
        SUPERVISOR = "supervisor", _("trưởng trạm")
        MAINTENANCE = "maintenance", _("kỹ thuật")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="staff_posts",
        verbose_name=_("nhân viên"),
    )
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="staff_posts", verbose_name=_("trạm")
    )
    role = models.CharField(_("vai trò"), max_length=12, choices=Role)
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("vị trí nhân viên")
        verbose_name_plural = _("vị trí nhân viên")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "station"],
                condition=Q(ended_at=None),
                name="staff_post_one_per_station",
                violation_error_message=_("Người này đang có vị trí ở trạm này."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.station} ({self.get_role_display()})"

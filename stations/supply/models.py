"""Thresholds per station and class of vehicle, and what operators decide in their place."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stations.fleet.enums import VehicleKind
from stations.network.models import Station
from stations.supply.enums import SupplyLevel, SupplyReason
from voltgo.core import clock


class SupplyRule(models.Model):
    """How many vehicles of a class must stand ready at a station, and how many are kept for walk-ins."""

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="supply_rules", verbose_name=_("trạm")
    )
    kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind)
    safe_threshold = models.PositiveSmallIntegerField(
        _("ngưỡng an toàn"), help_text=_("Ít xe sẵn sàng hơn số này: hạn chế đặt trước.")
    )
    walk_in_reserve = models.PositiveSmallIntegerField(_("số xe dành cho khách đến quầy"), default=0)

    class Meta:
        verbose_name = _("ngưỡng nguồn xe")
        verbose_name_plural = _("các ngưỡng nguồn xe")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "kind"],
                name="supply_rule_once",
                violation_error_message=_("Trạm này đã có ngưỡng cho loại xe này."),
            ),
            models.CheckConstraint(
                condition=Q(walk_in_reserve__lte=100) & Q(safe_threshold__lte=1000), name="supply_rule_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station} – {self.get_kind_display()}"


class SupplyOverride(models.Model):
    """An operator's decision on a station and class that holds until a time, whatever the supply is."""

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="supply_overrides", verbose_name=_("trạm")
    )
    kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind)
    level = models.CharField(_("mức"), max_length=8, choices=SupplyLevel)
    reason = models.CharField(_("lý do"), max_length=200)
    by_label = models.CharField(_("người quyết định"), max_length=200)
    created_at = models.DateTimeField(_("từ"), default=clock.now)
    until = models.DateTimeField(_("đến"))
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("quyết định về nguồn xe")
        verbose_name_plural = _("các quyết định về nguồn xe")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "kind"],
                condition=Q(ended_at=None),
                name="supply_override_one_at_a_time",
                violation_error_message=_("Đã có một quyết định đang áp dụng."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station} – {self.get_level_display()}"


class SupplyStatus(models.Model):
    """The level that was last seen for a station and class: for staff to read, and to tell them of a change.

    Booking never asks this row; it counts what stands ready.
    """

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="supply_statuses", verbose_name=_("trạm")
    )
    kind = models.CharField(_("loại xe"), max_length=8, choices=VehicleKind)
    level = models.CharField(_("mức"), max_length=8, choices=SupplyLevel, default=SupplyLevel.NORMAL)
    cause = models.CharField(_("vì"), max_length=16, choices=SupplyReason, default=SupplyReason.ENOUGH)
    ready_count = models.PositiveSmallIntegerField(_("xe sẵn sàng"), default=0)
    since = models.DateTimeField(_("từ lúc"), default=clock.now)

    class Meta:
        verbose_name = _("tình trạng nguồn xe")
        verbose_name_plural = _("tình trạng nguồn xe")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "kind"], name="supply_status_once"),
        ]

    def __str__(self) -> str:
        return f"{self.station} – {self.get_kind_display()}: {self.get_level_display()}"

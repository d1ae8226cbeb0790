"""The stint at a charger."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stations.bays.models import Bay
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock


class ChargingStint(models.Model):
    """One time that a vehicle stood at a charger, as people have plugged it in and out."""

    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="charging_stints", verbose_name=_("xe")
    )
    station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="charging_stints", verbose_name=_("trạm")
    )
    bay = models.ForeignKey(
        Bay, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("chỗ đỗ")
    )
    plugged_at = models.DateTimeField(_("cắm lúc"), default=clock.now)
    plugged_percent = models.PositiveSmallIntegerField(_("pin lúc cắm (%)"))
    plugged_by = models.CharField(_("người cắm"), max_length=200, blank=True)
    unplugged_at = models.DateTimeField(_("rút lúc"), null=True, blank=True)
    unplugged_percent = models.PositiveSmallIntegerField(_("pin lúc rút (%)"), null=True, blank=True)
    unplugged_by = models.CharField(_("người rút"), max_length=200, blank=True)
    # Who asks twice is given the stint of the first time: a tablet's commands.
    plug_key = models.CharField(_("khóa lần cắm"), max_length=64, blank=True, editable=False)
    unplug_key = models.CharField(_("khóa lần rút"), max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("lần sạc")
        verbose_name_plural = _("các lần sạc")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(unplugged_at=None), name="charging_one_at_a_time"
            ),
            models.UniqueConstraint(fields=["plug_key"], condition=~Q(plug_key=""), name="charging_plug_key"),
            models.UniqueConstraint(
                fields=["unplug_key"], condition=~Q(unplug_key=""), name="charging_unplug_key"
            ),
            models.CheckConstraint(
                condition=Q(plugged_percent__lte=100)
                & (Q(unplugged_percent=None) | Q(unplugged_percent__lte=100)),
                name="charging_percents",
            ),
            models.CheckConstraint(
                condition=Q(unplugged_at=None) | Q(unplugged_at__gte=F("plugged_at")),
                name="charging_in_order",
            ),
        ]
        indexes: ClassVar = [
            # Who charges at a station now.
            models.Index(fields=["station"], name="charging_now", condition=Q(unplugged_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.plugged_at:%d/%m/%Y %H:%M}"

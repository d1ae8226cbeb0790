"""The incident."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rentals.handovers.models import Rental
from rentals.incidents.enums import IncidentKind, IncidentState
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.codes import new_code


def new_incident_code() -> str:
    return new_code("SC")


class Incident(models.Model):
    """Something that went wrong with a vehicle, during a rental or at a station, until it is put right."""

    code = models.CharField(_("mã"), max_length=12, unique=True, default=new_incident_code, editable=False)
    kind = models.CharField(_("loại"), max_length=10, choices=IncidentKind)
    state = models.CharField(
        _("trạng thái"), max_length=12, choices=IncidentState, default=IncidentState.REPORTED
    )
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="incidents", verbose_name=_("xe")
    )
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm"))
    rental = models.ForeignKey(
        Rental,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="incidents",
        verbose_name=_("chuyến thuê"),
    )
    note = models.CharField(_("mô tả"), max_length=500, blank=True)
    resolution = models.CharField(_("cách xử lý"), max_length=500, blank=True)
    # The time for which it takes the vehicle out of service, if it does. The blocks on the timeline carry the
    # incident's reference; what a booking still claims of this time is blocked when that booking has left.
    out_from = models.DateTimeField(_("ngừng phục vụ từ"), null=True, blank=True)
    out_until = models.DateTimeField(_("ngừng phục vụ đến"), null=True, blank=True)
    created_at = models.DateTimeField(_("báo lúc"), default=clock.now)
    resolved_at = models.DateTimeField(_("xử lý xong lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("sự cố")
        verbose_name_plural = _("các sự cố")
        constraints: ClassVar = [
            # The overdue ladder opens each of its incidents once per rental.
            models.UniqueConstraint(
                fields=["rental", "kind"],
                condition=Q(kind__in=["overdue", "missing"]),
                name="incident_once_per_overdue_rental",
            ),
            models.CheckConstraint(
                condition=Q(out_from=None, out_until=None) | Q(out_from__lt=F("out_until")),
                name="incident_out_of_service_in_order",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["station", "created_at"],
                name="incident_open",
                condition=Q(state__in=["reported", "triaged", "in_progress"]),
            ),
            # The ladder: which incidents keep a vehicle out of service now.
            models.Index(fields=["out_until"], name="incident_out", condition=Q(out_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def reference(self) -> str:
        """The name under which the timeline knows what this incident blocks."""
        return f"incident:{self.code}"

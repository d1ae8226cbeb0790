"""The allocation: one claim on one vehicle's time."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline.enums import LIVE_STATES, AllocationKind, AllocationState
from voltgo.core.clock import Period


class AllocationQuerySet(models.QuerySet["VehicleAllocation"]):
    """Reads of the timeline."""

    def live(self, moment: datetime) -> AllocationQuerySet:
        """Rows that claim time at all: holds that ran out do not, whether or not beat has swept them."""
        return self.filter(state__in=LIVE_STATES).exclude(
            state=AllocationState.HELD, hold_expires_at__lte=moment
        )

    def overlapping(self, period: Period) -> AllocationQuerySet:
        return self.filter(period__overlap=period.as_range())


class VehicleAllocation(models.Model):
    """One claim on a vehicle's time: a booking, maintenance, a transfer, an owner's block.

    An exclusion constraint (migration 0002) keeps any two live rows of one vehicle from overlapping.
    The end of the period includes the turnaround buffer. Times are whole seconds.
    """

    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("xe")
    )
    # Copied from the vehicle by a trigger, so that search reads one index; never written by hand.
    station = models.ForeignKey(
        Station,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
        verbose_name=_("trạm"),
    )
    period = DateTimeRangeField(_("thời gian"))
    kind = models.CharField(_("loại"), max_length=12, choices=AllocationKind)
    state = models.CharField(_("trạng thái"), max_length=10, choices=AllocationState)
    hold_expires_at = models.DateTimeField(_("giữ đến"), null=True, blank=True)
    # Opaque: 'booking:VG-7K2M4Q'. Whoever claims knows what it means; the timeline does not.
    claimant = models.CharField(_("người giữ chỗ"), max_length=40)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("lịch xe")
        verbose_name_plural = _("lịch xe")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="held", hold_expires_at__isnull=False) | ~Q(state="held"),
                name="allocation_hold_has_end",
            ),
        ]
        indexes: ClassVar = [
            # "Which claims does this booking have?"
            models.Index(fields=["claimant"], name="allocation_claimant"),
            # The sweep of stale holds, and whether a station has any: swept ones stay in the index until a vacuum.
            models.Index(
                fields=["hold_expires_at", "station"], name="allocation_holds", condition=Q(state="held")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.claimant} {self.state}"

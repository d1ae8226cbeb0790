"""The numbered bays of a station, and the bay that is kept for somebody."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stations.network.models import Station
from voltgo.core import clock


class Bay(models.Model):
    """One numbered place of a station where a vehicle can stand.

    A trigger keeps as many of them in use as the station has bays (migration 0009); one that is taken away
    keeps its row, because what happened in it names it.
    """

    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="numbered_bays", verbose_name=_("trạm")
    )
    number = models.PositiveSmallIntegerField(_("số"))
    # Painted on the ground, where a station has rows: "A".
    row = models.CharField(_("dãy"), max_length=4, blank=True)
    has_charger = models.BooleanField(_("có trụ sạc"), default=True)
    is_active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("chỗ đỗ")
        verbose_name_plural = _("chỗ đỗ")
        ordering: ClassVar = ["station", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "number"], name="bay_number_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What is painted on the ground: `A12`, or `12` where there are no rows."""
        return f"{self.row}{self.number}"


class BayReservationQuerySet(models.QuerySet["BayReservation"]):
    def standing(self) -> BayReservationQuerySet:
        """Keep those that take a bay now: not ended, and not held beyond their time."""
        return self.filter(Q(held_until=None) | Q(held_until__gt=clock.now()), ended_at=None)


class BayReservation(models.Model):
    """One bay kept at a station for a vehicle that arrives from elsewhere.

    Free bays are the station's bays less the vehicles that belong there less these (stations/bays/services).
    """

    station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="bay_reservations", verbose_name=_("trạm")
    )
    # Opaque, as in the timeline: 'booking:VG-7K2M4Q'.
    claimant = models.CharField(_("dành cho"), max_length=40)
    arrives_at = models.DateTimeField(_("dự kiến đến"))
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)
    # Set while what it is for still waits for its money: from then on it counts no longer, swept or not.
    held_until = models.DateTimeField(_("giữ đến"), null=True, blank=True)
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True)

    objects = BayReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("chỗ đỗ giữ trước")
        verbose_name_plural = _("các chỗ đỗ giữ trước")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["claimant"], condition=Q(ended_at=None), name="bay_one_per_claimant"
            ),
        ]
        indexes: ClassVar = [
            # "How many are on their way here?"
            models.Index(fields=["station"], name="bay_expected", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.station} – {self.claimant}"

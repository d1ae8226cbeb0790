"""The address of a calendar feed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stations.fleet.models import Vehicle
from voltgo.core import clock


class CalendarFeed(models.Model):
    """One secret address under which a calendar reads a renter's bookings or a vehicle's plan.

    Only the hash of the secret is kept: whoever reads the table cannot read the feed.
    """

    digest = models.CharField(_("băm của mã"), max_length=64, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="calendar_feeds",
        verbose_name=_("của"),
    )
    # Empty: the owner's own bookings. Set: the plan of this vehicle, without names.
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("xe")
    )
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)
    last_read_at = models.DateTimeField(_("đọc gần nhất"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("thu hồi lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lịch iCal")
        verbose_name_plural = _("các lịch iCal")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "vehicle"],
                condition=Q(revoked_at=None),
                nulls_distinct=False,
                name="calendar_feed_one_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.vehicle or _('chuyến của tôi')}"

"""Waiting for a vehicle, and favourites."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rentals.bookings.models import Booking
from rentals.waitlist.enums import WaitState
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.codes import new_code


def new_entry_code() -> str:
    return new_code("DC")


class WaitlistEntry(models.Model):
    """One renter who waits for a model at a station for a period.

    An offer is a real hold: a booking of the renter that lasts some minutes and is theirs once paid.
    """

    code = models.CharField(_("mã"), max_length=12, unique=True, default=new_entry_code, editable=False)
    renter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="waitlist_entries",
        verbose_name=_("người thuê"),
    )
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm"))
    model = models.ForeignKey(
        VehicleModel, on_delete=models.PROTECT, related_name="+", verbose_name=_("mẫu xe")
    )
    starts_at = models.DateTimeField(_("nhận lúc"))
    ends_at = models.DateTimeField(_("trả lúc"))
    state = models.CharField(_("trạng thái"), max_length=12, choices=WaitState, default=WaitState.WAITING)
    # The hold that was offered.
    booking = models.OneToOneField(
        Booking,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waitlist_entry",
        verbose_name=_("lượt đặt xe"),
    )
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)
    offered_at = models.DateTimeField(_("mời lúc"), null=True, blank=True)
    offered_until = models.DateTimeField(_("giữ đến"), null=True, blank=True)

    class Meta:
        verbose_name = _("lượt chờ xe")
        verbose_name_plural = _("danh sách chờ")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="waitlist_period_in_order"),
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(booking__isnull=False, offered_until__isnull=False),
                name="waitlist_offer_has_hold",
            ),
            models.UniqueConstraint(
                fields=["renter", "station", "model", "starts_at", "ends_at"],
                condition=Q(state__in=["waiting", "offered"]),
                name="waitlist_once_each",
            ),
        ]
        indexes: ClassVar = [
            # Whose turn it is when a vehicle becomes free.
            models.Index(
                fields=["station", "model", "created_at"],
                name="waitlist_queue",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def is_offered(self) -> bool:
        """Whether the offer still stands, also when no sweeper has looked yet."""
        return (
            self.state == WaitState.OFFERED
            and self.offered_until is not None
            and self.offered_until > clock.now()
        )

    @property
    def position(self) -> int:
        """The place in the queue; only on rows of `open_entries`, which count who asked earlier."""
        return (getattr(self, "earlier", None) or 0) + 1


class Favourite(models.Model):
    """A station, a model or one vehicle that a renter likes to find again."""

    renter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="favourites",
        verbose_name=_("người thuê"),
    )
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("trạm")
    )
    model = models.ForeignKey(
        VehicleModel,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mẫu xe"),
    )
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("xe")
    )
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)

    class Meta:
        verbose_name = _("mục yêu thích")
        verbose_name_plural = _("các mục yêu thích")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(station__isnull=False, model=None, vehicle=None)
                | Q(station=None, model__isnull=False, vehicle=None)
                | Q(station=None, model=None, vehicle__isnull=False),
                name="favourite_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["renter", "station", "model", "vehicle"],
                nulls_distinct=False,
                name="favourite_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.station or self.model or self.vehicle)

"""The transfer of a vehicle, with its photos."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.transfers.enums import OPEN_TRANSFER_STATES, TransferEnd, TransferState
from stations.transfers.paths import transfer_photo_path
from voltgo.core import clock
from voltgo.core.codes import new_code


def new_transfer_code() -> str:
    return new_code("DC")


class TransferQuerySet(models.QuerySet["VehicleTransfer"]):
    """Reads of transfers."""

    def open(self) -> TransferQuerySet:
        return self.filter(state__in=OPEN_TRANSFER_STATES)

    def touching(self, station: Station) -> TransferQuerySet:
        """Keep those that begin or end at a station."""
        return self.filter(Q(origin=station) | Q(destination=station))


class VehicleTransfer(models.Model):
    """One vehicle on its way from its station to another one, which becomes its home."""

    code = models.CharField(_("mã"), max_length=12, unique=True, default=new_transfer_code, editable=False)
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="transfers", verbose_name=_("xe")
    )
    origin = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm đi"))
    destination = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm đến")
    )
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=TransferState, default=TransferState.DRAFT
    )
    reason = models.CharField(_("lý do"), max_length=300)
    starts_at = models.DateTimeField(_("dự kiến đi"))
    arrives_at = models.DateTimeField(_("dự kiến đến"))
    created_at = models.DateTimeField(_("tạo lúc"), default=clock.now)
    requested_by = models.CharField(_("người đề nghị"), max_length=200, blank=True)
    picked_up_at = models.DateTimeField(_("đi lúc"), null=True, blank=True)
    picked_up_km = models.PositiveIntegerField(_("số km lúc đi"), null=True, blank=True)
    picked_up_percent = models.PositiveSmallIntegerField(_("pin lúc đi (%)"), null=True, blank=True)
    picked_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người giao đi"),
    )
    delivered_at = models.DateTimeField(_("đến lúc"), null=True, blank=True)
    delivered_km = models.PositiveIntegerField(_("số km lúc đến"), null=True, blank=True)
    delivered_percent = models.PositiveSmallIntegerField(_("pin lúc đến (%)"), null=True, blank=True)
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người nhận"),
    )

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("lần điều chuyển")
        verbose_name_plural = _("các lần điều chuyển")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["vehicle"],
                condition=Q(state__in=["draft", "approved", "picked_up"]),
                name="transfer_one_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="transfer_goes_elsewhere"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("arrives_at")), name="transfer_in_order"),
            models.CheckConstraint(
                condition=~Q(state__in=["picked_up", "delivered"])
                | Q(picked_up_at__isnull=False, picked_up_km__isnull=False),
                name="transfer_picked_up_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="delivered")
                | Q(delivered_at__isnull=False, delivered_km__gte=F("picked_up_km")),
                name="transfer_delivered_is_whole",
            ),
        ]
        indexes: ClassVar = [
            # What leaves a station and what comes.
            models.Index(
                fields=["origin"],
                name="transfer_leaving",
                condition=Q(state__in=["draft", "approved", "picked_up"]),
            ),
            models.Index(
                fields=["destination"],
                name="transfer_coming",
                condition=Q(state__in=["draft", "approved", "picked_up"]),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def reference(self) -> str:
        """The name under which the timeline and the bays know it."""
        return f"transfer:{self.code}"

    @property
    def is_late(self) -> bool:
        """Whether it should have arrived, or at least have left, by now."""
        now = clock.now()
        return (self.state == TransferState.PICKED_UP and self.arrives_at < now) or (
            self.state == TransferState.APPROVED and self.starts_at < now
        )


class TransferPhoto(models.Model):
    """One photograph of a vehicle at one end of its transfer."""

    transfer = models.ForeignKey(
        VehicleTransfer, on_delete=models.PROTECT, related_name="photos", verbose_name=_("lần điều chuyển")
    )
    end = models.CharField(_("chụp"), max_length=12, choices=TransferEnd)
    file = models.FileField(_("ảnh"), upload_to=transfer_photo_path, max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    uploaded_sha256 = models.CharField(_("SHA-256 tệp gửi lên"), max_length=64)
    at = models.DateTimeField(_("lúc"), default=clock.now)

    class Meta:
        verbose_name = _("ảnh điều chuyển")
        verbose_name_plural = _("ảnh điều chuyển")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["transfer", "end", "uploaded_sha256"], name="transfer_photo_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transfer} – {self.get_end_display()}"

"""Tablets and PINs."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stations.network.models import Station
from stations.tablets.enums import TabletState
from voltgo.core import clock
from voltgo.core.codes import new_code


def new_tablet_code() -> str:
    return new_code("T", 6)


class Tablet(models.Model):
    """One tablet that a station has enrolled. It proves itself by a secret of which only the hash is here."""

    code = models.CharField(_("mã máy"), max_length=12, unique=True, default=new_tablet_code, editable=False)
    name = models.CharField(_("tên máy"), max_length=60)
    station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="tablets", verbose_name=_("trạm")
    )
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=TabletState, default=TabletState.ENROLLED
    )
    secret_sha256 = models.CharField(_("SHA-256 của bí mật"), max_length=64, unique=True)
    # What encrypts everything on the tablet, wrapped by the server's keys: with it a tablet whose PINs were
    # wiped can be read again by the people of its station, and by nobody else.
    data_key = models.BinaryField(_("khóa dữ liệu đã bọc"))
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người ghi danh")
    )
    enrolled_at = models.DateTimeField(_("ghi danh lúc"), default=clock.now)
    revoked_at = models.DateTimeField(_("thu hồi lúc"), null=True, blank=True)
    # What it said of itself when it was last heard of.
    last_seen_at = models.DateTimeField(_("thấy lần cuối"), null=True, blank=True)
    last_synced_at = models.DateTimeField(_("đồng bộ lần cuối"), null=True, blank=True)
    waiting_count = models.PositiveIntegerField(_("việc chờ gửi"), default=0)
    # The tablet's clock against the server's, positive: it is behind.
    clock_offset_ms = models.BigIntegerField(_("lệch giờ (ms)"), null=True, blank=True)
    app_version = models.CharField(_("phiên bản ứng dụng"), max_length=40, blank=True)
    user_agent = models.CharField(_("trình duyệt"), max_length=200, blank=True)
    # The one session that is signed in on it, so that a tablet that is withdrawn signs its person out.
    session_key = models.CharField(_("phiên đăng nhập"), max_length=40, blank=True, editable=False)

    class Meta:
        verbose_name = _("máy tính bảng")
        verbose_name_plural = _("máy tính bảng")
        ordering: ClassVar = ["station", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "name"],
                condition=Q(state="enrolled"),
                name="tablet_name_once_at_a_station",
                violation_error_message=_("Trạm đã có máy mang tên này."),
            ),
            models.CheckConstraint(
                condition=~Q(state="revoked") | Q(revoked_at__isnull=False), name="tablet_revoked_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def offset_seconds(self) -> float | None:
        """How far the tablet's clock is behind, in seconds; below nothing: it is ahead."""
        return None if self.clock_offset_ms is None else round(self.clock_offset_ms / 1000, 1)


class StaffPin(models.Model):
    """The PIN of one member of staff, hashed as passwords are; it counts on enrolled tablets only."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="staff_pin",
        verbose_name=_("nhân viên"),
    )
    pin_hash = models.CharField(_("mã PIN đã băm"), max_length=128)
    # Wrong tries in a row; at the limit only a full sign-in helps.
    wrong_count = models.PositiveSmallIntegerField(_("số lần sai"), default=0)
    set_at = models.DateTimeField(_("đặt lúc"), default=clock.now)

    class Meta:
        verbose_name = _("mã PIN nhân viên")
        verbose_name_plural = _("mã PIN nhân viên")

    def __str__(self) -> str:
        return str(self.user)

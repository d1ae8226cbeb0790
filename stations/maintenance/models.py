"""Maintenance tickets with their photos, and the mobile teams."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from stations.fleet.models import Vehicle
from stations.maintenance.enums import (
    OPEN_TICKET_STATES,
    URGENCY,
    Category,
    PhotoStage,
    Severity,
    TicketState,
)
from stations.maintenance.paths import ticket_photo_path
from stations.network.models import StaffPost, Station
from voltgo.core import clock
from voltgo.core.codes import new_code


def new_ticket_code() -> str:
    return new_code("BT")


class MobileTeam(models.Model):
    """A group of technicians who drive to the stations that they serve."""

    name = models.CharField(_("tên"), max_length=80, unique=True)
    stations = models.ManyToManyField(
        Station, related_name="mobile_teams", verbose_name=_("các trạm phụ trách")
    )
    phone = models.CharField(_("điện thoại"), max_length=20, blank=True)
    is_active = models.BooleanField(_("đang hoạt động"), default=True)

    class Meta:
        verbose_name = _("đội lưu động")
        verbose_name_plural = _("các đội lưu động")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A technician's place in a mobile team."""

    team = models.ForeignKey(
        MobileTeam, on_delete=models.PROTECT, related_name="members", verbose_name=_("đội")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="team_memberships",
        verbose_name=_("kỹ thuật viên"),
    )
    since = models.DateTimeField(_("từ"), default=clock.now, editable=False)
    ended_at = models.DateTimeField(_("kết thúc lúc"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("thành viên đội lưu động")
        verbose_name_plural = _("thành viên đội lưu động")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "user"],
                condition=Q(ended_at=None),
                name="team_member_once",
                violation_error_message=_("Người này đang ở trong đội."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.team}"

    def clean(self) -> None:
        """Take in only people with a technician's post."""
        posts = StaffPost.objects.filter(user=self.user_id, role=StaffPost.Role.MAINTENANCE, ended_at=None)
        if self.user_id and not posts.exists():
            raise ValidationError({"user": _("Chỉ người có vị trí kỹ thuật ở một trạm mới vào đội.")})


class TicketQuerySet(models.QuerySet["MaintenanceTicket"]):
    """Reads of tickets, which chain into phrases."""

    def open(self) -> TicketQuerySet:
        return self.filter(state__in=OPEN_TICKET_STATES)

    def unsafe(self) -> TicketQuerySet:
        """Keep the open ones because of which a vehicle may not go out."""
        return self.open().filter(severity=Severity.SAFETY)

    def by_urgency(self) -> TicketQuerySet:
        """Order by severity, then by when they are due."""
        ranks = [When(severity=severity, then=Value(rank)) for rank, severity in enumerate(URGENCY)]
        rank = Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
        return self.order_by(rank, "due_at", "pk")


class MaintenanceTicket(models.Model):
    """One fault of one vehicle, from the report until it is filed."""

    code = models.CharField(_("mã"), max_length=12, unique=True, default=new_ticket_code, editable=False)
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("xe")
    )
    station = models.ForeignKey(
        Station, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("trạm")
    )
    severity = models.CharField(_("mức độ"), max_length=8, choices=Severity)
    part = models.CharField(_("bộ phận"), max_length=12, choices=Category)
    text = models.CharField(_("mô tả"), max_length=1_000)
    state = models.CharField(_("trạng thái"), max_length=12, choices=TicketState, default=TicketState.OPEN)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người báo"),
    )
    # When it was seen, which a tablet may say hours later.
    at = models.DateTimeField(_("thấy lúc"), default=clock.now)
    due_at = models.DateTimeField(_("hạn xử lý"))
    # Who asks twice is given the ticket of the first time: a tablet's command, an incident.
    key = models.CharField(_("khóa"), max_length=64, blank=True, editable=False)
    # Opaque: 'incident:SC-7K2M4Q', if it comes from there.
    reference = models.CharField(_("thuộc về"), max_length=40, blank=True)
    team = models.ForeignKey(
        MobileTeam,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("đội lưu động"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người làm"),
    )
    accepted_at = models.DateTimeField(_("nhận việc lúc"), null=True, blank=True)
    on_the_way_at = models.DateTimeField(_("lên đường lúc"), null=True, blank=True)
    started_at = models.DateTimeField(_("bắt đầu lúc"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("xong lúc"), null=True, blank=True)
    # What was done; or, while it is open again, why it could not be done.
    resolution = models.CharField(_("đã làm gì"), max_length=500, blank=True)
    hindrance = models.CharField(_("vì sao chưa làm được"), max_length=300, blank=True)
    odometer_km = models.PositiveIntegerField(_("số km lúc xong"), null=True, blank=True)
    battery_percent = models.PositiveSmallIntegerField(_("pin lúc xong (%)"), null=True, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("phiếu bảo trì")
        verbose_name_plural = _("các phiếu bảo trì")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="ticket_key_once"),
            models.CheckConstraint(
                condition=~Q(state="assigned") | Q(team__isnull=False) | Q(assignee__isnull=False),
                name="ticket_assigned_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["resolved"]) | Q(resolved_at__isnull=False),
                name="ticket_resolved_says_when",
            ),
        ]
        indexes: ClassVar = [
            # A station's and a team's open tickets; the ready gate of a vehicle.
            models.Index(
                fields=["station", "due_at"],
                name="ticket_open",
                condition=Q(state__in=["open", "assigned", "in_progress"]),
            ),
            models.Index(
                fields=["vehicle"],
                name="ticket_unsafe",
                condition=Q(state__in=["open", "assigned", "in_progress"], severity="safety"),
            ),
            models.Index(fields=["reference"], name="ticket_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def subject(self) -> str:
        """The name under which the audit trail knows it."""
        return f"ticket:{self.code}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_TICKET_STATES

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at < clock.now()


class TicketPhoto(models.Model):
    """One photograph of a fault, or of how it was put right."""

    ticket = models.ForeignKey(
        MaintenanceTicket, on_delete=models.PROTECT, related_name="photos", verbose_name=_("phiếu bảo trì")
    )
    stage = models.CharField(_("chụp"), max_length=8, choices=PhotoStage)
    file = models.FileField(_("ảnh"), upload_to=ticket_photo_path, max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    # Of the file as it was sent: the same one sent again is the same photo.
    uploaded_sha256 = models.CharField(_("SHA-256 tệp gửi lên"), max_length=64)
    at = models.DateTimeField(_("lúc"), default=clock.now)

    class Meta:
        verbose_name = _("ảnh phiếu bảo trì")
        verbose_name_plural = _("ảnh phiếu bảo trì")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "stage", "uploaded_sha256"], name="ticket_photo_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} – {self.get_stage_display()}"

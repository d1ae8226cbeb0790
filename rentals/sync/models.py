"""The log of commands, the files they carry, and the cases that wait for a person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rentals.sync.enums import CommandKind, CommandState, Origin, Resolution, Severity
from rentals.sync.paths import sync_file_path
from stations.network.models import Station
from stations.tablets.models import Tablet
from voltgo.core.sealed_files import sealed_storage


class SyncEpoch(models.Model):
    """The one row that says which life of the database this is: after a restore, tablets send again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(_("thời kỳ"))
    began_at = models.DateTimeField(_("từ lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("thời kỳ đồng bộ")
        verbose_name_plural = _("thời kỳ đồng bộ")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="sync_epoch_is_one")]

    def __str__(self) -> str:
        return str(self.epoch)


class SyncCommand(models.Model):
    """One thing that somebody did at a station, as the tablet or the paper says; its body never changes (trigger)."""

    # Made where it was done: whoever sends it twice sends the same.
    id = models.UUIDField(primary_key=True)
    origin = models.CharField(_("nguồn"), max_length=8, choices=Origin, default=Origin.TABLET)
    tablet = models.ForeignKey(
        Tablet,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commands",
        verbose_name=_("máy tính bảng"),
    )
    # Rises by one with each command of a tablet; two with one number come from two copies of its storage.
    seq = models.PositiveBigIntegerField(_("số thứ tự"), null=True, blank=True)
    schema = models.PositiveSmallIntegerField(_("lược đồ"), default=1)
    kind = models.CharField(_("việc"), max_length=16, choices=CommandKind)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm"))
    # 'booking:VG-7K2M4Q', 'vehicle:X-…', 'drawer:…', 'walk-in:<id>': commands on one subject keep their order.
    subject = models.CharField(_("đối tượng"), max_length=60)
    body = models.JSONField(_("nội dung"), encoder=DjangoJSONEncoder)
    body_sha256 = models.CharField(_("SHA-256 nội dung"), max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người làm"),
    )
    # Who was signed in when it was sent: somebody else, if the one who did it has gone home.
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người gửi"),
    )
    # The tablet's own clock, what it knew of its error, and what follows from both.
    device_at = models.DateTimeField(_("giờ trên máy"))
    offset_ms = models.BigIntegerField(_("lệch giờ (ms)"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("xảy ra lúc"))
    received_at = models.DateTimeField(_("nhận lúc"), auto_now_add=True)
    state = models.CharField(
        _("trạng thái"), max_length=8, choices=CommandState, default=CommandState.WAITING
    )
    # Why it waits, or what the conflict is: a key of rentals/sync/rules.py.
    code = models.CharField(_("mã"), max_length=40, blank=True)
    flags = models.JSONField(_("lưu ý"), default=list)
    result = models.JSONField(_("kết quả"), default=dict, encoder=DjangoJSONEncoder)
    tries = models.PositiveIntegerField(_("số lần thử"), default=0)
    next_try_at = models.DateTimeField(_("thử lại lúc"), null=True, blank=True)
    applied_at = models.DateTimeField(_("áp dụng lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lệnh từ trạm")
        verbose_name_plural = _("các lệnh từ trạm")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tablet", "seq"], name="sync_command_seq_once_per_tablet"),
            models.CheckConstraint(
                # What was never a command of ours is kept without a number.
                condition=Q(origin="paper")
                | Q(tablet__isnull=False, seq__isnull=False)
                | Q(code__in=["malformed", "id_reused", "seq_reused"]),
                name="sync_command_tablet_has_seq",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(applied_at__isnull=False),
                name="sync_command_applied_has_time",
            ),
        ]
        indexes: ClassVar = [
            # What waits and is to be tried again, by the beat and after each delivery.
            models.Index(fields=["next_try_at"], name="sync_command_due", condition=Q(state="waiting")),
            # What came before on the same subject.
            models.Index(fields=["subject", "occurred_at"], name="sync_command_subject"),
            # A station's queue, newest first.
            models.Index(fields=["station", "-received_at"], name="sync_command_station"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}"


class SyncFile(models.Model):
    """One file by its content: sealed as soon as it is whole, whoever sent it."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, primary_key=True)
    size = models.PositiveIntegerField(_("số byte"))
    mime = models.CharField(_("loại tệp"), max_length=40, blank=True)
    # How much of it is here, without a gap from the start.
    received = models.PositiveIntegerField(_("đã nhận"), default=0)
    file = models.FileField(
        _("tệp"), upload_to=sync_file_path, storage=sealed_storage, max_length=200, blank=True
    )
    stored_at = models.DateTimeField(_("lưu lúc"), null=True, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("tệp từ trạm")
        verbose_name_plural = _("các tệp từ trạm")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="sync_file_not_longer"),
            models.CheckConstraint(
                condition=Q(stored_at=None) | ~Q(file=""), name="sync_file_stored_has_file"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class SyncFileChunk(models.Model):
    """One piece of a file that is still arriving; pieces go when the file is whole."""

    file = models.ForeignKey(SyncFile, on_delete=models.CASCADE, related_name="chunks", verbose_name=_("tệp"))
    start = models.PositiveIntegerField(_("từ byte"))
    data = models.BinaryField(_("dữ liệu"))

    class Meta:
        verbose_name = _("mảnh tệp")
        verbose_name_plural = _("các mảnh tệp")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "start"], name="sync_file_chunk_once")
        ]

    def __str__(self) -> str:
        return f"{self.file} {self.start}"


class SyncAttachment(models.Model):
    """A file in its role in one command: 'photo:front', 'mark:0', 'signature:renter', 'scan'."""

    command = models.ForeignKey(
        SyncCommand, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("lệnh")
    )
    role = models.CharField(_("vai trò"), max_length=40)
    # No foreign key: the command may name a file that never comes.
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("số byte"))
    mime = models.CharField(_("loại tệp"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("tệp kèm lệnh")
        verbose_name_plural = _("các tệp kèm lệnh")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["command", "role"], name="sync_attachment_role_once")
        ]

    def __str__(self) -> str:
        return f"{self.command} – {self.role}"


class SyncConflict(models.Model):
    """A command that a person has to decide on."""

    command = models.OneToOneField(
        SyncCommand, on_delete=models.PROTECT, related_name="conflict", verbose_name=_("lệnh")
    )
    code = models.CharField(_("mã"), max_length=40)
    severity = models.CharField(_("mức độ"), max_length=8, choices=Severity, default=Severity.NOTICE)
    # What the server found instead, as plain values without identity data.
    found = models.JSONField(_("hệ thống có"), default=dict, encoder=DjangoJSONEncoder)
    opened_at = models.DateTimeField(_("mở lúc"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("xử lý lúc"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người xử lý"),
    )
    resolution = models.CharField(_("cách xử lý"), max_length=10, choices=Resolution, blank=True)
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("xung đột đồng bộ")
        verbose_name_plural = _("các xung đột đồng bộ")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolution="")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
                name="sync_conflict_resolved_says_how",
            )
        ]
        indexes: ClassVar = [
            # The queue of what waits for a person.
            models.Index(fields=["opened_at"], name="sync_conflict_open", condition=Q(resolved_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.command}: {self.code}"


class PaperForm(models.Model):
    """One printed form of a paper pack; its number is in the QR code, and it is entered once."""

    number = models.CharField(_("số phiếu"), max_length=16, unique=True)
    pack = models.CharField(_("tập"), max_length=16)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="+", verbose_name=_("trạm"))
    kind = models.CharField(_("việc"), max_length=16, choices=CommandKind)
    # Empty: a blank form for whoever comes.
    booking_code = models.CharField(_("mã đặt xe"), max_length=12, blank=True)
    for_day = models.DateField(_("cho ngày"))
    printed_at = models.DateTimeField(_("in lúc"), auto_now_add=True)
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người in")
    )
    command = models.OneToOneField(
        SyncCommand,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="paper_form",
        verbose_name=_("lệnh"),
    )

    class Meta:
        verbose_name = _("phiếu giấy")
        verbose_name_plural = _("các phiếu giấy")
        indexes: ClassVar = [models.Index(fields=["station", "for_day"], name="paper_form_day")]

    def __str__(self) -> str:
        return self.number

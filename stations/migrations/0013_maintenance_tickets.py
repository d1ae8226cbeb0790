"""Tickets of what is wrong with vehicles, their photos, and the mobile teams."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stations.maintenance.models
import stations.maintenance.paths
import voltgo.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0012_first_checklists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MobileTeam",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="tên")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="điện thoại")),
                ("is_active", models.BooleanField(default=True, verbose_name="đang hoạt động")),
                (
                    "stations",
                    models.ManyToManyField(
                        related_name="mobile_teams", to="stations.station", verbose_name="các trạm phụ trách"
                    ),
                ),
            ],
            options={
                "verbose_name": "đội lưu động",
                "verbose_name_plural": "các đội lưu động",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="MaintenanceTicket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        default=stations.maintenance.models.new_ticket_code,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="mã",
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("safety", "mất an toàn"), ("major", "nặng"), ("minor", "nhẹ")],
                        max_length=8,
                        verbose_name="mức độ",
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("brakes", "phanh"),
                            ("tyres", "lốp, bánh xe"),
                            ("lights", "đèn, còi"),
                            ("battery", "pin, cổng sạc"),
                            ("drive", "động cơ, truyền động"),
                            ("steering", "lái, giảm xóc"),
                            ("body", "thân vỏ, kính, gương"),
                            ("interior", "nội thất, yên, cốp"),
                            ("locks", "khóa, chìa, điện tử"),
                            ("service", "bảo dưỡng định kỳ"),
                            ("other", "khác"),
                        ],
                        max_length=12,
                        verbose_name="bộ phận",
                    ),
                ),
                ("text", models.CharField(max_length=500, verbose_name="mô tả")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "mới báo"),
                            ("assigned", "đã giao việc"),
                            ("in_progress", "đang làm"),
                            ("resolved", "đã sửa xong"),
                            ("closed", "đã đóng"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="trạng thái",
                    ),
                ),
                ("at", models.DateTimeField(default=voltgo.core.clock.now, verbose_name="thấy lúc")),
                ("due_at", models.DateTimeField(verbose_name="hạn xử lý")),
                ("key", models.CharField(blank=True, editable=False, max_length=64, verbose_name="khóa")),
                ("reference", models.CharField(blank=True, max_length=40, verbose_name="thuộc về")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="nhận việc lúc")),
                ("on_the_way_at", models.DateTimeField(blank=True, null=True, verbose_name="lên đường lúc")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="bắt đầu lúc")),
                ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="xong lúc")),
                ("resolution", models.CharField(blank=True, max_length=500, verbose_name="đã làm gì")),
                (
                    "hindrance",
                    models.CharField(blank=True, max_length=300, verbose_name="vì sao chưa làm được"),
                ),
                (
                    "odometer_km",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="số km lúc xong"),
                ),
                (
                    "battery_percent",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pin lúc xong (%)"),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người làm",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người báo",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="stations.station",
                        verbose_name="trạm",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="stations.vehicle",
                        verbose_name="xe",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="stations.mobileteam",
                        verbose_name="đội lưu động",
                    ),
                ),
            ],
            options={
                "verbose_name": "phiếu bảo trì",
                "verbose_name_plural": "các phiếu bảo trì",
            },
        ),
        migrations.CreateModel(
            name="TeamMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(default=voltgo.core.clock.now, editable=False, verbose_name="từ"),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="kết thúc lúc"),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="stations.mobileteam",
                        verbose_name="đội",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="team_memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="kỹ thuật viên",
                    ),
                ),
            ],
            options={
                "verbose_name": "thành viên đội lưu động",
                "verbose_name_plural": "thành viên đội lưu động",
            },
        ),
        migrations.CreateModel(
            name="TicketPhoto",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[("report", "lúc báo"), ("work", "lúc sửa")],
                        max_length=8,
                        verbose_name="chụp",
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        max_length=200,
                        upload_to=stations.maintenance.paths.ticket_photo_path,
                        verbose_name="ảnh",
                    ),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("uploaded_sha256", models.CharField(max_length=64, verbose_name="SHA-256 tệp gửi lên")),
                ("at", models.DateTimeField(default=voltgo.core.clock.now, verbose_name="lúc")),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="stations.maintenanceticket",
                        verbose_name="phiếu bảo trì",
                    ),
                ),
            ],
            options={
                "verbose_name": "ảnh phiếu bảo trì",
                "verbose_name_plural": "ảnh phiếu bảo trì",
            },
        ),
        migrations.AddIndex(
            model_name="maintenanceticket",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "assigned", "in_progress"])),
                fields=["station", "due_at"],
                name="ticket_open",
            ),
        ),
        migrations.AddIndex(
            model_name="maintenanceticket",
            index=models.Index(
                condition=models.Q(
                    ("severity", "safety"), ("state__in", ["open", "assigned", "in_progress"])
                ),
                fields=["vehicle"],
                name="ticket_unsafe",
            ),
        ),
        migrations.AddIndex(
            model_name="maintenanceticket",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["reference"],
                name="ticket_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenanceticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True), fields=("key",), name="ticket_key_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenanceticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "assigned"), _negated=True),
                    ("team__isnull", False),
                    ("assignee__isnull", False),
                    _connector="OR",
                ),
                name="ticket_assigned_to_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenanceticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["resolved"]), _negated=True),
                    ("resolved_at__isnull", False),
                    _connector="OR",
                ),
                name="ticket_resolved_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="teammember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("team", "user"),
                name="team_member_once",
                violation_error_message="Người này đang ở trong đội.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketphoto",
            constraint=models.UniqueConstraint(
                fields=("ticket", "stage", "uploaded_sha256"), name="ticket_photo_once"
            ),
        ),
    ]

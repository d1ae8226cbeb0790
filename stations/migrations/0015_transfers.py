"""Transfers of vehicles between stations, with photos of both ends."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import stations.transfers.models
import stations.transfers.paths
import voltgo.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0014_charging_by_hand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VehicleTransfer",
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
                        default=stations.transfers.models.new_transfer_code,
                        editable=False,
                        max_length=12,
                        unique=True,
                        verbose_name="mã",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "đề nghị"),
                            ("approved", "đã duyệt"),
                            ("picked_up", "đang trên đường"),
                            ("delivered", "đã đến"),
                            ("cancelled", "đã hủy"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="trạng thái",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="lý do")),
                ("starts_at", models.DateTimeField(verbose_name="dự kiến đi")),
                ("arrives_at", models.DateTimeField(verbose_name="dự kiến đến")),
                ("created_at", models.DateTimeField(default=voltgo.core.clock.now, verbose_name="tạo lúc")),
                ("requested_by", models.CharField(blank=True, max_length=200, verbose_name="người đề nghị")),
                ("picked_up_at", models.DateTimeField(blank=True, null=True, verbose_name="đi lúc")),
                (
                    "picked_up_km",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="số km lúc đi"),
                ),
                (
                    "picked_up_percent",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pin lúc đi (%)"),
                ),
                ("delivered_at", models.DateTimeField(blank=True, null=True, verbose_name="đến lúc")),
                (
                    "delivered_km",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="số km lúc đến"),
                ),
                (
                    "delivered_percent",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pin lúc đến (%)"),
                ),
                (
                    "delivered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người nhận",
                    ),
                ),
                (
                    "destination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stations.station",
                        verbose_name="trạm đến",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stations.station",
                        verbose_name="trạm đi",
                    ),
                ),
                (
                    "picked_up_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="người giao đi",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="stations.vehicle",
                        verbose_name="xe",
                    ),
                ),
            ],
            options={
                "verbose_name": "lần điều chuyển",
                "verbose_name_plural": "các lần điều chuyển",
            },
        ),
        migrations.CreateModel(
            name="TransferPhoto",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "end",
                    models.CharField(
                        choices=[("origin", "lúc đi"), ("destination", "lúc đến")],
                        max_length=12,
                        verbose_name="chụp",
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        max_length=200,
                        upload_to=stations.transfers.paths.transfer_photo_path,
                        verbose_name="ảnh",
                    ),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("uploaded_sha256", models.CharField(max_length=64, verbose_name="SHA-256 tệp gửi lên")),
                ("at", models.DateTimeField(default=voltgo.core.clock.now, verbose_name="lúc")),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="stations.vehicletransfer",
                        verbose_name="lần điều chuyển",
                    ),
                ),
            ],
            options={
                "verbose_name": "ảnh điều chuyển",
                "verbose_name_plural": "ảnh điều chuyển",
            },
        ),
        migrations.AddIndex(
            model_name="vehicletransfer",
            index=models.Index(
                condition=models.Q(("state__in", ["draft", "approved", "picked_up"])),
                fields=["origin"],
                name="transfer_leaving",
            ),
        ),
        migrations.AddIndex(
            model_name="vehicletransfer",
            index=models.Index(
                condition=models.Q(("state__in", ["draft", "approved", "picked_up"])),
                fields=["destination"],
                name="transfer_coming",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicletransfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "approved", "picked_up"])),
                fields=("vehicle",),
                name="transfer_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicletransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin", models.F("destination")), _negated=True),
                name="transfer_goes_elsewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicletransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at__lt", models.F("arrives_at"))), name="transfer_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicletransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["picked_up", "delivered"]), _negated=True),
                    models.Q(("picked_up_at__isnull", False), ("picked_up_km__isnull", False)),
                    _connector="OR",
                ),
                name="transfer_picked_up_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicletransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "delivered"), _negated=True),
                    models.Q(
                        ("delivered_at__isnull", False), ("delivered_km__gte", models.F("picked_up_km"))
                    ),
                    _connector="OR",
                ),
                name="transfer_delivered_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferphoto",
            constraint=models.UniqueConstraint(
                fields=("transfer", "end", "uploaded_sha256"), name="transfer_photo_once"
            ),
        ),
    ]

"""Stints at a charger, plugged in and out by people."""

import django.db.models.deletion
from django.db import migrations, models

import voltgo.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0013_maintenance_tickets"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChargingStint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("plugged_at", models.DateTimeField(default=voltgo.core.clock.now, verbose_name="cắm lúc")),
                ("plugged_percent", models.PositiveSmallIntegerField(verbose_name="pin lúc cắm (%)")),
                ("plugged_by", models.CharField(blank=True, max_length=200, verbose_name="người cắm")),
                ("unplugged_at", models.DateTimeField(blank=True, null=True, verbose_name="rút lúc")),
                (
                    "unplugged_percent",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="pin lúc rút (%)"),
                ),
                ("unplugged_by", models.CharField(blank=True, max_length=200, verbose_name="người rút")),
                (
                    "plug_key",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="khóa lần cắm"),
                ),
                (
                    "unplug_key",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="khóa lần rút"),
                ),
                (
                    "bay",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stations.bay",
                        verbose_name="chỗ đỗ",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charging_stints",
                        to="stations.station",
                        verbose_name="trạm",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charging_stints",
                        to="stations.vehicle",
                        verbose_name="xe",
                    ),
                ),
            ],
            options={
                "verbose_name": "lần sạc",
                "verbose_name_plural": "các lần sạc",
                "indexes": [
                    models.Index(
                        condition=models.Q(("unplugged_at", None)), fields=["station"], name="charging_now"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("unplugged_at", None)),
                        fields=("vehicle",),
                        name="charging_one_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("plug_key", ""), _negated=True),
                        fields=("plug_key",),
                        name="charging_plug_key",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("unplug_key", ""), _negated=True),
                        fields=("unplug_key",),
                        name="charging_unplug_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("plugged_percent__lte", 100),
                            models.Q(
                                ("unplugged_percent", None), ("unplugged_percent__lte", 100), _connector="OR"
                            ),
                        ),
                        name="charging_percents",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("unplugged_at", None),
                            ("unplugged_at__gte", models.F("plugged_at")),
                            _connector="OR",
                        ),
                        name="charging_in_order",
                    ),
                ],
            },
        ),
    ]

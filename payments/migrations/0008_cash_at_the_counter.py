"""Opening counts, who saw a bag sealed, and the slip of each payment in cash."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SLIPS_STAY = """
CREATE TRIGGER cashslip_kept BEFORE DELETE ON payments_cashslip
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER cashslip_no_truncate BEFORE TRUNCATE ON payments_cashslip
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
"""
SLIPS_MAY_GO = """
DROP TRIGGER IF EXISTS cashslip_no_truncate ON payments_cashslip;
DROP TRIGGER IF EXISTS cashslip_kept ON payments_cashslip;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0007_what_happened_stays"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="cashsession",
            options={
                "permissions": [("reconcile_cashsession", "Đối chiếu ca két")],
                "verbose_name": "ca két",
                "verbose_name_plural": "các ca két",
            },
        ),
        migrations.AddField(
            model_name="cashdrop",
            name="witness",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="người làm chứng",
            ),
        ),
        migrations.AddField(
            model_name="cashsession",
            name="handed_in_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="nộp kết quả đếm lúc"),
        ),
        migrations.AddField(
            model_name="cashsession",
            name="opening_counts",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                verbose_name="số tờ đầu ca",
            ),
        ),
        migrations.AddField(
            model_name="cashsession",
            name="opening_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=300,
                verbose_name="lý do chênh lệch đầu ca",
            ),
        ),
        migrations.CreateModel(
            name="CashSlip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="số")),
                ("pdf", models.FileField(blank=True, upload_to="cash-slips/%Y/", verbose_name="tệp PDF")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                (
                    "movement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slip",
                        to="payments.cashmovement",
                        verbose_name="khoản thu",
                    ),
                ),
            ],
            options={
                "verbose_name": "phiếu thu tiền mặt",
                "verbose_name_plural": "các phiếu thu tiền mặt",
            },
        ),
        migrations.RunSQL(SLIPS_STAY, SLIPS_MAY_GO),
    ]

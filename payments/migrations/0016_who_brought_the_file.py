"""A file remembers who brought it, so that somebody else decides about large sums in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_slips_are_receipts")]

    operations = [
        migrations.AddField(
            model_name="statementfile",
            name="received_ref",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="mã người nhận"
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="kind",
            field=models.CharField(
                choices=[
                    ("payment", "thanh toán"),
                    ("refund", "hoàn tiền"),
                    ("fee", "phí"),
                    ("chargeback", "ngân hàng đòi lại"),
                    ("payout", "chuyển tiền về"),
                ],
                max_length=12,
                verbose_name="loại",
            ),
        ),
    ]

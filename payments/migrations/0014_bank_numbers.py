"""The number by which a bank and a provider of transfers both name a movement."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_buyers_and_einvoices"),
    ]

    operations = [
        migrations.AddField(
            model_name="bankline",
            name="bank_ref",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64, verbose_name="mã giao dịch"
            ),
        ),
        migrations.AlterField(
            model_name="bankline",
            name="line_ref",
            field=models.CharField(max_length=120, verbose_name="mã dòng"),
        ),
    ]

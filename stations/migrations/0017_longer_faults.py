"""A fault told by a tablet may be as long as the tablet lets it be."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0016_tablet_session"),
    ]

    operations = [
        migrations.AlterField(
            model_name="maintenanceticket",
            name="text",
            field=models.CharField(max_length=1000, verbose_name="mô tả"),
        ),
    ]

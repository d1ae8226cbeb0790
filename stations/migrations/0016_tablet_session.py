"""Adds the session that is signed in on a tablet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0015_transfers")]

    operations = [
        migrations.AddField(
            model_name="tablet",
            name="session_key",
            field=models.CharField(blank=True, editable=False, max_length=40, verbose_name="phiên đăng nhập"),
        )
    ]

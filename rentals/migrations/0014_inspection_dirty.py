"""A vehicle that comes back dirty costs the cleaning fee of its frozen price."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rentals", "0013_addendum_frozen")]

    operations = [
        migrations.AddField(
            model_name="inspection",
            name="is_dirty",
            field=models.BooleanField(default=False, verbose_name="xe bẩn"),
        ),
    ]

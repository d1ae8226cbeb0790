"""Keep the hash of a photograph as the camera wrote it: what people signed on a tablet names it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rentals", "0030_commands_are_frozen")]
    operations = [
        migrations.AddField(
            "inspectionphoto",
            "taken_sha256",
            models.CharField("SHA-256 lúc chụp", max_length=64, blank=True, default="", db_default=""),
        ),
    ]

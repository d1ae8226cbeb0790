"""Look for the stale holds of one station without looking at those of all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0006_bays_held_for_a_while")]
    operations = [
        migrations.RemoveIndex(model_name="vehicleallocation", name="allocation_holds"),
        migrations.AddIndex(
            model_name="vehicleallocation",
            index=models.Index(
                condition=models.Q(("state", "held")),
                fields=["hold_expires_at", "station"],
                name="allocation_holds",
            ),
        ),
    ]

"""The dated VAT rates move to the tax rules of payments: one place says what VAT is due on what."""

from django.db import migrations

# What the one rate of before was used for.
ACTIVITIES = ("vehicle_rental", "fee", "cancellation")


def move(apps, schema_editor):
    """Let the rates that operators have set take the place of those that the rules start with."""
    rates = list(apps.get_model("rentals", "TaxRate").objects.order_by("valid_from"))
    if not rates:
        return
    rules = apps.get_model("payments", "TaxRule").objects
    rules.filter(activity__in=ACTIVITIES).delete()
    rules.bulk_create(
        rules.model(
            activity=activity,
            valid_from=rate.valid_from,
            valid_until=rate.valid_until,
            vat_bp=rate.vat_bp,
            source=rate.source,
            status="unconfirmed" if activity == "cancellation" else "confirmed",
        )
        for activity in ACTIVITIES
        for rate in rates
    )


class Migration(migrations.Migration):
    dependencies = [("rentals", "0024_fines"), ("payments", "0012_tax_rules")]
    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.DeleteModel("TaxRate"),
    ]

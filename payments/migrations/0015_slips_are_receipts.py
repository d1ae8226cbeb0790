"""The slip of a payment in cash is a receipt like any other, in their one series of numbers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_bank_numbers")]
    operations = [migrations.DeleteModel(name="CashSlip")]

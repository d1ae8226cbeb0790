"""Reduced liability limits what one damage costs the renter."""

from django.db import migrations

import voltgo.core.money


class Migration(migrations.Migration):
    dependencies = [
        ("rentals", "0014_inspection_dirty"),
    ]

    operations = [
        migrations.AddField(
            model_name="addon",
            name="liability_amount",
            field=voltgo.core.money.DongField(
                default=0,
                help_text="Chỉ cho loại giảm mức bồi thường; 0 là không giới hạn.",
                verbose_name="khách bồi thường tối đa mỗi vết",
            ),
        ),
    ]

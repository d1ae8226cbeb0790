"""Which version of the list an inspection was made with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rentals', '0027_commands_of_tablets'),
        ('stations', '0010_checklists'),
    ]

    operations = [
        migrations.AddField(
            model_name='inspection',
            name='checklist',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.checklisttemplate', verbose_name='danh mục'),
        ),
    ]

"""A licence card may carry several classes, and its date of issue decides what an old class means."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='identitydocument',
            name='licence_class',
        ),
        migrations.AddField(
            model_name='identitydocument',
            name='licence_classes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('A1', 'A1'), ('A', 'A'), ('B1', 'B1'), ('B', 'B'), ('C1', 'C1'), ('C', 'C'), ('D1', 'D1'), ('D2', 'D2'), ('D', 'D'), ('old_A1', 'A1 (cấp trước 2025)'), ('old_A2', 'A2 (cấp trước 2025)'), ('old_A3', 'A3 (cấp trước 2025)'), ('old_B1', 'B1 (cấp trước 2025)'), ('old_B2', 'B2 (cấp trước 2025)'), ('old_C', 'C (cấp trước 2025)'), ('old_D', 'D (cấp trước 2025)'), ('old_E', 'E (cấp trước 2025)'), ('A_14kW', 'A hạn chế 14 kW')], max_length=8), blank=True, default=list, size=None, verbose_name='hạng giấy phép'),
        ),
        migrations.AddConstraint(
            model_name='identitydocument',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('kind', 'driving_licence'), _negated=True), models.Q(('issued_on__isnull', False), ('licence_classes__len__gt', 0)), _connector='OR'), name='document_approved_licence_has_class'),
        ),
    ]

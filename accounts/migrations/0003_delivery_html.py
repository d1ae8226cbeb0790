"""Keep the HTML form of a message beside its plain text."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_licence_classes'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='body_html',
            field=models.TextField(blank=True, verbose_name='nội dung HTML'),
        ),
    ]

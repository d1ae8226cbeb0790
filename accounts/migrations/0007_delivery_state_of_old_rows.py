"""Give the rows of the old delivery log their state: what has left is sent, and counts as read."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def mark_sent(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    deliveries = apps.get_model("accounts", "Delivery").objects
    deliveries.filter(sent_at__isnull=False).update(state="sent", read_at=F("sent_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_delivery_links_and_tries'),
    ]

    operations = [migrations.RunPython(mark_sent, migrations.RunPython.noop)]

"""Give the rows of the old delivery log their state: what has left is sent, and counts as read."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

BATCH = 5_000


def mark_sent(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Batch by batch, each in a transaction of its own: the log is long, and mail goes on meanwhile.

    What is done is not found again, so it can be stopped and started anew.
    """
    deliveries = apps.get_model("accounts", "Delivery").objects
    left = deliveries.filter(sent_at__isnull=False, state="queued").order_by("pk")
    while keys := list(left.values_list("pk", flat=True)[:BATCH]):
        deliveries.filter(pk__in=keys).update(state="sent", read_at=F("sent_at"))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0006_delivery_links_and_tries'),
    ]

    operations = [migrations.RunPython(mark_sent, migrations.RunPython.noop)]

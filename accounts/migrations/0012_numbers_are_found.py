"""Every paper is looked for by its number, not only the approved ones: an index, made without a lock."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0011_refused_before")]
    operations = [
        AddIndexConcurrently(
            model_name="identitydocument",
            index=models.Index(
                condition=models.Q(("number_hash", ""), _negated=True),
                fields=["kind", "number_hash"],
                name="document_number",
            ),
        ),
    ]

"""The agreement's present words become the first wording of the table, published."""

from dataclasses import asdict

from django.db import migrations
from django.utils import timezone

from rentals.contracts.texts import first
from rentals.contracts.texts.words import sha256_of


def publish_first(apps, schema_editor):
    template_model = apps.get_model("rentals", "ContractTemplate")
    if template_model.objects.exists():
        return
    articles = first.first_articles()
    # Articles can only be added to a draft.
    template = template_model.objects.create(code=first.CODE, note=first.NOTE)
    apps.get_model("rentals", "ContractArticle").objects.bulk_create(
        apps.get_model("rentals", "ContractArticle")(template=template, position=position, **asdict(article))
        for position, article in enumerate(articles, start=1)
    )
    template_model.objects.filter(pk=template.pk).update(
        state="published",
        valid_from=first.VALID_FROM,
        sha256=sha256_of(articles),
        published_at=timezone.now(),
    )


class Migration(migrations.Migration):
    dependencies = [("rentals", "0021_articles_wait_for_publishing")]
    # Published words are not taken back: going back leaves the row.
    operations = [migrations.RunPython(publish_first, migrations.RunPython.noop)]

"""The lists that stood in the code become the first versions, published, with the same codes and words."""

from django.db import migrations
from django.utils import timezone

from stations.checklists import first
from stations.checklists.lists import sha256_of


def publish_first(apps, schema_editor):
    template_model = apps.get_model("stations", "ChecklistTemplate")
    if template_model.objects.exists():
        return
    item_model = apps.get_model("stations", "ChecklistItem")
    position_model = apps.get_model("stations", "PhotoPosition")
    for checklist in first.checklists():
        # Points can only be added to a draft.
        template = template_model.objects.create(
            code=checklist.code,
            version=checklist.version,
            purpose=checklist.purpose,
            vehicle_kind=checklist.vehicle_kind,
            note=first.NOTE,
        )
        item_model.objects.bulk_create(
            item_model(
                template=template,
                position=number,
                component=item.component,
                code=item.code,
                words_vi=item.words.vi,
                words_en=item.words.en,
                hint_vi=item.hint.vi,
                hint_en=item.hint.en,
                is_mandatory=item.is_mandatory,
            )
            for number, item in enumerate(checklist.items, start=1)
        )
        position_model.objects.bulk_create(
            position_model(
                template=template,
                position=number,
                code=photo.code,
                words_vi=photo.words.vi,
                words_en=photo.words.en,
                outline=photo.outline,
                is_required=photo.is_required,
            )
            for number, photo in enumerate(checklist.photos, start=1)
        )
        template_model.objects.filter(pk=template.pk).update(
            state="published",
            valid_from=first.VALID_FROM,
            content=checklist.as_json(),
            sha256=sha256_of(checklist),
            published_at=timezone.now(),
        )


class Migration(migrations.Migration):
    dependencies = [("stations", "0011_checklists_frozen")]
    # Published lists are not taken back: going back leaves the rows.
    operations = [migrations.RunPython(publish_first, migrations.RunPython.noop)]

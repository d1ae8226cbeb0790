"""Checklists are begun from another, published with a day, and retired."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.users.models import User
from stations.checklists.checks import needs_of
from stations.checklists.enums import CHECKLIST, ChecklistState
from stations.checklists.errors import (
    ChecklistDayPast,
    ChecklistFrozen,
    ChecklistNeeded,
    ChecklistUnfinished,
    OtherKindOfVehicle,
)
from stations.checklists.lists import sha256_of
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition
from stations.checklists.selectors import forget
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.models import AuditEvent
from voltgo.core.audit.services import record
from voltgo.core.errors import IllegalTransition

STARTED, EDITED, PUBLISHED, RETIRED = (
    "checklist.started", "checklist.edited", "checklist.published", "checklist.retired",
)  # fmt: skip
# Room between the places of a new draft's points, so that one can be put in between by its number.
APART = 10


def subject_of(template: ChecklistTemplate) -> str:
    """Name a version in the audit."""
    return f"checklist:{template.code}.{template.version}"


@transaction.atomic
def start_draft(
    *, source: ChecklistTemplate, by: Actor, vehicle_model: Any = None, note: str = ""
) -> ChecklistTemplate:
    """Begin the next version with the points of another; with a model, one for vehicles of this model alone.

    A draft of a model's own list stays one of that model. Locks the line's versions, so that two drafts begun
    at once get two numbers.

    Raises:
        OtherKindOfVehicle: the model is a scooter and the list for cars, or the other way round.
    """
    model = vehicle_model or source.vehicle_model
    if model is not None and model.kind != source.vehicle_kind:
        raise OtherKindOfVehicle
    code = f"{source.purpose}-{source.vehicle_kind}" + (f"-{model.slug}" if model is not None else "")
    # The source is there to be waited for, also where a line has no version yet.
    locks.lock_row(source)
    locks.lock(ChecklistTemplate.objects.filter(code=code))
    last = ChecklistTemplate.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0
    template = ChecklistTemplate.objects.create(
        code=code,
        version=last + 1,
        purpose=source.purpose,
        vehicle_kind=source.vehicle_kind,
        vehicle_model=model,
        note=note.strip(),
    )
    _copy(source, template)
    states.begin(CHECKLIST, template, by=by)
    record(STARTED, subject_of(template), by=by, source=str(source))
    return template


def _copy(source: ChecklistTemplate, template: ChecklistTemplate) -> None:
    drafted = source.drafted()
    ChecklistItem.objects.bulk_create(
        ChecklistItem(
            template=template,
            position=number * APART,
            component=item.component,
            code=item.code,
            words_vi=item.words.vi,
            words_en=item.words.en,
            hint_vi=item.hint.vi,
            hint_en=item.hint.en,
            is_mandatory=item.is_mandatory,
        )
        for number, item in enumerate(drafted.items, start=1)
    )
    PhotoPosition.objects.bulk_create(
        PhotoPosition(
            template=template,
            position=number * APART,
            code=photo.code,
            words_vi=photo.words.vi,
            words_en=photo.words.en,
            outline=photo.outline,
            is_required=photo.is_required,
        )
        for number, photo in enumerate(drafted.photos, start=1)
    )


@transaction.atomic
def publish(*, template: ChecklistTemplate, valid_from: date, by: Actor) -> ChecklistTemplate:
    """Publish a draft: what begins from `valid_from` on is checked by it. Locks the draft.

    Inspections that are under way go on with the version they were begun with. An editor who saves at the same
    moment is waited for, or finds the list frozen. The audit says whether the publisher has also written it.

    Raises:
        ChecklistFrozen: it is no draft any more.
        ChecklistDayPast: the day is past.
        ChecklistUnfinished: something lacks; details["needs"] says what.
    """
    current = locks.lock_row(template)
    if current.state != ChecklistState.DRAFT:
        raise ChecklistFrozen
    if valid_from < clock.today():
        raise ChecklistDayPast
    forget()
    needs = needs_of(current, on=valid_from)
    if needs:
        raise ChecklistUnfinished(needs=needs)
    checklist = current.drafted()
    changes: dict[str, Any] = {
        "valid_from": valid_from,
        "content": checklist.as_json(),
        "sha256": sha256_of(checklist),
        "published_at": clock.now(),
        "published_by": User.objects.filter(public_id=by.ref).first(),
    }
    states.move(CHECKLIST, current, to=ChecklistState.PUBLISHED, by=by, **changes)
    record(
        PUBLISHED,
        subject_of(current),
        by=by,
        valid_from=valid_from.isoformat(),
        sha256=current.sha256,
        own_draft=by.ref in _writers_of(current),
    )
    forget()
    return current


def note_edit(*, template: ChecklistTemplate, by: Actor) -> None:
    """Keep who has written in a draft."""
    record(EDITED, subject_of(template), by=by)


def _writers_of(template: ChecklistTemplate) -> set[str]:
    """Return the references of everybody who began or wrote in a draft."""
    events = AuditEvent.objects.filter(subject=subject_of(template), action__in=[STARTED, EDITED])
    return set(events.values_list("actor_ref", flat=True))


@transaction.atomic
def retire(*, template: ChecklistTemplate, reason: str, by: Actor) -> ChecklistTemplate:
    """Take a published version out of use. Locks every published version of its line, so that one stays.

    A model may lose its own list: then the one of its kind applies again. What was checked by it stays as it is.

    Raises:
        ChecklistNeeded: nothing else is in force today for this kind of vehicle.
        IllegalTransition: it is not published.
    """
    line = ChecklistTemplate.objects.filter(
        purpose=template.purpose, vehicle_kind=template.vehicle_kind, vehicle_model=template.vehicle_model_id
    )
    published = locks.lock(line.filter(state=ChecklistState.PUBLISHED))
    if template.pk not in {row.pk for row in published}:
        raise IllegalTransition
    today = clock.today()
    others = [
        row for row in published if row.pk != template.pk and row.valid_from and row.valid_from <= today
    ]
    if template.vehicle_model_id is None and not others:
        raise ChecklistNeeded
    states.move(CHECKLIST, template, to=ChecklistState.RETIRED, by=by, reason=reason)
    record(RETIRED, subject_of(template), by=by, reason=reason)
    forget()
    return template

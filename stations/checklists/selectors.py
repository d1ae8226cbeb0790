"""Which list applies, and the words of what was checked by one that no longer does."""

from contextvars import ContextVar
from datetime import date
from typing import Any, Protocol

from django.core.signals import request_finished, request_started
from django.db.models import Case, Q, When
from django.dispatch import receiver

from stations.checklists import first
from stations.checklists.enums import ChecklistState
from stations.checklists.errors import NoSuchChecklist
from stations.checklists.lists import Checklist, Words
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition


class ModelOfVehicles(Protocol):
    """A model of vehicles, which stands right of this area."""

    @property
    def pk(self) -> Any: ...

    @property
    def kind(self) -> str: ...


# {day: what is in force on it}, while a request is answered; elsewhere every call reads.
_read: ContextVar[dict[date, list[ChecklistTemplate]] | None] = ContextVar("checklists_read", default=None)


@receiver(request_started)
def remember(**_kwargs: Any) -> None:
    """Read each day's lists once from here on: a request has begun."""
    _read.set({})


@receiver(request_finished)
def forget(**_kwargs: Any) -> None:
    """Read anew from here on: the request is over, or has itself published something."""
    _read.set(None)


def in_force(on: date) -> list[ChecklistTemplate]:
    """Return the versions that apply on a day, for every purpose, kind and model, in one query."""
    known = _read.get()
    if known is not None and on in known:
        return known[on]
    published = ChecklistTemplate.objects.filter(state=ChecklistState.PUBLISHED, valid_from__lte=on)
    line = ("purpose", "vehicle_kind", "vehicle_model_id")
    rows = list(published.order_by(*line, "-valid_from", "-version", "-pk").distinct(*line))
    if known is not None:
        known[on] = rows
    return rows


def template_for(*, purpose: str, model: ModelOfVehicles, on: date) -> ChecklistTemplate | None:
    """Return the version that applies to a model: its own, else the one of its kind, else none at all."""
    rows = [row for row in in_force(on) if row.purpose == purpose and row.vehicle_kind == model.kind]
    own = next((row for row in rows if row.vehicle_model_id == model.pk), None)
    return own or next((row for row in rows if row.vehicle_model_id is None), None)


def checklist_for(*, purpose: str, model: ModelOfVehicles, on: date) -> Checklist:
    """Return the list that applies to a model on a day.

    Costs one query for all lists together; while a request is answered it is asked once.
    """
    return as_list(template_for(purpose=purpose, model=model, on=on), purpose=purpose, kind=model.kind)


def as_list(template: ChecklistTemplate | None, *, purpose: str, kind: str) -> Checklist:
    """Return the list of a version; without one, the first: rows from before lists were rows name none."""
    return template.checklist if template is not None else first.checklist(purpose, kind)


def version_of(*, code: str, version: int, purpose: str, kind: str) -> ChecklistTemplate:
    """Return the version that a tablet has asked by; one that was retired meanwhile still counts.

    Raises:
        NoSuchChecklist: there is none, it was never published, or it is for something else.
    """
    rows = ChecklistTemplate.objects.exclude(state=ChecklistState.DRAFT)
    row = rows.filter(code=code, version=version, purpose=purpose, vehicle_kind=kind).first()
    if row is None:
        raise NoSuchChecklist
    return row


def words_of_item(code: str, *, purpose: str, kind: str) -> Words | None:
    """Return what a code last meant in any version for this purpose and kind, else anywhere."""
    return _last_words(ChecklistItem.objects.filter(code=code), purpose, kind)


def words_of_position(code: str, *, purpose: str, kind: str) -> Words | None:
    """Return what a photo position was last called in any version for this purpose and kind, else anywhere."""
    return _last_words(PhotoPosition.objects.filter(code=code), purpose, kind)


def _last_words(rows: Any, purpose: str, kind: str) -> Words | None:
    is_own = Q(template__purpose=purpose, template__vehicle_kind=kind)
    found = (
        rows.exclude(template__state=ChecklistState.DRAFT)
        .order_by(Case(When(is_own, then=0), default=1), "-template__published_at", "-pk")
        .values_list("words_vi", "words_en")
        .first()
    )
    return Words(*found) if found else None

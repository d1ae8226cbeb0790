from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor
from accounts.users.models import User
from stations.checklists import services
from stations.checklists.models import ChecklistTemplate
from tests.factories.stations import make_car_model
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent

ITEM = ("position", "component", "code", "words_vi", "words_en", "hint_vi", "hint_en")
PHOTO = ("position", "code", "words_vi", "words_en", "outline")


@pytest.fixture
def pickup() -> ChecklistTemplate:
    return ChecklistTemplate.objects.get(code="pickup-car")


@pytest.fixture
def draft(pickup: ChecklistTemplate, operator: User) -> ChecklistTemplate:
    return services.start_draft(source=pickup, by=operator_actor(operator))


def page(template: ChecklistTemplate) -> str:
    return reverse("admin:stations_checklisttemplate_change", args=[template.pk])


def step(template: ChecklistTemplate, name: str) -> str:
    return reverse("admin:stations_checklisttemplate_step", args=[template.pk, name])


def form_of(template: ChecklistTemplate) -> dict[str, Any]:
    """Return what the page of a draft posts when nothing was touched."""
    posted: dict[str, Any] = {"note": template.note, "_continue": "1"}
    for prefix, rows, names, needed in (
        ("items", list(template.items.all()), ITEM, "is_mandatory"),
        ("photos", list(template.photos.all()), PHOTO, "is_required"),
    ):
        posted |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
        for index, row in enumerate(rows):
            posted |= {f"{prefix}-{index}-{name}": getattr(row, name) for name in names}
            posted |= {f"{prefix}-{index}-id": row.pk, f"{prefix}-{index}-template": template.pk}
            if getattr(row, needed):
                posted[f"{prefix}-{index}-{needed}"] = "on"
    return posted


def test_a_draft_is_begun_for_a_model_and_opened(at_work: Client, pickup: ChecklistTemplate) -> None:
    model = make_car_model()
    response = at_work.post(step(pickup, "draft-from"), {"vehicle_model": model.pk, "note": "Cửa hít"})

    draft = ChecklistTemplate.objects.get(vehicle_model=model)
    assert response["Location"] == page(draft)
    assert (draft.note, draft.state, draft.items.count()) == ("Cửa hít", "draft", 7)


def test_points_are_written_moved_and_taken_out_on_one_page(
    at_work: Client, draft: ChecklistTemplate, operator: User
) -> None:
    posted = form_of(draft)
    posted["items-0-words_vi"] = "Đã xem quanh xe cùng khách"
    posted["items-1-position"] = 75
    del posted["items-2-is_mandatory"]
    posted["items-3-DELETE"] = "on"
    posted |= {"photos-TOTAL_FORMS": 7, "photos-6-template": draft.pk, "photos-6-position": 5}
    posted |= {"photos-6-code": "plate", "photos-6-words_vi": "Biển số", "photos-6-words_en": "Plate"}
    posted |= {"photos-6-outline": "car-rear.svg"}

    assert at_work.post(page(draft), posted).status_code == 302

    found = ChecklistTemplate.objects.get(pk=draft.pk).checklist
    assert [item.code for item in found.items] == [
        "exterior", "inside", "papers", "explained", "terms", "tyres_lights",
    ]  # fmt: skip
    assert found.items[0].words.vi == "Đã xem quanh xe cùng khách"
    assert [item.is_mandatory for item in found.items][:3] == [True, False, True]
    assert (found.photos[0].code, found.photos[0].outline, found.photos[0].is_required) == (
        "plate", "car-rear.svg", False,
    )  # fmt: skip
    edited = AuditEvent.objects.get(action="checklist.edited")
    assert (edited.subject, edited.actor_ref) == ("checklist:pickup-car.2", operator.public_id)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("items-1-code", "exterior", "exterior"),
        ("items-1-code", "Đèn", "Mã chỉ gồm chữ thường không dấu"),
        ("items-1-hint_vi", "Chỉ một ngôn ngữ", "Cách xem phải có ở cả hai ngôn ngữ"),
        ("items-1-words_en", "", "items-1-words_en"),
        ("photos-1-code", "front", "front"),
        ("photos-1-outline", "none.svg", "none.svg"),
    ],
)
def test_a_fault_is_said_and_nothing_is_written(
    at_work: Client, draft: ChecklistTemplate, field: str, value: str, words: str
) -> None:
    before = draft.drafted()
    response = at_work.post(page(draft), form_of(draft) | {field: value})

    assert response.status_code == 200
    assert response.context["errors"]
    assert words in response.content.decode()
    assert draft.drafted() == before


def test_a_list_is_published_after_its_changes_were_looked_at(
    at_work: Client, draft: ChecklistTemplate
) -> None:
    draft.items.filter(code="cable").update(words_vi="Đủ dây sạc", words_en="Cable is there")
    day = clock.today() + timedelta(days=1)
    shown = at_work.post(step(draft, "publish"), {"valid_from": day.isoformat()})
    assert ChecklistTemplate.objects.get(pk=draft.pk).state == "draft"
    text = shown.content.decode()
    assert "Đủ dây sạc · Cable is there" in text
    assert "Có dây sạc · Charging cable present" in text

    agreed = dict(shown.context["hidden"])["step_agreed"]
    at_work.post(step(draft, "publish"), {"valid_from": day.isoformat(), "step_agreed": agreed})

    published = ChecklistTemplate.objects.get(pk=draft.pk)
    assert (published.state, published.valid_from) == ("published", day)
    assert published.published_by is not None


def test_a_published_list_is_looked_at_only(at_work: Client, pickup: ChecklistTemplate) -> None:
    text = at_work.get(page(pickup)).content.decode()

    assert "Đã cùng khách xem quanh xe" in text
    assert "img/outlines/car-dashboard" in text
    assert 'name="items-0-words_vi"' not in text
    assert at_work.post(page(pickup), {"note": "x"}).status_code == 403
    assert (
        at_work.post(reverse("admin:stations_checklisttemplate_delete", args=[pickup.pk])).status_code == 403
    )


def test_a_draft_may_be_deleted(at_work: Client, draft: ChecklistTemplate) -> None:
    url = reverse("admin:stations_checklisttemplate_delete", args=[draft.pk])

    assert at_work.post(url, {"post": "yes"}).status_code == 302
    assert not ChecklistTemplate.objects.filter(pk=draft.pk).exists()

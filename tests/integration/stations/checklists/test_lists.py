from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from stations.checklists import first, selectors, services
from stations.checklists.checks import needs_of
from stations.checklists.enums import CHECKLIST
from stations.checklists.errors import (
    ChecklistDayPast,
    ChecklistFrozen,
    ChecklistNeeded,
    ChecklistUnfinished,
    NoSuchChecklist,
    OtherKindOfVehicle,
)
from stations.checklists.lists import sha256_of
from stations.checklists.models import ChecklistItem, ChecklistTemplate, PhotoPosition
from tests.factories.stations import make_car_model, make_scooter_model
from voltgo.core import states
from voltgo.core.audit.models import AuditEvent


def add_point(template, code="doors", **fields):
    values = {"component": "outside", "words_vi": "Cửa đóng kín", "words_en": "Doors close"} | fields
    return ChecklistItem.objects.create(template=template, code=code, **values)


def add_position(template, code="plate", **fields):
    values = {"words_vi": "Biển số", "words_en": "Plate"} | fields
    return PhotoPosition.objects.create(template=template, code=code, **values)


def publish(template, by, today, days=0):
    return services.publish(template=template, valid_from=today + timedelta(days=days), by=by)


# --- The first lists ----------------------------------------------------------------------------------


def test_the_lists_of_the_code_are_the_first_versions():
    rows = {row.code: row for row in ChecklistTemplate.objects.filter(version=1)}

    assert set(rows) == {checklist.code for checklist in first.checklists()}
    for checklist in first.checklists():
        row = rows[checklist.code]
        assert row.checklist == row.drafted() == checklist
        assert (row.state, row.sha256) == ("published", sha256_of(checklist))


def test_without_any_row_the_first_list_applies(today):
    model = make_car_model()

    assert selectors.as_list(None, purpose="pickup", kind="car") == first.checklist("pickup", "car")
    assert selectors.checklist_for(
        purpose="pickup", model=model, on=first.VALID_FROM - timedelta(days=1)
    ) == (first.checklist("pickup", "car"))


# --- Drafts and publishing ----------------------------------------------------------------------------


def test_a_draft_begins_with_the_points_of_its_source(draft, pickup, by):
    assert (draft.code, draft.version, draft.state) == ("pickup-car", 2, "draft")
    assert draft.drafted().items == pickup.checklist.items
    assert draft.drafted().photos == pickup.checklist.photos
    assert [event.target for event in states.events_of(CHECKLIST, draft)] == ["draft"]
    assert AuditEvent.objects.get(action="checklist.started").subject == "checklist:pickup-car.2"


def test_a_draft_applies_nowhere(draft, today):
    add_point(draft)

    assert selectors.checklist_for(purpose="pickup", model=make_car_model(), on=today).version == 1


def test_a_published_list_applies_from_its_day_on(draft, by, today):
    add_point(draft, position=5, is_mandatory=False)
    publish(draft, by, today, days=2)
    model = make_car_model()

    def version(days):
        return selectors.checklist_for(purpose="pickup", model=model, on=today + timedelta(days=days)).version

    assert [version(days) for days in (0, 1, 2, 30)] == [1, 1, 2, 2]
    latest = selectors.checklist_for(purpose="pickup", model=model, on=today + timedelta(days=2))
    assert (latest.items[0].code, latest.items[0].is_mandatory) == ("doors", False)
    assert ChecklistTemplate.objects.get(pk=draft.pk).sha256 == sha256_of(latest)


def test_a_list_of_one_model_wins_over_the_one_of_its_kind(pickup, by, today):
    own, other = make_car_model(), make_car_model()
    template = services.start_draft(source=pickup, vehicle_model=own, by=by)
    add_point(template)
    publish(template, by, today)

    assert template.code == f"pickup-car-{own.slug}"
    lists = {
        model.pk: selectors.checklist_for(purpose="pickup", model=model, on=today) for model in (own, other)
    }
    assert lists[own.pk].item("doors") is not None
    assert lists[other.pk].code == "pickup-car"
    assert services.start_draft(source=template, by=by).vehicle_model == own


def test_a_list_for_cars_is_none_for_a_scooter(pickup, by):
    with pytest.raises(OtherKindOfVehicle):
        services.start_draft(source=pickup, vehicle_model=make_scooter_model(), by=by)
    assert ChecklistTemplate.objects.filter(version=2).count() == 0


def test_the_audit_says_that_the_drafter_has_published(draft, by, today):
    publish(draft, by, today)

    event = AuditEvent.objects.get(action="checklist.published")
    assert (event.subject, event.changes["own_draft"]) == ("checklist:pickup-car.2", True)


def test_a_draft_is_published_once_and_not_for_yesterday(draft, by, today):
    with pytest.raises(ChecklistDayPast):
        publish(draft, by, today, days=-1)
    publish(draft, by, today)
    with pytest.raises(ChecklistFrozen):
        publish(draft, by, today)


@pytest.mark.parametrize(
    ("purpose", "spoil", "words"),
    [
        ("pickup", lambda row: row.items.all().delete(), "Cần ít nhất một mục kiểm tra bắt buộc."),
        ("pickup", lambda row: row.photos.all().delete(), "Cần ít nhất một vị trí chụp ảnh bắt buộc."),
        (
            "pickup",
            lambda row: add_position(row, outline="none.svg", is_required=False),
            "Vị trí “Biển số”: không có hình khung none.svg.",
        ),
        (
            "pickup",
            add_position,
            "Danh mục nhận lại xe chưa có vị trí “Biển số”. Hãy ban hành ở đó trước.",
        ),
        (
            "return",
            lambda row: row.photos.filter(code="left").delete(),
            "Thiếu vị trí “Bên trái”: ảnh lúc giao cần có ảnh lúc trả để so sánh.",
        ),
        (
            "preparation",
            add_position,
            "Khi chuẩn bị xe không chụp ảnh theo vị trí. Hãy xóa các vị trí chụp ảnh.",
        ),
    ],
)
def test_what_lacks_is_said_and_nothing_is_published(by, today, purpose, spoil, words):
    draft = services.start_draft(source=ChecklistTemplate.objects.get(code=f"{purpose}-car"), by=by)
    spoil(draft)

    with pytest.raises(ChecklistUnfinished) as refusal:
        publish(draft, by, today)

    assert refusal.value.details["needs"] == [words]
    assert ChecklistTemplate.objects.get(pk=draft.pk).state == "draft"


def test_a_new_position_is_published_at_return_first(draft, back, by, today):
    add_position(draft)
    returning = services.start_draft(source=back, by=by)
    add_position(returning)
    publish(returning, by, today)

    assert needs_of(draft, on=today) == []
    assert publish(draft, by, today).state == "published"


# --- Frozen -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.items.filter(code="papers").update(words_vi="Khác"),
        lambda row: row.items.filter(code="papers").delete(),
        lambda row: row.photos.update(is_required=False),
        add_point,
        add_position,
        lambda row: ChecklistTemplate.objects.filter(pk=row.pk).update(content={}),
        lambda row: ChecklistTemplate.objects.filter(pk=row.pk).update(state="draft"),
        lambda row: ChecklistTemplate.objects.filter(pk=row.pk).delete(),
    ],
)
def test_the_database_keeps_published_lists_as_they_are(pickup, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change(pickup)

    assert ChecklistTemplate.objects.get(pk=pickup.pk).drafted() == first.checklist("pickup", "car")


def test_a_draft_can_be_thrown_away(draft):
    draft.delete()

    assert not ChecklistItem.objects.filter(template_id=draft.pk).exists()


# --- Retiring -----------------------------------------------------------------------------------------


def test_one_list_of_a_kind_always_stays(pickup, draft, by, today):
    with pytest.raises(ChecklistNeeded):
        services.retire(template=pickup, reason="Cũ", by=by)
    publish(draft, by, today)
    services.retire(template=pickup, reason="Cũ", by=by)

    assert ChecklistTemplate.objects.get(pk=pickup.pk).state == "retired"
    assert AuditEvent.objects.get(action="checklist.retired").reason == "Cũ"


def test_without_its_own_list_a_model_has_that_of_its_kind(pickup, by, today):
    model = make_car_model()
    own = publish(services.start_draft(source=pickup, vehicle_model=model, by=by), by, today)
    services.retire(template=own, reason="Thừa", by=by)

    assert selectors.checklist_for(purpose="pickup", model=model, on=today).code == "pickup-car"


# --- Looking up ---------------------------------------------------------------------------------------


def test_a_tablet_names_the_version_it_asked_by(pickup, draft, by, today):
    def named(version, kind="car"):
        return selectors.version_of(code="pickup-car", version=version, purpose="pickup", kind=kind)

    assert named(1) == pickup
    for version, kind in ((2, "car"), (9, "car"), (1, "scooter")):
        with pytest.raises(NoSuchChecklist):
            named(version, kind)
    publish(draft, by, today)
    services.retire(template=pickup, reason="Cũ", by=by)
    assert (named(1), named(2)) == (pickup, draft)


def test_a_code_keeps_its_words_when_no_list_names_it_any_more(draft, by, today):
    draft.items.filter(code="terms").delete()
    draft.items.filter(code="papers").update(words_vi="Giấy tờ trong hộc", words_en="Papers in the box")
    publish(draft, by, today)

    def words(code, purpose="pickup", kind="car"):
        found = selectors.words_of_item(code, purpose=purpose, kind=kind)
        return found and found.en

    assert words("terms") == "Return time, minimum battery and roadside number explained"
    assert words("papers") == "Papers in the box"
    assert words("papers", kind="scooter") == "Vehicle papers are in the top box"
    assert words("papers", purpose="return") == "Vehicle papers are in the vehicle"
    assert words("helmets") is not None
    assert words("never") is None
    assert selectors.words_of_position("dashboard", purpose="pickup", kind="scooter").vi == "Bảng đồng hồ"


def test_every_list_of_a_day_is_one_query_and_one_in_a_whole_request(today, django_assert_num_queries):
    models = [make_car_model(), make_scooter_model()]

    def ask():
        return [
            selectors.checklist_for(purpose=purpose, model=model, on=today)
            for purpose in ("pickup", "return", "preparation")
            for model in models
        ]

    with django_assert_num_queries(6):
        ask()
    selectors.remember()
    with django_assert_num_queries(1):
        ask()
    selectors.forget()
    with django_assert_num_queries(6):
        ask()

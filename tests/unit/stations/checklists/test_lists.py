import json
import re
from dataclasses import replace

import pytest
from django.conf import settings
from django.utils import translation

from stations.checklists import first
from stations.checklists.comparing import differences
from stations.checklists.enums import Purpose
from stations.checklists.lists import Checklist, Item, Photo, Words, by_component, sha256_of
from stations.checklists.models import ChecklistItem, PhotoPosition, code_validator
from stations.kinds import VehicleKind

GLASS = Item("glass", Words("Kính sạch", "Glass is clean"), component="outside", is_mandatory=False)
PLATE = Photo("plate", Words("Biển số", "Plate"), is_required=False)


@pytest.fixture
def pickup() -> Checklist:
    return first.checklist("pickup", "scooter")


def test_what_is_optional_is_never_missing(pickup: Checklist) -> None:
    wider = replace(pickup, items=(*pickup.items, GLASS), photos=(*pickup.photos, PLATE))
    codes, sides = {item.code for item in pickup.items}, {photo.code for photo in pickup.photos}

    assert wider.unchecked(codes) == []
    assert wider.untaken(sides) == []
    assert [item.code for item in wider.unchecked(codes - {"brakes", "terms"})] == ["brakes", "terms"]
    assert [photo.code for photo in wider.untaken(sides - {"left"})] == ["left"]


def test_words_are_those_of_the_reader() -> None:
    with translation.override("vi"):
        assert str(GLASS.words) == "Kính sạch"
    with translation.override("en-gb"):
        assert str(GLASS.words) == "Glass is clean"


@pytest.mark.parametrize("checklist", first.checklists(), ids=lambda checklist: checklist.code)
def test_a_list_comes_back_whole_from_what_is_frozen(checklist: Checklist) -> None:
    frozen = json.loads(json.dumps(checklist.as_json()))

    assert Checklist.from_json(frozen) == checklist
    assert sha256_of(Checklist.from_json(frozen)) == sha256_of(checklist)


def test_any_other_word_has_another_hash(pickup: Checklist) -> None:
    other = replace(pickup, items=(replace(pickup.items[0], is_mandatory=False), *pickup.items[1:]))

    assert sha256_of(other) != sha256_of(pickup)


@pytest.mark.parametrize("checklist", first.checklists(), ids=lambda checklist: checklist.code)
def test_the_first_lists_fit_the_tables(checklist: Checklist) -> None:
    def longest(model: type, field: str) -> int:
        return model._meta.get_field(field).max_length  # type: ignore[attr-defined,no-any-return]

    for item in checklist.items:
        code_validator(item.code)
        assert max(len(item.words.vi), len(item.words.en)) <= longest(ChecklistItem, "words_vi")
        assert item.words.vi
        assert item.words.en
        assert bool(item.hint.vi) == bool(item.hint.en)
    for photo in checklist.photos:
        code_validator(photo.code)
        assert len(photo.code) <= longest(PhotoPosition, "code")


def test_every_first_position_has_its_drawing() -> None:
    drawings = {path.name for path in (settings.BASE_DIR / "static/img/outlines").glob("*.svg")}
    named = {photo.outline for checklist in first.checklists() for photo in checklist.photos}

    assert named == drawings


def test_a_drawing_is_lines_on_the_frame_of_a_photo() -> None:
    for path in (settings.BASE_DIR / "static/img/outlines").glob("*.svg"):
        drawing = path.read_text()
        # The tile and the camera's picture are 4 : 3; a filled shape would hide what is photographed.
        assert 'viewBox="0 0 320 240"' in drawing
        assert re.findall(r'fill="([^"]+)"', drawing) == ["none"]


def test_points_stand_by_component_in_the_order_of_the_list() -> None:
    items = first.checklist(Purpose.PICKUP, VehicleKind.CAR).items

    assert [(name, [item.code for item in group]) for name, group in by_component(items)] == [
        ("outside", ["exterior"]),
        ("safety", ["tyres_lights"]),
        ("inside", ["inside"]),
        ("charging", ["cable"]),
        ("documents", ["papers"]),
        ("renter", ["explained", "terms"]),
    ]


def test_a_difference_names_what_came_went_and_changed(pickup: Checklist) -> None:
    stricter = replace(
        pickup,
        items=(GLASS, *pickup.items[1:]),
        photos=(replace(pickup.photos[0], is_required=False), *pickup.photos[1:]),
    )

    with translation.override("vi"):
        found = {each.code: (each.before, each.after) for each in differences(pickup, stricter)}

    assert found["glass"] == ("", "Bên ngoài · Kính sạch · Glass is clean · không bắt buộc")
    assert found["exterior"][1] == ""
    assert [side.split(" · ")[-1] for side in found["front"]] == ["bắt buộc", "không bắt buộc"]
    assert set(found) == {"glass", "exterior", "front"}
    assert differences(pickup, pickup) == []

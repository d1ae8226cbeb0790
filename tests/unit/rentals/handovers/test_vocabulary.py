"""The words of the counter: codes that are stored must stay, and must be what the drawings offer."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from rentals.handovers.selectors import booking_code_in, plain
from stations.checklists import first
from stations.fleet.enums import VehicleKind
from stations.fleet.parts import EQUIPMENT, parts_of

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "components"


@pytest.mark.parametrize("kind", VehicleKind.values)
def test_every_part_on_the_drawing_has_words_and_the_other_way_round(kind: str) -> None:
    drawing = (TEMPLATES / "drawings" / f"{kind}.html").read_text()
    drawn = set(re.findall(r'data-part="(\w+)"', drawing))
    assert drawn | {EQUIPMENT} == set(parts_of(kind))


def test_a_car_has_six_photos_and_a_scooter_four() -> None:
    cars, scooters = (
        first.checklist("pickup", kind).photos for kind in (VehicleKind.CAR, VehicleKind.SCOOTER)
    )
    assert [item.code for item in cars] == ["front", "rear", "left", "right", "interior", "dashboard"]
    assert [item.code for item in scooters] == ["front", "rear", "left", "right"]


@pytest.mark.parametrize("kind", VehicleKind.values)
@pytest.mark.parametrize("inspection", ["pickup", "return", "preparation"])
def test_codes_of_a_checklist_are_different(kind: str, inspection: str) -> None:
    codes = [item.code for item in first.checklist(inspection, kind).items]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("VG-7K2M4Q", "VG-7K2M4Q"),
        (" vg7k2m4q ", "VG-7K2M4Q"),
        ("https://voltgo.vn/bookings/VG-7K2M4Q/", "VG-7K2M4Q"),
        ("7k2m4q ", "VG-7K2M4Q"),
        ("Xe của anh Minh", None),
        ("", None),
    ],
)
def test_a_code_is_found_in_what_was_scanned_or_typed(text: str, code: str | None) -> None:
    assert booking_code_in(text) == code


def test_a_name_is_compared_without_accents() -> None:
    assert plain("Đặng Thị Mỹ Ánh") == "dang thi my anh"

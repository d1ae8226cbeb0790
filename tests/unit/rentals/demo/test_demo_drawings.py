"""Every model has a small self-contained drawing, and the damage sheets carry well-formed part regions."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rentals.demo.vehicles import MODELS

IMG = Path(__file__).parents[4] / "static" / "img"
SVG = "{http://www.w3.org/2000/svg}"
every_drawing = pytest.mark.parametrize("name", sorted({model.drawing for model in MODELS}))
every_sheet = pytest.mark.parametrize("kind", ["car", "scooter"])


@every_drawing
def test_vehicle_drawing(name: str) -> None:
    text = (IMG / "vehicles" / name).read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.get("viewBox") == "0 0 320 180"
    assert len(text.encode()) < 4096
    assert root.findtext(f"{SVG}title")
    # Loaded by <img>: nothing outside the file can reach in, and nothing in it may reach out.
    for banned in ("currentColor", "var(", "<script", "<style", "http://", "https://"):
        assert banned not in text.replace("http://www.w3.org/2000/svg", "")


def test_no_drawing_is_left_over() -> None:
    assert {path.name for path in (IMG / "vehicles").glob("*.svg")} == {model.drawing for model in MODELS}


@every_sheet
def test_damage_sheet(kind: str) -> None:
    text = (IMG / "damage" / f"{kind}.svg").read_text(encoding="utf-8")
    assert ET.fromstring(text).get("viewBox") == "0 0 400 240"
    assert "currentColor" not in text


@every_sheet
def test_damage_parts(kind: str) -> None:
    parts = json.loads((IMG / "damage" / "parts.json").read_text(encoding="utf-8"))[kind]
    codes = [part["code"] for part in parts]
    assert len(set(codes)) == len(codes)
    assert len(codes) >= 12
    for part in parts:
        assert set(part) == {"code", "x", "y", "w", "h"}
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", part["code"])
        # Big enough for a thumb: the sheet is shown at 400 px and more.
        assert part["w"] >= 14
        assert part["h"] >= 14
        assert part["x"] >= 0
        assert part["y"] >= 0
        assert part["x"] + part["w"] <= 400
        assert part["y"] + part["h"] <= 240
    for one, other in combinations(parts, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one["code"], other["code"])

import ast
from pathlib import Path

import pytest
from django.utils import translation

from voltgo.core.audit.words import ACTIONS, name_of_action, value_in_words

ROOT = Path(__file__).resolve().parents[3]
APPS = ("accounts", "payments", "rentals", "stations", "voltgo")


def recorded_actions() -> set[str]:
    """Return what `record` is called with anywhere, as far as it stands in the call."""
    calls = (
        node
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args
    )
    named = (call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "record")
    return {str(call.args[0].value) for call in named if isinstance(call.args[0], ast.Constant)}


def test_every_action_has_a_name() -> None:
    assert recorded_actions() - ACTIONS.keys() == set()


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("booking.moved", "xếp sang xe khác"),
        ("stations.vehicle.changed", "sửa xe"),
        ("addon.ended", "kết thúc dịch vụ thêm"),
        ("unheard.of", "unheard.of"),
    ],
)
def test_actions_are_said_in_words(action: str, said: str) -> None:
    assert name_of_action(action) == said


def test_actions_are_said_in_english_too() -> None:
    with translation.override("en"):
        assert name_of_action("booking.moved") == "moved to another vehicle"


def test_moments_are_said_in_vietnams_time() -> None:
    assert value_in_words("ends_at", "2026-11-22T12:59:43+00:00") == "19:59 22/11/2026"
    assert value_in_words("ending", "withdrawn") == "hủy và hoàn tiền"
    assert value_in_words("plate", None) == "–"
    assert value_in_words("total", "364000") == "364.000\u00a0₫"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("contradictions", [], "–"), ("side", ["front", "back"], "mặt trước, mặt sau")],
)
def test_lists_are_said_one_by_one(name: str, value: list[str], said: str) -> None:
    assert value_in_words(name, value) == said

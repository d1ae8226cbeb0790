"""What the board makes of a snapshot and of what was done since: decided in plain functions of the app."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.tablet.centre import Server
from tests.browser.tablet.conftest import APP, new_context

NOW = "2026-11-24T09:00:00Z"
MODULE = "/static/js/tablet/board-data.js"
# Nothing is written: no database has to be emptied afterwards.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def page(browser: Browser, centre_server: Server) -> Iterator[Page]:
    """One page for all of them; the functions keep nothing."""
    centre_server.begin()
    context = new_context(browser, f"http://127.0.0.1:{centre_server.server_address[1]}")
    page = context.new_page()
    page.goto(APP)
    yield page
    context.close()


def ask(page: Page, expression: str, *values: Any) -> Any:
    """Evaluate an expression over the module `board` and the values `a`."""
    text = f"async a => {{ const board = await import('{MODULE}'); return JSON.stringify({expression}); }}"
    return json.loads(page.evaluate(text, list(values)))


def a_snapshot(**lists: Any) -> dict[str, Any]:
    return {"bookings": [], "rentals": [], "vehicles": [], **lists}


def arranged(page: Page, snapshot: dict[str, Any], commands: list[dict[str, Any]]) -> Any:
    expression = "board.arrange({snapshot: a[0], commands: a[1], drafts: [], now: Date.parse(a[2])})"
    return ask(page, expression, snapshot, commands, NOW)


def a_command(kind: str, code: str, state: str) -> dict[str, Any]:
    return {"kind": kind, "subject": f"booking:{code}", "state": state, "device_at": NOW}


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [
        ("vg-7k2m", True),
        ("51K12345", True),
        ("nguyen thi", True),
        ("Ánh", True),
        ("456", True),
        ("0901234456", True),
        ("457", False),
        ("0901234999", False),
        (" ", False),
    ],
)
def test_code_plate_name_and_tail_of_the_phone_find_a_booking(
    page: Page, wanted: str, is_found: bool
) -> None:
    booking = {
        "code": "VG-7K2M4Q",
        "renter": {"name": "Nguyễn Thị Ánh", "phone_tail": "456"},
        "vehicle": {"plate": "51K-123.45"},
    }
    assert ask(page, "board.matches(a[0], a[1])", wanted, booking) is is_found


@pytest.mark.parametrize(
    "scanned", ["VG-7K2M4Q", "vg-7k2m4q", "https://voltgo.example/my/VG-7K2M4Q/?from=qr"]
)
def test_a_scanned_code_may_be_an_address(page: Page, scanned: str) -> None:
    assert ask(page, "board.codeIn(a[0])", scanned) == "VG-7K2M4Q"


def test_late_ones_stand_apart_and_what_was_taken_back_is_not_late(page: Page) -> None:
    rentals = [
        {"booking": "VG-1", "due_at": "2026-11-24T08:30:00Z"},
        {"booking": "VG-2", "due_at": "2026-11-24T10:00:00Z"},
        {"booking": "VG-3", "due_at": "2026-11-24T08:00:00Z"},
    ]
    found = arranged(page, a_snapshot(rentals=rentals), [a_command("return", "VG-3", "queued")])
    assert [(row["rental"]["booking"], row["lateMinutes"]) for row in found["late"]] == [("VG-1", 30)]
    assert [row["rental"]["booking"] for row in found["back"]] == ["VG-3", "VG-2"]


@pytest.mark.parametrize(("state", "is_shown"), [("queued", True), ("conflict", True), ("applied", False)])
def test_what_was_handed_over_stays_until_the_server_has_done_it(
    page: Page, state: str, is_shown: bool
) -> None:
    bookings = [{"code": "VG-1", "starts_at": NOW}]
    found = arranged(page, a_snapshot(bookings=bookings), [a_command("pickup", "VG-1", state)])
    assert [row["command"]["state"] for row in found["out"]] == ([state] if is_shown else [])


def test_vehicles_in_preparation_and_ready_ones_without_charge_are_work(page: Page) -> None:
    vehicles = [
        {"code": "A", "condition": "preparation", "battery_percent": 90, "minimum_battery": 50},
        {"code": "B", "condition": "ready", "battery_percent": 49, "minimum_battery": 50},
        {"code": "C", "condition": "ready", "battery_percent": 50, "minimum_battery": 50},
        {"code": "D", "condition": "on_rental", "battery_percent": 10, "minimum_battery": 50},
    ]
    found = arranged(page, a_snapshot(vehicles=vehicles), [])
    assert [row["code"] for row in found["vehicles"]] == ["A", "B"]

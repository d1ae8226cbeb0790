from pathlib import Path

import pytest

from rentals.sync import moments
from rentals.sync.enums import CommandKind, Resolution
from rentals.sync.handlers import MODULES, handler_of
from rentals.sync.handlers.pickup import PASSES
from rentals.sync.rules import AFTER_A_DAY, OF_REFUSALS, RULES, Consequence, Fate, code_of_refusal, rule
from rentals.sync.rules_in_words import BEGIN, END, as_markdown

DOCUMENT = Path(__file__).parents[4] / "docs" / "offline.md"


def test_the_document_prints_the_table_that_the_code_has():
    text = DOCUMENT.read_text()

    assert text[text.index(BEGIN) : text.index(END) + len(END)] == as_markdown()


def test_every_kind_has_a_handler():
    assert set(MODULES) == set(CommandKind.values)
    assert all(callable(handler_of(kind)) for kind in CommandKind.values)


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_conflict_can_be_settled_and_only_a_conflict(code):
    what = RULES[code]
    assert bool(what.offers) == (what.fate in {Fate.CONFLICT, Fate.REJECTED})
    assert (Resolution.APPLIED in what.offers) == bool(what.if_applied)
    assert str(what.words)


def test_what_waits_becomes_a_conflict_after_a_day():
    waits = {code for code, what in RULES.items() if what.fate is Fate.WAIT}

    assert set(AFTER_A_DAY) == waits
    assert {RULES[code].fate for code in AFTER_A_DAY.values()} == {Fate.CONFLICT}


def test_refusals_of_services_lead_to_conflicts():
    assert {RULES[code].fate for code in OF_REFUSALS.values()} == {Fate.CONFLICT}
    assert code_of_refusal("photo_damaged") == "file_unusable"
    assert code_of_refusal("never heard of") == "refused"
    assert rule("never heard of").code == "refused"


def test_what_a_person_passes_over_at_a_handover_is_offered():
    assert all(Resolution.APPLIED in RULES[code].offers for code in PASSES)


def test_a_vehicle_that_is_gone_by_a_cancelled_booking_is_taken_out():
    assert RULES["booking_cancelled"].consequence is Consequence.VEHICLE_OUT
    assert RULES["cash_twice"].consequence is Consequence.MONEY_CASE


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("2026-11-24T01:00:00.000Z", True),
        ("2026-11-24T01:00:00", False),
        ("2026-13-40T01:00:00Z", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("", False),
        (None, False),
        (7, False),
        ("9" * 100, False),
    ],
)
def test_only_whole_times_with_a_zone_are_read(text, is_read):
    assert (moments.read(text) is not None) == is_read

"""The demo people are unique, of legal age, reproducible, and the personas are as the demo needs them."""

from __future__ import annotations

import re
from datetime import date

from rentals.demo.people import PERSONAS, RENTERS, PersonFact, past_renters, staff_for
from rentals.demo.places import STATIONS

TODAY = date(2026, 6, 15)


def _everybody() -> list[PersonFact]:
    return [*PERSONAS.values(), *RENTERS, *past_renters(TODAY), *staff_for()]


def test_nobody_shares_an_identity() -> None:
    everybody = _everybody()
    for field in ("email", "phone", "identity_number", "licence_number"):
        values = [value for person in everybody if (value := getattr(person, field)) is not None]
        assert len(set(values)) == len(values), field


def test_everybody_is_well_formed() -> None:
    for person in _everybody():
        assert re.fullmatch(r"[a-z0-9.-]+@demo\.voltgo\.vn", person.email)
        assert re.fullmatch(r"0900 00[01] \d{3}", person.phone)
        assert (TODAY - person.born_on).days >= 18 * 365.25
        if person.identity_kind == "cccd":
            assert re.fullmatch(r"(079|001|048)[0-3]\d\d99\d{4}", person.identity_number or "")
        assert (person.standing is None) == (person.role != "renter")


def test_personas() -> None:
    assert {key: person.email.split("@")[0] for key, person in PERSONAS.items()} == {
        "verified": "anh",
        "waiting": "bao",
        "expired": "cuc",
        "blocked": "dung",
        "new": "an",
        "operator": "operator",
        "owner": "owner",
        "finance": "finance",
        "checker": "finance-2",
    }
    expired = PERSONAS["expired"].licence_expires_on(TODAY)
    assert expired is not None
    assert expired < TODAY
    valid = PERSONAS["verified"].licence_expires_on(TODAY)
    assert valid is not None
    assert valid > TODAY
    assert PERSONAS["new"].identity_number is None
    assert PERSONAS["new"].licence_classes == ()


def test_named_renters() -> None:
    assert len(RENTERS) == 14
    assert sum(renter.nationality != "VN" for renter in RENTERS) == 2
    assert any(not renter.licence_classes for renter in RENTERS)


def test_past_renters_are_reproducible() -> None:
    assert past_renters(TODAY) == past_renters(TODAY)
    assert past_renters(TODAY, seed=1) != past_renters(TODAY, seed=2)
    assert len(past_renters(TODAY, count=60)) == 60
    assert len({renter.full_name for renter in past_renters(TODAY)}) == 200


def test_staff_at_every_station() -> None:
    staff = staff_for(STATIONS)
    assert len(staff) == 2 * len(STATIONS)
    emails = {person.email for person in staff}
    for station in STATIONS:
        assert f"attendant-{station.code.lower()}@demo.voltgo.vn" in emails
        assert f"supervisor-{station.code.lower()}@demo.voltgo.vn" in emails

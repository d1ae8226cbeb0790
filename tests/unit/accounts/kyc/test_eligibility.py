from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from accounts.kyc.eligibility import (
    CURES,
    Eligibility,
    NotEligible,
    Paper,
    Person,
    Reason,
    ReasonCode,
    VehicleDemand,
    age_on,
    assess,
    classes_for,
)
from accounts.kyc.enums import LicenceClass
from voltgo.core.clock import LOCAL_ZONE, Period

MOPED = VehicleDemand("moped", Decimal("2.0"), 2)
SCOOTER = VehicleDemand("motorbike", Decimal("3.0"), 2)
CAR = VehicleDemand("car", Decimal(100), 5)

PICKUP = datetime(2026, 12, 1, 8, 0, tzinfo=LOCAL_ZONE)
RETURN = datetime(2026, 12, 3, 18, 0, tzinfo=LOCAL_ZONE)
PERIOD = Period(PICKUP, RETURN)

ANH = Person(
    born_on=date(1995, 3, 14),
    identity=Paper("approved", date(2035, 3, 14)),
    licence=Paper("approved", date(2032, 1, 1), frozenset({"A1", "B"})),
    selfie=Paper("auto_passed"),
)


def codes(person: Person, demand: VehicleDemand = CAR, *, debt: int = 0) -> list[str]:
    return [
        str(reason.code) for reason in assess(person=person, demand=demand, period=PERIOD, debt=debt).reasons
    ]


def motorbike(kilowatts: str) -> VehicleDemand:
    return VehicleDemand("motorbike", Decimal(kilowatts), 2)


@pytest.mark.parametrize("demand", [MOPED, SCOOTER, CAR])
def test_who_is_known_and_licensed_may_drive(demand: VehicleDemand) -> None:
    assert assess(person=ANH, demand=demand, period=PERIOD).is_eligible


LIGHT = {"A1", "A", "A_14kW", "B1", "old_A1", "old_A2", "old_A3"}
MEDIUM = {"A", "A_14kW", "old_A1", "old_A2"}
HEAVY = {"A", "old_A2"}
CARS = {"B", "C1", "C", "D1", "D2", "D", "old_B1", "old_B2", "old_C", "old_D", "old_E"}


@pytest.mark.parametrize(
    ("demand", "enough"),
    [
        (motorbike("3"), LIGHT),
        (motorbike("11"), LIGHT),
        (motorbike("11.01"), MEDIUM),
        (motorbike("13.99"), MEDIUM),
        (motorbike("14"), HEAVY),
        (motorbike("35"), HEAVY),
        (CAR, CARS),
        (VehicleDemand("car", Decimal(150), 9), CARS),
        (VehicleDemand("car", Decimal(150), 10), set()),
    ],
    ids=["3 kW", "11 kW", "above 11 kW", "below 14 kW", "14 kW", "35 kW", "car", "9 seats", "10 seats"],
)
def test_which_licence_class_is_enough(demand: VehicleDemand, enough: set[str]) -> None:
    allowed = {
        name
        for name in LicenceClass.values
        if not codes(replace(ANH, licence=Paper("approved", None, frozenset({name}))), demand)
    }

    assert allowed == enough


def test_a_moped_asks_for_no_licence() -> None:
    assert classes_for(MOPED) is None
    assert codes(replace(ANH, licence=Paper()), MOPED) == []


def test_one_fitting_class_among_several_is_enough() -> None:
    licence = Paper("approved", None, frozenset({"A1", "B"}))

    assert codes(replace(ANH, licence=licence), SCOOTER) == []
    assert codes(replace(ANH, licence=licence), CAR) == []
    assert codes(replace(ANH, licence=licence), motorbike("12")) == ["licence_class"]


def test_a_vehicle_that_nobody_may_drive_is_named_so() -> None:
    assert codes(ANH, VehicleDemand("car", Decimal(150), 16)) == ["vehicle_not_covered"]


@pytest.mark.parametrize(
    ("born_on", "demand", "expected"),
    [
        (date(2008, 12, 1), CAR, []),
        (date(2008, 12, 2), CAR, ["too_young"]),
        (date(2008, 12, 2), SCOOTER, ["too_young"]),
        (date(2010, 12, 1), MOPED, []),
        (date(2010, 12, 2), MOPED, ["too_young"]),
    ],
)
def test_age_counts_on_the_day_of_pickup(born_on: date, demand: VehicleDemand, expected: list[str]) -> None:
    assert codes(replace(ANH, born_on=born_on), demand) == expected


def test_the_day_of_pickup_is_the_day_in_vietnam() -> None:
    # 00:30 on 2 December in Vietnam is still 1 December in UTC.
    period = Period(datetime(2026, 12, 2, 0, 30, tzinfo=LOCAL_ZONE), RETURN)

    assert assess(person=replace(ANH, born_on=date(2008, 12, 2)), demand=CAR, period=period).is_eligible


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(1995, 3, 14), date(2026, 3, 13), 30),
        (date(1995, 3, 14), date(2026, 3, 14), 31),
    ],
)
def test_age_in_full_years(born_on: date, day: date, age: int) -> None:
    assert age_on(born_on, day) == age


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (None, []),
        (date(2026, 12, 4), []),
        (date(2026, 12, 3), ["licence_expired"]),
        (date(2026, 11, 30), ["licence_expired"]),
    ],
)
def test_the_licence_must_hold_one_day_beyond_the_return(
    expires_on: date | None, expected: list[str]
) -> None:
    licence = Paper("approved", expires_on, frozenset({"B"}))

    assert codes(replace(ANH, licence=licence)) == expected


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [(None, []), (date(2026, 12, 3), []), (date(2026, 12, 2), ["identity_expired"])],
)
def test_the_citizen_card_must_hold_on_the_day_of_return(
    expires_on: date | None, expected: list[str]
) -> None:
    assert codes(replace(ANH, identity=Paper("approved", expires_on))) == expected


@pytest.mark.parametrize(
    ("state", "kind_of_reason"),
    [
        ("", "missing"),
        ("uploaded", "waiting"),
        ("needs_review", "waiting"),
        ("rejected", "rejected"),
        ("revoked", "rejected"),
        ("expired", "expired"),
    ],
)
def test_each_state_of_a_paper_has_its_reason(state: str, kind_of_reason: str) -> None:
    paper = Paper(state, None, frozenset({"B"}))

    assert codes(replace(ANH, identity=paper)) == [f"identity_{kind_of_reason}"]
    assert codes(replace(ANH, licence=paper)) == [f"licence_{kind_of_reason}"]


def test_account_reasons() -> None:
    assert codes(replace(ANH, is_blocked=True)) == ["blocked"]
    assert codes(replace(ANH, has_phone=False)) == ["phone_missing"]
    assert codes(ANH, debt=1) == ["debt"]
    assert codes(ANH, debt=0) == []


def test_every_reason_is_named_at_once() -> None:
    nobody = Person(born_on=None, is_blocked=True, has_phone=False)

    assert codes(nobody, debt=5_000) == [
        "blocked",
        "debt",
        "phone_missing",
        "identity_missing",
        "licence_missing",
        "selfie_missing",
    ]


def test_it_shows_when_only_our_check_is_missing() -> None:
    waiting = replace(ANH, licence=Paper("needs_review"), identity=Paper("needs_review"))

    assert assess(person=waiting, demand=CAR, period=PERIOD).is_only_waiting
    assert not assess(person=replace(waiting, has_phone=False), demand=CAR, period=PERIOD).is_only_waiting
    assert not assess(person=ANH, demand=CAR, period=PERIOD).is_only_waiting


def test_the_answer_survives_json() -> None:
    person = replace(
        ANH, born_on=date(2009, 5, 5), licence=Paper("expired", date(2026, 1, 1), frozenset({"A1"}))
    )
    given = assess(person=person, demand=CAR, period=PERIOD, debt=10_000, at=PICKUP)

    kept = given.as_json()

    assert kept["is_eligible"] is False
    assert kept["age"] == 17
    assert [reason["code"] for reason in kept["reasons"]] == [
        "debt",
        "too_young",
        "licence_expired",
        "licence_class",
    ]
    assert Eligibility.from_json(kept) == given


def test_words_name_the_cure_with_its_values() -> None:
    assert (
        Reason("debt", {"amount": 250_000}).cure == "Hãy thanh toán 250.000\u00a0₫ còn thiếu rồi đặt xe lại."
    )
    assert "04/12/2026" in Reason("licence_expired", {"needed": "2026-12-04"}).cure
    assert "16 tuổi" in Reason("too_young", {"age": 16}).cure
    (reason,) = assess(
        person=replace(ANH, licence=Paper("approved", None, frozenset({"A1"}))), demand=CAR, period=PERIOD
    ).reasons
    assert "B, C1, C, D1, D2, D." in reason.cure


def test_every_code_has_words_and_a_cure() -> None:
    params = {"amount": 1, "needed": "2026-12-04", "age": 18, "classes": ["B"]}
    for code in ReasonCode.values:
        for language in ("vi", "en"):
            with translation.override(language):
                assert Reason(code, params).message
                assert "%(" not in Reason(code, params).cure
    assert set(CURES) == set(ReasonCode.values)


def test_the_refusal_carries_its_reasons() -> None:
    reasons = assess(person=replace(ANH, is_blocked=True), demand=CAR, period=PERIOD).reasons

    error = NotEligible(reasons=reasons)

    assert (error.code, error.status) == ("not_eligible", 409)
    assert error.reasons == reasons
    assert error.details["reasons"] == [
        {
            "code": "blocked",
            "params": {},
            "message": "Tài khoản đang bị khóa thuê xe.",
            "cure": "Hãy gọi tổng đài để biết lý do và cách mở lại.",
        }
    ]

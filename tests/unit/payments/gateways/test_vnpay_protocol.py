"""VNPay's wire format: amounts, times, texts, codes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.base import FactKind, FactOutcome
from payments.gateways.vnpay import protocol

TEXT = st.text(alphabet="abcXYZ019 -_.:/", min_size=1, max_size=40)


@given(st.integers(min_value=1, max_value=protocol.MAX_AMOUNT))
def test_an_amount_on_the_wire_is_a_hundred_times_the_dong_and_comes_back(amount: int) -> None:
    wire = protocol.to_wire_amount(amount)
    assert int(wire) == amount * 100
    assert len(wire) <= 12
    assert protocol.from_wire_amount(wire) == amount


@pytest.mark.parametrize("amount", [0, -1, 10_000_000_000])
def test_an_amount_that_vnpay_cannot_carry_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        protocol.to_wire_amount(amount)


@pytest.mark.parametrize("text", ["", "abc", "-100", "150", "1e4", "100.0", "１００"])
def test_what_is_not_a_whole_number_of_dong_is_no_amount(text: str) -> None:
    assert protocol.from_wire_amount(text) is None


def test_times_are_vietnams_whatever_the_servers_zone() -> None:
    half_past_midnight = datetime(2026, 11, 21, 17, 30, 15, tzinfo=UTC)
    assert protocol.to_wire_time(half_past_midnight) == "20261122003015"
    assert protocol.from_wire_time("20261122003015") == half_past_midnight
    assert protocol.from_wire_time("not a time") is None


def test_texts_lose_accents_and_special_characters() -> None:
    assert protocol.plain("Thuê xe máy điện Đà Nẵng — VG-7K2M4Q (10 giờ)!") == (
        "Thue xe may dien Da Nang VG-7K2M4Q 10 gio"
    )
    assert protocol.is_plain("https://voltgo.vn/payments/return/vnpay/")
    assert not protocol.is_plain("https://voltgo.vn/?a=b")


@given(st.dictionaries(st.sampled_from([f"vnp_{name}" for name in "ABCDEFGH"]), TEXT, min_size=1), st.data())
def test_a_change_of_any_one_character_breaks_the_signature(
    parameters: dict[str, str], data: st.DataObject
) -> None:
    signed = {**parameters, "vnp_SecureHash": protocol.sign(parameters, "secret")}
    assert protocol.verify(signed, "secret")
    name = data.draw(st.sampled_from(sorted(parameters)))
    position = data.draw(st.integers(0, len(parameters[name]) - 1))
    value = parameters[name]
    changed = value[:position] + ("Q" if value[position] != "Q" else "R") + value[position + 1 :]
    assert not protocol.verify({**signed, name: changed}, "secret")
    assert not protocol.verify(signed, "another secret")


def test_fields_are_signed_raw_in_a_fixed_order() -> None:
    message = dict.fromkeys(protocol.QUERY_FIELDS, "x") | {"vnp_OrderInfo": "a b"}
    signature = protocol.sign_fields(message, protocol.QUERY_FIELDS, "secret")
    assert protocol.verify_fields({**message, "vnp_SecureHash": signature}, protocol.QUERY_FIELDS, "secret")
    swapped = {**message, "vnp_RequestId": "a b", "vnp_OrderInfo": "x", "vnp_SecureHash": signature}
    assert not protocol.verify_fields(swapped, protocol.QUERY_FIELDS, "secret")


@pytest.mark.parametrize(
    ("response_code", "status", "kind"),
    [
        ("00", "00", FactKind.SUCCEEDED),
        ("00", "02", FactKind.FAILED),
        ("00", "01", FactKind.PENDING),
        ("24", "00", FactKind.FAILED),
        ("24", "02", FactKind.FAILED),
        ("51", "02", FactKind.FAILED),
        ("11", "02", FactKind.FAILED),
        ("07", "00", FactKind.REVIEW),
        ("07", "07", FactKind.REVIEW),
        ("00", "07", FactKind.REVIEW),
        ("00", "04", FactKind.REVIEW),
        ("99", "04", FactKind.REVIEW),
        ("", "", FactKind.FAILED),
    ],
)
def test_a_notification_means_paid_only_if_both_codes_say_so(
    response_code: str, status: str, kind: FactKind
) -> None:
    assert protocol.judge_notification(response_code, status) is kind


def test_every_outcome_has_its_answer() -> None:
    codes = {outcome: protocol.ANSWERS[outcome][0] for outcome in FactOutcome}
    assert codes == {
        FactOutcome.RECORDED: "00",
        FactOutcome.SURPLUS: "00",
        FactOutcome.PARTIAL: "00",
        FactOutcome.IGNORED: "00",
        FactOutcome.REPEATED: "02",
        FactOutcome.UNKNOWN_REFERENCE: "01",
        FactOutcome.MERCHANT_MISMATCH: "01",
        FactOutcome.AMOUNT_MISMATCH: "04",
        FactOutcome.CONFLICT: "99",
        FactOutcome.UNDECIDED: "99",
    }

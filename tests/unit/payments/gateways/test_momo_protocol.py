"""MoMo's wire format. The vectors are messages that MoMo signed with its public test keys."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payments.gateways.base import FactKind, FailureReason, Incoming
from payments.gateways.errors import SignatureInvalid
from payments.gateways.momo import protocol
from payments.gateways.momo.gateway import MoMoGateway

# Published by MoMo in its sample code; they move no money.
ACCESS_KEY = "F8BBA842ECF85"
SECRET = "K951B6PE1waDMi640xX08PD3vg6EkVlz"

SIGNED_BY_MOMO = [
    (
        "partnerCode=MOMO&orderId=MOMO1721014629740&requestId=MOMO1721014629740&amount=50000&orderInfo=pay+with+MoMo"
        "&orderType=momo_wallet&transId=4084757146&resultCode=0&message=Th%C3%A0nh+c%C3%B4ng.&payType=qr"
        "&responseTime=1721014660600&extraData="
        "&signature=a5f1ec2a40181e82ae63153bad277bc6d46451a6724fecc88a92a6e869ea2621"
    ),
    (
        "partnerCode=MOMO&orderId=6cd25bf88002596&requestId=6cd25bf88012596&amount=10000&orderInfo=pay+with+MoMo"
        "&orderType=momo_wallet&transId=3105694606&resultCode=0&message=Successful.&payType=napas"
        "&responseTime=1701645754029&extraData="
        "&signature=7c7f9acccaa791344cf63a9819ca594871b05d51bbff4f798d6e72beaa3c59f2"
    ),
    (
        "partnerCode=MOMO&orderId=ORD-251111-B98B&requestId=ORD-251111-B98B&amount=17942000"
        "&orderInfo=%C4%90%C6%A1n+h%C3%A0ng+ORD-251111-B98B&orderType=momo_wallet&transId=4610849895&resultCode=0"
        "&message=Th%C3%A0nh+c%C3%B4ng.&payType=qr&responseTime=1762884809397&extraData="
        "&signature=f03a51ba4d0c85471920036aa6e3ef0ec9993ef01ca23f46ee5405241c8a51d6"
    ),
]
GATEWAY = MoMoGateway(
    merchant="MOMO",
    access_key=ACCESS_KEY,
    secret=SECRET,
    api_url="https://test-payment.momo.vn",
    ipn_url="https://voltgo.example/webhooks/momo/",
)


def returned(vector: str) -> dict[str, str]:
    return dict(parse_qsl(vector, keep_blank_values=True))


def notification(**changes: object) -> dict[str, object]:
    message: dict[str, object] = {
        "partnerCode": "MOMO",
        "orderId": "261122-7K2M4Q9XYZ",
        "requestId": "261122-7K2M4Q9XYZ",
        "amount": 4_200_000,
        "orderInfo": "Thuê xe VG-7K2M4Q",
        "orderType": "momo_wallet",
        "transId": 4084757146,
        "resultCode": 0,
        "message": "Thành công.",
        "payType": "qr",
        "responseTime": 1_795_323_900_000,
        "extraData": "",
        **changes,
    }
    signed = {**message, "accessKey": ACCESS_KEY}
    return {**message, "signature": protocol.sign(signed, protocol.NOTIFICATION_FIELDS, SECRET)}


def incoming(message: dict[str, object]) -> Incoming:
    return Incoming(body=json.dumps(message, ensure_ascii=False).encode())


BODY = incoming(notification()).body


@pytest.mark.parametrize("vector", SIGNED_BY_MOMO)
def test_what_momo_signed_is_verified(vector: str) -> None:
    parameters = returned(vector)

    fact = GATEWAY.parse_return(parameters)

    assert (fact.kind, fact.merchant_ref) == (FactKind.SUCCEEDED, parameters["orderId"])
    assert (fact.amount, fact.provider_ref) == (int(parameters["amount"]), parameters["transId"])


@pytest.mark.parametrize("name", sorted(set(protocol.NOTIFICATION_FIELDS) - {"accessKey"} | {"signature"}))
def test_a_change_of_any_field_that_momo_signed_is_refused(name: str) -> None:
    parameters = returned(SIGNED_BY_MOMO[0])
    parameters[name] += "0"

    with pytest.raises(SignatureInvalid):
        GATEWAY.parse_return(parameters)


@example(BODY.index(b"extraData"), ord(" "))
@given(st.integers(0, len(BODY) - 1), st.integers(0, 255))
def test_a_notification_with_one_changed_byte_is_refused(position: int, byte: int) -> None:
    changed = BODY[:position] + bytes([byte]) + BODY[position + 1 :]
    if changed == BODY:
        return

    try:
        facts = GATEWAY.parse_event(Incoming(body=changed))
    except SignatureInvalid:
        return
    # A space for another space between two fields is no change of what is said.
    assert json.loads(changed) == json.loads(BODY)
    assert facts == GATEWAY.parse_event(Incoming(body=BODY))


def test_a_signed_field_that_is_missing_is_not_taken_for_an_empty_one() -> None:
    message = notification()
    del message["extraData"]

    with pytest.raises(SignatureInvalid):
        GATEWAY.parse_event(incoming(message))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"signature": 5}', b'{"signature": "\\ud800"}', b"\xff"]
)
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        GATEWAY.parse_event(Incoming(body=body))


@pytest.mark.parametrize("code", [7000, 7002, 1000, 8000, 9000, 31337, -5])
def test_pending_authorised_and_unknown_codes_are_never_a_failure(code: int) -> None:
    (fact,) = GATEWAY.parse_event(incoming(notification(resultCode=code)))

    assert (fact.kind, fact.amount, fact.reason) == (FactKind.PENDING, None, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1001, FailureReason.NO_MONEY),
        (1004, FailureReason.OVER_LIMIT),
        (1005, FailureReason.TIMED_OUT),
        (1006, FailureReason.CANCELLED),
        (1002, FailureReason.OTHER),
        (99, FailureReason.OTHER),
    ],
)
def test_final_codes_are_failures_with_a_reason(code: int, reason: FailureReason) -> None:
    (fact,) = GATEWAY.parse_event(incoming(notification(resultCode=code)))

    assert (fact.kind, fact.reason, fact.code) == (FactKind.FAILED, reason, str(code))


@pytest.mark.parametrize(
    ("code", "kind", "amount"),
    [
        (9000, FactKind.AUTHORIZED, 4_200_000),
        (0, FactKind.HOLD_CAPTURED, 4_200_000),
        (1003, FactKind.HOLD_ENDED, None),
        (1006, FactKind.HOLD_FAILED, None),
        (7002, FactKind.HOLD_PENDING, None),
    ],
)
def test_a_hold_is_told_from_a_payment_by_what_comes_back_signed(
    code: int, kind: FactKind, amount: int | None
) -> None:
    extra = protocol.extra_data(is_hold=True)

    (fact,) = GATEWAY.parse_event(incoming(notification(resultCode=code, extraData=extra)))

    assert (fact.kind, fact.amount) == (kind, amount)


def test_money_without_a_number_of_its_own_is_looked_at() -> None:
    (fact,) = GATEWAY.parse_event(incoming(notification(transId=0)))

    assert (fact.kind, fact.provider_ref) == (FactKind.REVIEW, "")


def test_the_time_of_a_payment_is_read_in_thousandths() -> None:
    (fact,) = GATEWAY.parse_event(incoming(notification()))

    assert str(fact.occurred_at) == "2026-11-22 05:05:00+00:00"
    assert fact.method == "MoMo qr"


def test_a_repetition_has_the_same_key_and_the_next_step_another() -> None:
    keys = [
        GATEWAY.dedup_key(incoming(notification(**changes)))
        for changes in ({}, {"responseTime": 1}, {"resultCode": 7002})
    ]

    assert keys[0] == keys[1] == "261122-7K2M4Q9XYZ:4084757146:0:4200000"
    assert keys[2] != keys[0]


@pytest.mark.parametrize("text", ["", "e30=", "not base64", "W10=", "eyJob2xkIjogMX0=", None, 5])
def test_other_extra_data_is_no_hold(text: object) -> None:
    assert protocol.is_hold(text) is False


def test_words_keep_their_accents_and_lose_what_separates_fields() -> None:
    assert protocol.plain("Thuê xe & cọc=1\n<b>") == "Thuê xe cọc 1 b"
    assert len(protocol.plain("x" * 500)) == 200


@pytest.mark.parametrize("merchant_ref", ["261122-7K2M4Q9XYZ", "a" * 32])
def test_our_references_are_order_ids(merchant_ref: str) -> None:
    assert protocol.ORDER_ID.match(merchant_ref)


@given(st.integers(0, 10**15))
def test_numbers_read_alike_from_json_and_from_an_address(number: int) -> None:
    assert protocol.integer(number) == protocol.integer(str(number)) == number


@pytest.mark.parametrize("value", [1.5, "1.5", "-1", "", None, True, "١"])
def test_what_is_no_whole_number_is_none(value: object) -> None:
    assert protocol.integer(value) is None

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.base import BankParty, FactKind, FactOutcome, Incoming
from payments.gateways.errors import SignatureInvalid
from payments.gateways.payos import protocol
from payments.gateways.payos.gateway import PayOSGateway
from voltgo.core.clock import LOCAL_ZONE

# Published with payOS's page about verifying notifications.
KEY = "1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675"
PUBLISHED: dict[str, Any] = {
    "orderCode": 123,
    "amount": 3000,
    "description": "VQRIO123",
    "accountNumber": "12345678",
    "reference": "TF230204212323",
    "transactionDateTime": "2023-02-04 18:25:00",
    "currency": "VND",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "code": "00",
    "desc": "Thành công",
    "counterAccountBankId": "",
    "counterAccountBankName": "",
    "counterAccountName": "",
    "counterAccountNumber": "",
    "virtualAccountName": "",
    "virtualAccountNumber": "",
}
SIGNATURE = "412e915d2871504ed31be63c8f62a149a4410d34c4c42affc9006ef9917eaa03"
ORDER_CODE = 2611221234567890

fields = st.dictionaries(
    st.text("abcXYZ", min_size=1, max_size=6),
    st.none() | st.integers() | st.text(max_size=8) | st.lists(st.dictionaries(st.text("ab"), st.integers()), max_size=2),
    max_size=6,
)  # fmt: skip


@pytest.fixture
def gateway() -> PayOSGateway:
    return PayOSGateway("client", "api-key", KEY, "http://127.0.0.1:9", {})


def event(data: dict[str, Any], *, key: str = KEY, **changes: Any) -> Incoming:
    body = {
        "code": "00",
        "desc": "success",
        "success": True,
        "data": data,
        "signature": protocol.sign(data, key),
    }
    return Incoming(body=json.dumps({**body, **changes}).encode())


def test_the_published_signature() -> None:
    assert protocol.sign(PUBLISHED, KEY) == SIGNATURE
    assert protocol.verify(PUBLISHED, SIGNATURE.upper(), KEY)


def test_what_the_bank_does_not_tell_is_signed_as_nothing() -> None:
    assert protocol.canonical({"b": None, "a": 1, "d": "null", "c": ""}) == "a=1&b=&c=&d="


def test_lists_are_signed_as_compact_json_with_sorted_names() -> None:
    data = {"transactions": [{"b": "Thành", "a": 1}]}

    assert protocol.canonical(data) == 'transactions=[{"a":1,"b":"Thành"}]'


@given(fields, st.text("abcXYZ", min_size=7, max_size=9), st.integers() | st.text(max_size=5) | st.none())
def test_a_field_that_payos_adds_is_verified_like_the_others(
    data: dict[str, Any], name: str, value: object
) -> None:
    longer = {**data, name: value}

    assert protocol.verify(longer, protocol.sign(longer, KEY), KEY)


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_no_changed_digit_of_a_signature_goes_unnoticed(at: int, digit: str) -> None:
    changed = SIGNATURE[:at] + digit + SIGNATURE[at + 1 :]

    assert protocol.verify(PUBLISHED, changed, KEY) is (changed == SIGNATURE)


@given(st.sampled_from(sorted(PUBLISHED)), st.text(min_size=1, max_size=5))
def test_no_changed_field_goes_unnoticed(name: str, value: str) -> None:
    changed = {**PUBLISHED, name: value}
    # payOS signs these two words as nothing.
    signed = "" if value in {"null", "undefined"} else value

    assert protocol.verify(changed, SIGNATURE, KEY) is (str(PUBLISHED[name]) == signed)


@given(st.integers(10**15, 2**53 - 1))
def test_an_order_code_leads_back_to_our_reference(code: int) -> None:
    assert protocol.to_order_code(protocol.from_order_code(code)) == code


@pytest.mark.parametrize(
    "merchant_ref", ["261122-ACDEFGHJKM", "", "123", "9999999999999999", "0611221234567890"]
)
def test_other_references_are_unknown_to_payos(merchant_ref: str) -> None:
    with pytest.raises(ValueError, match="number"):
        protocol.to_order_code(merchant_ref)


def test_a_transfer_becomes_a_fact(gateway: PayOSGateway) -> None:
    data = {
        **PUBLISHED,
        "orderCode": ORDER_CODE,
        "counterAccountBankName": "VCB",
        "counterAccountName": "NGUYEN VAN AN",
        "counterAccountNumber": "0909",
    }

    (fact,) = gateway.parse_event(event(data))

    assert (fact.kind, fact.merchant_ref, fact.amount) == (FactKind.SUCCEEDED, str(ORDER_CODE), 3_000)
    assert fact.provider_ref == "12345678:TF230204212323"
    assert fact.occurred_at == datetime(2023, 2, 4, 18, 25, tzinfo=LOCAL_ZONE)
    assert fact.sender == BankParty("VCB", "0909", "NGUYEN VAN AN")


def test_an_added_field_keeps_a_notification_valid(gateway: PayOSGateway) -> None:
    data = {
        **PUBLISHED,
        "orderCode": ORDER_CODE,
        "feeAmount": 0,
        "channel": None,
        "labels": [{"z": 1, "a": None}],
    }

    assert len(gateway.parse_event(event(data))) == 1


def test_a_missing_field_keeps_a_notification_valid(gateway: PayOSGateway) -> None:
    data = {name: value for name, value in PUBLISHED.items() if not name.startswith(("counter", "virtual"))}

    (fact,) = gateway.parse_event(event({**data, "orderCode": ORDER_CODE}))

    assert fact.sender is None


def test_the_test_call_says_nothing_and_is_welcome(gateway: PayOSGateway) -> None:
    assert gateway.parse_event(event(PUBLISHED)) == ()
    assert gateway.ack(FactOutcome.IGNORED).status_code == 200
    assert gateway.ack(FactOutcome.UNKNOWN_REFERENCE).status_code == 200


def test_a_failure_of_the_senders_says_nothing(gateway: PayOSGateway) -> None:
    data = {**PUBLISHED, "orderCode": ORDER_CODE, "code": "01"}

    assert gateway.parse_event(event(data)) == ()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"data": 1, "signature": "x"}', b"\xff", b'{"data": {}}']
)
def test_what_is_not_signed_is_refused(gateway: PayOSGateway, body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        gateway.parse_event(Incoming(body=body))


def test_another_key_is_refused(gateway: PayOSGateway) -> None:
    with pytest.raises(SignatureInvalid):
        gateway.parse_event(event({**PUBLISHED, "orderCode": ORDER_CODE}, key="other"))


def test_a_transfer_without_a_number_is_for_a_person(gateway: PayOSGateway) -> None:
    (fact,) = gateway.parse_event(event({**PUBLISHED, "orderCode": ORDER_CODE, "reference": ""}))

    assert fact.kind is FactKind.REVIEW


def test_two_transfers_of_one_request_are_two_events(gateway: PayOSGateway) -> None:
    first = event({**PUBLISHED, "orderCode": ORDER_CODE})
    second = event({**PUBLISHED, "orderCode": ORDER_CODE, "reference": "TF2"})

    assert gateway.dedup_key(first) == gateway.dedup_key(first)
    assert gateway.dedup_key(first) != gateway.dedup_key(second)


def test_a_failure_of_ours_asks_for_another_call(gateway: PayOSGateway) -> None:
    assert gateway.ack(None).status_code == 500
    assert gateway.ack(FactOutcome.PARTIAL).status_code == 200
    assert gateway.refuse().status_code == 400


def test_the_return_address_only_says_that_the_payer_gave_up(gateway: PayOSGateway) -> None:
    back = gateway.parse_return({"orderCode": str(ORDER_CODE), "cancel": "true", "status": "PAID"})
    paid = gateway.parse_return({"orderCode": str(ORDER_CODE), "cancel": "false", "status": "PAID"})

    assert (back.kind, paid.kind) == (FactKind.FAILED, FactKind.PENDING)

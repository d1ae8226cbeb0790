"""Our VNPay signature against a public test vector of an open implementation (lehuygiang28/vnpay, MIT)."""

from itertools import pairwise

import pytest

from payments.gateways.vnpay import protocol

SECRET = "test_secret"
RETURN = {
    "vnp_Amount": "1000000",
    "vnp_BankCode": "NCB",
    "vnp_BankTranNo": "VNP14422574",
    "vnp_CardType": "ATM",
    "vnp_OrderInfo": "Thanh toan don hang 2024-05-21T02:17:31.249Z",
    "vnp_PayDate": "20240521091806",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": "TEST_TMN_CODE",
    "vnp_TransactionNo": "14422574",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": "1716257871703",
}
SIGNATURE = (
    "649982421beb422556a1374713c74e58e716ecbd05007c0c0e1f7effdfaf361d"
    "bf146889ca446139afe11b9954c4d5c486e99e3b86fcfab6957f29eb0be72895"
)


def test_the_public_vector_is_reproduced() -> None:
    assert protocol.sign(RETURN, SECRET) == SIGNATURE
    assert protocol.verify({**RETURN, "vnp_SecureHash": SIGNATURE}, SECRET)
    assert protocol.verify({**RETURN, "vnp_SecureHash": SIGNATURE.upper()}, SECRET)


@pytest.mark.parametrize("name", sorted(RETURN))
def test_any_changed_value_is_noticed(name: str) -> None:
    value = RETURN[name]
    changed = {**RETURN, name: value[:-1] + ("1" if value[-1] != "1" else "2"), "vnp_SecureHash": SIGNATURE}
    assert not protocol.verify(changed, SECRET)


@pytest.mark.parametrize("position", range(0, 128, 9))
def test_any_changed_digit_of_the_signature_is_noticed(position: int) -> None:
    digit = "0" if SIGNATURE[position] != "0" else "1"
    forged = SIGNATURE[:position] + digit + SIGNATURE[position + 1 :]
    assert not protocol.verify({**RETURN, "vnp_SecureHash": forged}, SECRET)


def test_empty_values_foreign_parameters_and_the_hash_itself_are_not_signed() -> None:
    padded = {**RETURN, "vnp_BankTranNo2": "", "utm_source": "x", "vnp_SecureHashType": "HmacSHA512"}
    assert protocol.sign(padded, SECRET) == SIGNATURE


def test_a_missing_signature_is_a_wrong_one() -> None:
    assert not protocol.verify(RETURN, SECRET)
    assert not protocol.verify({**RETURN, "vnp_SecureHash": ""}, SECRET)


def test_the_signed_text_is_sorted_and_form_encoded() -> None:
    text = protocol.canonical(RETURN)
    names = [pair.partition("=")[0] for pair in text.split("&")]
    assert all(first < second for first, second in pairwise(names))
    assert "vnp_OrderInfo=Thanh+toan+don+hang+2024-05-21T02%3A17%3A31.249Z" in text

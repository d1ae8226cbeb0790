"""Stripe's forms and signatures, against published examples and known vectors."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.gateways.stripe import protocol
from payments.gateways.stripe.sandbox.forms import decode

SECRET = "whsec_test"
BODY = b'{"id":"evt_1","object":"event"}'
SENT_AT = 1_700_000_000
SIGNATURE = "4c15fb2a43f93ef61eaa3e0893866d57cad9cad4223242cfb96f362480cb4021"
NOW = datetime.fromtimestamp(SENT_AT, UTC)


def test_the_known_vector_is_reproduced() -> None:
    assert protocol.sign(BODY, SENT_AT, SECRET) == SIGNATURE
    assert protocol.signature_header(BODY, SENT_AT, SECRET) == f"t={SENT_AT},v1={SIGNATURE}"


@pytest.mark.parametrize(
    "header",
    [
        f"t={SENT_AT},v1={SIGNATURE}",
        f"v1={SIGNATURE}, t={SENT_AT}",
        # While the endpoint's secret is being changed, either of two may be ours; v0 is of test mode.
        f"t={SENT_AT},v1={'0' * 64},v1={SIGNATURE},v0={'1' * 64}",
    ],
)
def test_a_header_of_stripe_is_accepted(header: str) -> None:
    assert protocol.verify(header, BODY, SECRET, NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        f"v1={SIGNATURE}",
        f"t={SENT_AT}",
        f"t={SENT_AT},v0={SIGNATURE}",
        f"t={SENT_AT},v1={SIGNATURE[:-1]}",
        f"t={SENT_AT},v1={SIGNATURE.upper()}",
        f"t={SENT_AT + 1},v1={SIGNATURE}",
        f"t={SENT_AT},t={SENT_AT},v1={SIGNATURE}",
        f"t=+{SENT_AT},v1={SIGNATURE}",
        f"t={SENT_AT}.0,v1={SIGNATURE}",
        f"t=١٧٠٠٠٠٠٠٠٠,v1={SIGNATURE}",
        f"t={SENT_AT},v1=é",
        f"t={'9' * 400},v1={SIGNATURE}",
    ],
)
def test_any_other_header_is_refused(header: str) -> None:
    assert not protocol.verify(header, BODY, SECRET, NOW)


@pytest.mark.parametrize("position", range(len(BODY)))
def test_one_changed_byte_is_refused(position: int) -> None:
    changed = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]

    assert not protocol.verify(f"t={SENT_AT},v1={SIGNATURE}", changed, SECRET, NOW)


@pytest.mark.parametrize(
    ("seconds", "is_accepted"),
    [(0, True), (300, True), (301, False), (-300, True), (-301, False), (-86_400, False)],
)
def test_a_time_more_than_five_minutes_away_is_refused_in_both_directions(
    seconds: int, is_accepted: bool
) -> None:
    now = NOW + timedelta(seconds=seconds)

    assert protocol.verify(f"t={SENT_AT},v1={SIGNATURE}", BODY, SECRET, now) is is_accepted


def test_without_a_secret_nothing_is_accepted() -> None:
    header = protocol.signature_header(BODY, SENT_AT, "")

    assert not protocol.verify(header, BODY, "", NOW)


def test_forms_carry_brackets_booleans_and_lists_as_stripe_reads_them() -> None:
    form = protocol.encode(
        {
            "amount": 5_000_000,
            "confirm": True,
            "off_session": False,
            "metadata": {"booking": "VG1", "note": "xe & cọc"},
            "line_items": [{"quantity": 1}],
            "customer": None,
        }
    )

    assert form == (
        "amount=5000000&confirm=true&off_session=false&metadata[booking]=VG1&metadata[note]=xe+%26+c%E1%BB%8Dc"
        "&line_items[0][quantity]=1"
    )
    assert decode(form) == {
        "amount": "5000000",
        "confirm": "true",
        "off_session": "false",
        "metadata": {"booking": "VG1", "note": "xe & cọc"},
        "line_items": [{"quantity": "1"}],
    }


@pytest.mark.parametrize("text", ["a[b=1", "[b]=1", "a=1&a[b]=2", "]=1"])
def test_a_form_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode(text)


@pytest.mark.parametrize(
    ("card", "label"),
    [
        ({"brand": "visa", "last4": "4242"}, "Visa •••• 4242"),
        ({"brand": "amex", "last4": "0005"}, "American Express •••• 0005"),
        ({"brand": "eftpos_au", "last4": "0001"}, "Eftpos Au •••• 0001"),
        ({}, "Card"),
    ],
)
def test_a_card_is_shown_by_its_brand_and_last_digits(card: dict[str, str], label: str) -> None:
    assert protocol.card_label(card) == label

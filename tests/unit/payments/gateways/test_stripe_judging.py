"""What Stripe's objects mean, by themselves."""

from datetime import UTC, datetime
from typing import Any

import pytest

from payments.gateways.base import FactKind, FailureReason, Instrument
from payments.gateways.stripe import events, judging
from payments.gateways.stripe.protocol import Json

CREATED = 1_795_000_000
CARD = {"brand": "visa", "last4": "4242", "capture_before": CREATED + 500}
CHARGE: Json = {
    "id": "ch_1",
    "object": "charge",
    "created": CREATED,
    "payment_method_details": {"type": "card", "card": CARD},
}


def intent(use: str = "charge", **values: Any) -> Json:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 1_200_000,
        "amount_received": 0,
        "amount_capturable": 0,
        "capture_method": "manual" if use.startswith("hold") else "automatic_async",
        "currency": "vnd",
        "livemode": False,
        "latest_charge": None,
        "metadata": {"merchant_ref": "261122-A", "use": use},
        **values,
    }


def test_a_paid_intent_is_a_success_to_the_dong() -> None:
    fact = judging.judge_intent(intent(status="succeeded", amount_received=1_200_000, latest_charge=CHARGE))

    assert (fact.kind, fact.amount, fact.currency) == (FactKind.SUCCEEDED, 1_200_000, "VND")
    assert (fact.merchant_ref, fact.provider_ref, fact.merchant) == ("261122-A", "pi_1", "test")
    assert fact.method == "Visa •••• 4242"
    assert fact.occurred_at == datetime.fromtimestamp(CREATED, UTC)
    assert fact.instrument is None


def test_a_kept_card_comes_with_the_success() -> None:
    fact = judging.judge_intent(
        intent(
            "charge_and_keep",
            status="succeeded",
            amount_received=1_200_000,
            latest_charge=CHARGE,
            setup_future_usage="off_session",
            customer="cus_1",
            payment_method="pm_1",
        )
    )

    assert fact.instrument == Instrument("cus_1", "pm_1", "Visa •••• 4242")


def test_a_hold_stands_until_the_moment_that_its_card_names() -> None:
    fact = judging.judge_intent(
        intent("hold", status="requires_capture", amount_capturable=3_000_000, latest_charge=CHARGE)
    )

    assert (fact.kind, fact.amount) == (FactKind.AUTHORIZED, 3_000_000)
    assert fact.capture_before == datetime.fromtimestamp(CREATED + 500, UTC)


@pytest.mark.parametrize(
    ("use", "values", "kind"),
    [
        ("charge", {"status": "processing"}, FactKind.PENDING),
        ("charge", {"status": "requires_action"}, FactKind.PENDING),
        # On the page the payer may try another card.
        (
            "charge",
            {"status": "requires_payment_method", "last_payment_error": {"code": "x"}},
            FactKind.PENDING,
        ),
        ("hold", {"status": "requires_payment_method"}, FactKind.HOLD_PENDING),
        ("hold_kept", {"status": "requires_payment_method"}, FactKind.HOLD_FAILED),
        ("hold_kept", {"status": "processing"}, FactKind.HOLD_PENDING),
        ("charge", {"status": "canceled"}, FactKind.FAILED),
        ("hold", {"status": "canceled", "latest_charge": "ch_1"}, FactKind.HOLD_ENDED),
        ("hold", {"status": "canceled"}, FactKind.HOLD_FAILED),
        ("hold", {"status": "succeeded", "amount_received": 500_000}, FactKind.HOLD_CAPTURED),
        ("charge", {"status": "a word of tomorrow"}, FactKind.PENDING),
    ],
)
def test_each_state_has_one_meaning(use: str, values: Json, kind: FactKind) -> None:
    assert judging.judge_intent(intent(use, **values)).kind is kind


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, FailureReason.NO_MONEY),
        ({"code": "card_declined", "decline_code": "card_velocity_exceeded"}, FailureReason.OVER_LIMIT),
        ({"code": "authentication_required"}, FailureReason.WRONG_CODE),
        ({"code": "card_declined", "decline_code": "do_not_honor"}, FailureReason.OTHER),
    ],
)
def test_a_refused_hold_says_why(error: Json, reason: FailureReason) -> None:
    fact = judging.judge_intent(
        intent("hold_kept", status="requires_payment_method", last_payment_error=error)
    )

    assert (fact.kind, fact.reason) == (FactKind.HOLD_FAILED, reason)


def test_codes_fit_the_columns_that_keep_them() -> None:
    refund = {"id": "re_1", "status": "failed", "failure_reason": "expired_or_canceled_card"}
    unpaid = intent(status="requires_payment_method", last_payment_error={"code": "insufficient_funds_x"})

    assert len(judging.judge_refund(refund).code) <= 16
    assert len(judging.judge_intent(intent(status="requires_payment_method")).code) <= 16
    assert len(judging.judge_unpaid(unpaid).code) <= 16
    assert judging.judge_unpaid(unpaid).kind is FactKind.FAILED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("succeeded", FactKind.REFUND_SUCCEEDED),
        ("pending", FactKind.REFUND_PENDING),
        ("requires_action", FactKind.REFUND_PENDING),
        ("failed", FactKind.REFUND_FAILED),
        ("canceled", FactKind.REFUND_FAILED),
        ("a word of tomorrow", FactKind.REFUND_PENDING),
    ],
)
def test_each_state_of_a_refund_has_one_meaning(status: str, kind: FactKind) -> None:
    refund = {
        "id": "re_1",
        "status": status,
        "amount": 5,
        "metadata": {"request_id": "R1"},
        "currency": "vnd",
    }

    fact = judging.judge_refund(refund)

    assert (fact.kind, fact.merchant_ref, fact.provider_ref) == (kind, "R1", "re_1")


def test_a_refund_that_we_did_not_ask_for_is_named_by_its_own_number() -> None:
    assert judging.judge_refund({"id": "re_9", "status": "succeeded", "amount": 5}).merchant_ref == "re_9"


# --- Events -------------------------------------------------------------------------------------
def nobody(number: str) -> Json:
    raise AssertionError(f"{number} was asked for")


def event(kind: str, thing: Json) -> Json:
    return {"id": "evt_1", "object": "event", "type": kind, "created": CREATED, "data": {"object": thing}}


def test_a_plain_charge_needs_no_question() -> None:
    paid = intent(status="succeeded", amount_received=1_200_000, latest_charge="ch_1")
    session = {
        "id": "cs_1",
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "amount_total": 1_200_000,
        "currency": "vnd",
        "livemode": False,
        "metadata": {"merchant_ref": "261122-A", "use": "charge"},
    }

    of_intent = events.facts_of(event("payment_intent.succeeded", paid), nobody)
    of_session = events.facts_of(event("checkout.session.completed", session), nobody)

    assert of_intent == of_session != ()


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "checkout.session.completed"])
def test_a_card_that_is_kept_is_asked_for(kind: str) -> None:
    whole = intent(
        "charge_and_keep",
        status="succeeded",
        amount_received=1_200_000,
        latest_charge=CHARGE,
        setup_future_usage="off_session",
        customer="cus_1",
        payment_method="pm_1",
    )
    told = {**whole, "latest_charge": "ch_1", "payment_intent": "pi_1", "payment_status": "paid"}

    facts = events.facts_of(event(kind, told), lambda number: whole)

    assert facts[0].instrument == Instrument("cus_1", "pm_1", "Visa •••• 4242")


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("payment_intent.succeeded", {"id": "pi_9", "status": "succeeded", "metadata": {}}),
        ("payment_intent.created", intent(status="requires_payment_method")),
        ("checkout.session.completed", {"id": "cs_9", "status": "complete", "payment_status": "paid"}),
        ("charge.refunded", {**CHARGE, "metadata": {"merchant_ref": "261122-A"}}),
        ("charge.captured", {**CHARGE, "metadata": {"merchant_ref": "261122-A", "use": "charge"}}),
        (
            "charge.dispute.created",
            {"id": "du_1", "status": "warning_needs_response", "payment_intent": "pi_1"},
        ),
        ("charge.dispute.created", {"id": "du_1", "status": "needs_response", "payment_intent": None}),
        ("customer.created", {"id": "cus_1"}),
    ],
)
def test_what_is_none_of_ours_or_takes_no_money_says_nothing(kind: str, thing: Json) -> None:
    assert events.facts_of(event(kind, thing), nobody) == ()


@pytest.mark.parametrize("broken", [{}, {"type": "payment_intent.succeeded"}, {"type": [], "data": 5}])
def test_a_signed_message_without_an_object_says_nothing(broken: Json) -> None:
    assert events.facts_of(broken, nobody) == ()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("needs_response", FactKind.DISPUTE_OPENED),
        ("under_review", FactKind.DISPUTE_OPENED),
        ("won", FactKind.DISPUTE_WON),
        ("lost", FactKind.DISPUTE_LOST),
    ],
)
def test_a_dispute_names_the_payment_and_itself(status: str, kind: FactKind) -> None:
    dispute = {
        "id": "du_1",
        "status": status,
        "amount": 1_200_000,
        "currency": "vnd",
        "reason": "fraudulent",
        "payment_intent": "pi_1",
        "created": CREATED,
    }

    (fact,) = events.facts_of(
        event("charge.dispute.closed", dispute), lambda number: intent(status="succeeded")
    )

    assert (fact.kind, fact.merchant_ref, fact.provider_ref) == (kind, "261122-A", "du_1")
    assert (fact.amount, fact.code) == (1_200_000, "fraudulent")

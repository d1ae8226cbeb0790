"""Deposits held through Stripe: on the page, later on the kept card, taken in part, freed, run out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from payments.gateways.base import (
    FactKind,
    FailureReason,
    ForgetRequest,
    HoldAction,
    HoldRequest,
    Instrument,
    ProviderFact,
)
from payments.gateways.errors import HoldRefused, OutcomeUnknown
from payments.gateways.stripe.sandbox.errors import invalid
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from tests.integration.payments.gateways.test_stripe_paying import gateway, one, query, request
from voltgo.core import clock, http

DEPOSIT = 3_000_000
DAY = 86_400


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe() as running:
        yield running


def kept_card(card: str = "pm_card_visa") -> Instrument:
    """Return what is kept of a payer who has paid the rent and let the card be kept."""
    wanted = request(keeps_instrument=True)
    page = gateway().start(wanted)
    pay(page.url, card)
    fact = one(gateway().fetch(query(wanted, page.session_ref)))
    assert fact.kind is FactKind.SUCCEEDED
    assert fact.instrument is not None
    return fact.instrument


def hold_on(card: Instrument, merchant_ref: str = "261122-HOLD", amount: int = DEPOSIT) -> HoldRequest:
    return HoldRequest(merchant_ref, amount, "Cọc VG-7K2M4Q", card.customer_ref, card.method_ref)


def action(fact: ProviderFact, what: str = "take", amount: int = 0) -> HoldAction:
    return HoldAction(
        merchant_ref=fact.merchant_ref,
        provider_ref=fact.provider_ref,
        request_id=f"{fact.merchant_ref}-{what}",
        held=DEPOSIT,
        amount=amount,
        created_at=clock.now(),
    )


def test_the_rent_is_charged_and_the_deposit_held_later_on_the_same_card(sandbox: StripeSandbox) -> None:
    card = kept_card()
    assert card.label == "Visa •••• 4242"

    fact = gateway().hold(hold_on(card))

    assert (fact.kind, fact.amount, fact.merchant_ref) == (FactKind.AUTHORIZED, DEPOSIT, "261122-HOLD")
    # As the card says: four days and eighteen hours without the payer, not seven days.
    charge = sandbox.store.find("charge", payment_intent=fact.provider_ref)[0]
    assert fact.capture_before is not None
    assert fact.capture_before.timestamp() == charge["payment_method_details"]["card"]["capture_before"]
    assert fact.capture_before - clock.now() < timedelta(days=4, hours=19)
    assert gateway().fetch_hold(action(fact)) == fact


def test_a_hold_repeated_is_one_hold(sandbox: StripeSandbox) -> None:
    card = kept_card()

    assert gateway().hold(hold_on(card)) == gateway().hold(hold_on(card))
    assert len(sandbox.store.find("payment_intent", status="requires_capture")) == 1


def test_one_reference_with_another_amount_holds_nothing(sandbox: StripeSandbox) -> None:
    card = kept_card()
    gateway().hold(hold_on(card))

    with pytest.raises(OutcomeUnknown):
        gateway().hold(hold_on(card, amount=DEPOSIT + 1))

    assert [row["amount"] for row in sandbox.store.find("payment_intent", status="requires_capture")] == [
        DEPOSIT
    ]


@pytest.mark.parametrize(
    ("card", "code", "reason"),
    [
        ("pm_card_chargeCustomerFail", "insufficient_funds", FailureReason.NO_MONEY),
        ("pm_card_authenticationRequired", "authentication_required", FailureReason.WRONG_CODE),
    ],
)
def test_a_bank_may_refuse_to_hold_without_the_payer(
    sandbox: StripeSandbox, card: str, code: str, reason: FailureReason
) -> None:
    wanted = hold_on(kept_card(card))

    fact = gateway().hold(wanted)

    assert (fact.kind, fact.code, fact.reason) == (FactKind.HOLD_FAILED, code, reason)
    assert fact.provider_ref.startswith("pi_")
    assert gateway().hold(wanted) == fact
    assert gateway().fetch_hold(action(fact)).kind is FactKind.HOLD_FAILED


def test_a_card_that_is_not_kept_any_more_holds_nothing(sandbox: StripeSandbox) -> None:
    fact = gateway().hold(hold_on(replace(kept_card(), method_ref="pm_gone")))

    assert (fact.kind, fact.code) == (FactKind.HOLD_FAILED, "resource_missing")


def test_a_deposit_alone_is_held_on_the_page(sandbox: StripeSandbox) -> None:
    wanted = request(amount=DEPOSIT, is_hold=True)
    page = gateway().start(wanted)
    assert "được giữ trên thẻ, chưa bị trừ" in httpx.get(page.url).text
    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.HOLD_PENDING

    pay(page.url, "pm_card_authenticationRequiredOnSetup")
    fact = one(gateway().fetch(query(wanted, page.session_ref)))

    assert (fact.kind, fact.amount, fact.merchant_ref) == (FactKind.AUTHORIZED, DEPOSIT, wanted.merchant_ref)
    # It can be renewed without the payer.
    assert fact.instrument is not None
    assert gateway().hold(hold_on(fact.instrument, "261122-AGAIN")).kind is FactKind.AUTHORIZED


def test_a_deposit_that_nobody_let_be_held_fails(sandbox: StripeSandbox) -> None:
    wanted = request(amount=DEPOSIT, is_hold=True, expires_at=clock.now() - timedelta(seconds=2))
    page = gateway().start(wanted)
    pay(page.url, "pm_card_visa_chargeDeclined")

    fact = one(gateway().fetch(query(wanted, page.session_ref)))

    assert (fact.kind, fact.code) == (FactKind.HOLD_FAILED, "expired")


# --- Taking and freeing -------------------------------------------------------------------------
def test_a_part_is_taken_and_the_rest_is_free_at_once(sandbox: StripeSandbox) -> None:
    held = gateway().hold(hold_on(kept_card()))

    taken = gateway().capture(action(held, amount=500_000))

    assert (taken.kind, taken.amount, taken.provider_ref) == (
        FactKind.HOLD_CAPTURED,
        500_000,
        held.provider_ref,
    )
    intent = sandbox.store.get("payment_intent", held.provider_ref)
    assert intent is not None
    assert (intent["status"], intent["amount_received"], intent["amount_capturable"]) == (
        "succeeded",
        500_000,
        0,
    )


def test_a_second_capture_takes_nothing_and_tells_of_the_first(sandbox: StripeSandbox) -> None:
    held = gateway().hold(hold_on(kept_card()))
    first = gateway().capture(action(held, "take", 500_000))

    assert gateway().capture(action(held, "take", 500_000)) == first
    second = gateway().capture(action(held, "take-again", 700_000))

    assert (second.kind, second.amount) == (FactKind.HOLD_CAPTURED, 500_000)
    assert [row["status"] for row in sandbox.store.log() if "/capture" in row.get("call", "")] == [
        200,
        200,
        400,
    ]
    assert sum(row["amount"] for row in sandbox.store.find("balance_transaction")) == 1_200_000 + 500_000


def test_a_capture_that_comes_too_late_finds_the_hold_ended(sandbox: StripeSandbox) -> None:
    held = gateway().hold(hold_on(kept_card()))
    sandbox.store.clock_offset_seconds = 5 * DAY

    fact = gateway().capture(action(held, amount=500_000))

    assert (fact.kind, fact.code, fact.amount) == (FactKind.HOLD_ENDED, "automatic", None)
    assert gateway().fetch_hold(action(held)).kind is FactKind.HOLD_ENDED


def test_more_than_is_held_is_not_taken(sandbox: StripeSandbox) -> None:
    held = gateway().hold(hold_on(kept_card()))

    with pytest.raises(HoldRefused) as raised:
        gateway().capture(action(held, amount=DEPOSIT + 1))

    assert raised.value.details == {"code": "amount_too_large"}
    assert gateway().fetch_hold(action(held)).kind is FactKind.AUTHORIZED


def test_a_hold_is_freed_once_and_stays_free(sandbox: StripeSandbox) -> None:
    held = gateway().hold(hold_on(kept_card()))

    first, second = gateway().void(action(held, "free")), gateway().void(action(held, "free-again"))

    assert (first.kind, second.kind) == (FactKind.HOLD_ENDED, FactKind.HOLD_ENDED)
    assert gateway().capture(action(held, amount=1)).kind is FactKind.HOLD_ENDED


def test_what_was_taken_is_not_freed(sandbox: StripeSandbox) -> None:
    held = gateway().hold(hold_on(kept_card()))
    gateway().capture(action(held, amount=500_000))

    fact = gateway().void(action(held, "free"))

    assert (fact.kind, fact.amount) == (FactKind.HOLD_CAPTURED, 500_000)


# --- No answer ----------------------------------------------------------------------------------
def test_a_hold_that_timed_out_is_found_by_its_reference(
    sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = kept_card()
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 300
    with pytest.raises(OutcomeUnknown):
        gateway().hold(hold_on(card))
    sandbox.control.api_delay_ms = 0
    monkeypatch.undo()
    lost = HoldAction("261122-HOLD", "", "261122-HOLD-ask", held=DEPOSIT, created_at=clock.now())

    found = gateway().fetch_hold(lost)

    assert (found.kind, found.amount) == (FactKind.AUTHORIZED, DEPOSIT)
    assert gateway().hold(hold_on(card)).provider_ref == found.provider_ref
    assert gateway().void(replace(lost, request_id="free")).kind is FactKind.HOLD_ENDED


def test_a_hold_that_never_arrived_is_unknown_there(sandbox: StripeSandbox) -> None:
    nobody = HoldAction("261122-NOBODY", "", "R", held=DEPOSIT)

    assert gateway().fetch_hold(nobody).kind is FactKind.HOLD_NOT_FOUND
    assert gateway().void(nobody).kind is FactKind.HOLD_NOT_FOUND
    assert gateway().capture(nobody).kind is FactKind.HOLD_NOT_FOUND


def test_a_capture_that_timed_out_is_answered_when_it_is_repeated(
    sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = gateway().hold(hold_on(kept_card()))
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 300
    with pytest.raises(OutcomeUnknown):
        gateway().capture(action(held, amount=500_000))
    sandbox.control.api_delay_ms = 0
    monkeypatch.undo()

    fact = gateway().capture(action(held, amount=500_000))

    assert (fact.kind, fact.amount) == (FactKind.HOLD_CAPTURED, 500_000)
    assert sum(row["amount"] for row in sandbox.store.find("balance_transaction")) == 1_200_000 + 500_000


# --- Forgetting a card --------------------------------------------------------------------------
def forgetting(card: Instrument, request_id: str = "stripe:forget:1") -> ForgetRequest:
    return ForgetRequest(card.customer_ref, card.method_ref, request_id)


def test_a_card_that_was_forgotten_holds_nothing_more(sandbox: StripeSandbox) -> None:
    card = kept_card()
    before = gateway().hold(hold_on(card))

    gateway().forget(forgetting(card))

    assert sandbox.store.get("payment_method", card.method_ref)["customer"] is None  # type: ignore[index]
    assert gateway().hold(hold_on(card, "261122-AFTER")).kind is FactKind.HOLD_FAILED
    # What stood before stands.
    assert gateway().capture(action(before, amount=1_000_000)).kind is FactKind.HOLD_CAPTURED


def test_forgetting_twice_or_what_is_gone_is_forgetting(sandbox: StripeSandbox) -> None:
    card = kept_card()

    for request_id in ("a", "a", "b"):
        gateway().forget(forgetting(card, request_id))
    gateway().forget(forgetting(replace(card, method_ref="pm_gone")))

    assert [row["type"] for row in sandbox.store.find("event")].count("payment_method.detached") == 1


def test_a_refusal_to_forget_a_card_that_is_still_kept_is_no_success(
    sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = kept_card()

    def refuse(*_args: object) -> None:
        raise invalid("Not now.")

    monkeypatch.setattr(sandbox.books, "detach", refuse)

    with pytest.raises(OutcomeUnknown):
        gateway().forget(forgetting(card))

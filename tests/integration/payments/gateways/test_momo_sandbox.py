"""The MoMo adapter against the local MoMo over real HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from payments.gateways.base import FactKind, HoldAction, LineKind, QueryRequest, RefundRequest, StartRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SettlementUnreadable
from payments.gateways.momo import gateway as adapter
from payments.gateways.momo import protocol
from payments.gateways.momo.gateway import MoMoGateway
from tests.fakes.momo import PageRefused, Sandbox, pay, running_momo
from voltgo.core import clock

RETURN_URL = "http://127.0.0.1:8000/payments/return/momo/"
REF = "261122-7K2M4Q9XYZ"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_momo() as running:
        yield running


def gateway() -> MoMoGateway:
    return MoMoGateway.from_settings()


def request(merchant_ref: str = REF, **changes: object) -> StartRequest:
    now = clock.now().replace(microsecond=0)
    wanted = StartRequest(
        merchant_ref=merchant_ref,
        amount=4_200_000,
        description="Thuê xe VG-7K2M4Q & cọc",
        return_url=RETURN_URL,
        ip_address="127.0.0.1",
        language="vi",
        created_at=now,
        expires_at=now + timedelta(minutes=13),
    )
    return replace(wanted, **changes)  # type: ignore[arg-type]


def query(merchant_ref: str = REF, *, is_hold: bool = False) -> QueryRequest:
    return QueryRequest(merchant_ref, clock.now(), is_hold=is_hold)


def parameters_of(address: str) -> dict[str, str]:
    return dict(httpx.URL(address).params)


def log_of(sandbox: Sandbox, event: str) -> list[dict[str, object]]:
    return [row for row in sandbox.store.log() if row["event"] == event]


# --- Paying -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("outcome", "kind", "code"),
    [
        ("success", FactKind.SUCCEEDED, "0"),
        ("cancel", FactKind.FAILED, "1006"),
        ("no_money", FactKind.FAILED, "1001"),
        ("limit", FactKind.FAILED, "1004"),
        ("expired", FactKind.FAILED, "1005"),
        ("processing", FactKind.PENDING, "7002"),
        ("confirming", FactKind.PENDING, "7000"),
    ],
)
def test_each_ending_comes_back_signed_and_is_told_when_asked(
    sandbox: Sandbox, outcome: str, kind: FactKind, code: str
) -> None:
    address = pay(gateway().start(request()).url, outcome)

    assert address.startswith(f"{RETURN_URL}?")
    told = gateway().parse_return(parameters_of(address))
    assert (told.kind, told.code, told.merchant_ref) == (kind, code, REF)
    (asked,) = gateway().fetch(query())
    assert (asked.kind, asked.code) == (kind, code)
    assert asked.amount == (None if kind is FactKind.PENDING else 4_200_000)


def test_a_payment_not_yet_made_is_pending_and_one_never_opened_not_found(sandbox: Sandbox) -> None:
    assert gateway().fetch(query())[0].kind is FactKind.NOT_FOUND
    assert gateway().fetch(query(is_hold=True))[0].kind is FactKind.HOLD_NOT_FOUND
    gateway().start(request())
    assert (gateway().fetch(query())[0].kind, gateway().fetch(query())[0].code) == (FactKind.PENDING, "1000")


def test_a_payment_that_was_being_processed_succeeds_later(sandbox: Sandbox) -> None:
    pay(gateway().start(request()).url, "processing")

    httpx.post(f"{sandbox.url}/_settle", json={"orderId": REF, "outcome": "success"}).raise_for_status()

    (fact,) = gateway().fetch(query())
    assert (fact.kind, fact.amount) == (FactKind.SUCCEEDED, 4_200_000)


def test_a_repeated_start_leads_to_the_same_page(sandbox: Sandbox) -> None:
    started = request()

    assert gateway().start(started).url == gateway().start(started).url
    assert len(sandbox.store.find("order")) == 1


def test_the_same_reference_for_another_amount_opens_nothing(sandbox: Sandbox) -> None:
    gateway().start(request())

    with pytest.raises(OutcomeUnknown):
        gateway().start(request(amount=5_000_000))

    assert [order["amount"] for order in sandbox.store.find("order")] == [4_200_000]


@pytest.mark.parametrize("amount", [999, 50_000_001])
def test_an_amount_outside_of_momos_limits_is_not_opened(sandbox: Sandbox, amount: int) -> None:
    with pytest.raises(GatewayUnavailable):
        gateway().start(request(amount=amount))

    assert sandbox.store.find("order") == []


def test_wrong_keys_open_nothing(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    for wrong in ({"secret": "another"}, {"access_key": "another"}, {"merchant": "SOMEBODY"}):
        with pytest.raises(GatewayUnavailable):
            replace(gateway(), **wrong).start(request())

    assert sandbox.store.find("order") == []
    assert caplog.text.count("ALERT MoMo does not open payments") == 3
    assert gateway().secret not in caplog.text


def test_a_page_at_another_address_is_not_shown(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sandbox), "url", "https://momo.example.net")

    with pytest.raises(OutcomeUnknown):
        replace(gateway(), api_url=f"http://127.0.0.1:{sandbox.port}").start(request())


def test_time_runs_out_on_the_page(sandbox: Sandbox) -> None:
    url = gateway().start(request()).url
    sandbox.store.clock_offset_seconds = 16 * 60.0

    told = gateway().parse_return(parameters_of(pay(url)))

    assert (told.kind, told.code) == (FactKind.FAILED, "1005")


def test_a_payment_ends_once(sandbox: Sandbox) -> None:
    url = gateway().start(request()).url

    assert parameters_of(pay(url))["resultCode"] == "0"
    assert parameters_of(pay(url, "cancel"))["resultCode"] == "0"
    assert len(log_of(sandbox, "finished")) == 1


def test_an_unknown_page_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(PageRefused, match="400: 42"):
        pay(f"{sandbox.url}/v2/gateway/pay?t=nothing")


def test_the_page_says_that_it_is_a_test_in_both_languages(sandbox: Sandbox) -> None:
    vietnamese = httpx.get(gateway().start(request("A-1")).url).text
    english = httpx.get(gateway().start(request("A-2", language="en")).url).text

    assert '<html lang="vi">' in vietnamese
    assert "Thanh toán qua MoMo (thử)" in vietnamese
    assert "Thuê xe VG-7K2M4Q cọc" in vietnamese
    assert "No real money moves" in english
    assert "4.200.000\u00a0₫" in english


# --- Refunds ------------------------------------------------------------------------------------
def paid(merchant_ref: str = REF) -> RefundRequest:
    started = request(merchant_ref)
    told = gateway().parse_return(parameters_of(pay(gateway().start(started).url)))
    return RefundRequest(
        request_id="a" * 32,
        merchant_ref=merchant_ref,
        provider_ref=told.provider_ref,
        paid_at_provider=started.created_at,
        amount=1_000_000,
        is_full=False,
        requested_by="voltgo",
    )


def refunded(sandbox: Sandbox) -> int:
    return sum(refund["amount"] for order in sandbox.store.find("order") for refund in order["refunds"])


def test_a_refund_is_made_exactly_once_however_often_it_is_asked_for(sandbox: Sandbox) -> None:
    refund = paid()

    first, second = gateway().refund(refund), gateway().refund(refund)

    assert first == second
    assert (first.kind, first.amount) == (FactKind.REFUND_SUCCEEDED, 1_000_000)
    assert first.provider_ref not in {"", refund.provider_ref}
    assert refunded(sandbox) == 1_000_000
    assert gateway().fetch_refund(refund).kind is FactKind.REFUND_SUCCEEDED


def test_a_refund_under_way_is_pending_until_it_is_done(sandbox: Sandbox) -> None:
    sandbox.control.refund_seconds = 60.0
    refund = paid()

    kinds = [
        gateway().refund(refund).kind,
        gateway().refund(refund).kind,
        gateway().fetch_refund(refund).kind,
    ]
    sandbox.store.clock_offset_seconds = 61.0
    kinds.append(gateway().fetch_refund(refund).kind)

    assert kinds == [FactKind.REFUND_PENDING] * 3 + [FactKind.REFUND_SUCCEEDED]
    assert refunded(sandbox) == 1_000_000


def test_a_refund_that_the_bank_rejects_fails(sandbox: Sandbox) -> None:
    sandbox.control.reject_refunds = True
    refund = paid()

    assert (gateway().refund(refund).kind, gateway().refund(refund).code) == (FactKind.REFUND_FAILED, "1080")
    assert gateway().fetch_refund(refund).kind is FactKind.REFUND_FAILED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 4_200_001}, "1081"),
        ({"amount": 999}, "22"),
        ({"provider_ref": "1"}, "1088"),
    ],
)
def test_a_refund_that_momo_refuses_fails(sandbox: Sandbox, changes: dict[str, object], code: str) -> None:
    told = gateway().refund(replace(paid(), **changes))  # type: ignore[arg-type]

    assert (told.kind, told.code, told.amount) == (FactKind.REFUND_FAILED, code, None)
    assert refunded(sandbox) == 0


def test_more_than_is_left_is_refused(sandbox: Sandbox) -> None:
    refund = replace(paid(), amount=3_000_000)
    gateway().refund(refund)

    again = gateway().refund(replace(refund, request_id="b" * 32))

    assert (again.kind, again.code) == (FactKind.REFUND_FAILED, "1081")
    assert refunded(sandbox) == 3_000_000


def test_one_refund_is_told_from_another_of_the_same_payment(sandbox: Sandbox) -> None:
    first = paid()
    second = replace(first, request_id="b" * 32, amount=500_000)
    gateway().refund(first)

    assert gateway().fetch_refund(second).kind is FactKind.REFUND_NOT_FOUND
    gateway().refund(second)
    assert gateway().fetch_refund(second).amount == 500_000


def test_a_refund_whose_answer_was_lost_is_found_and_not_made_twice(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = paid()
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.2))
    sandbox.control.api_delay_ms = 600

    with pytest.raises(OutcomeUnknown):
        gateway().refund(refund)

    sandbox.control.api_delay_ms = 0
    assert gateway().fetch_refund(refund).kind is FactKind.REFUND_SUCCEEDED
    assert gateway().refund(refund).kind is FactKind.REFUND_SUCCEEDED
    assert refunded(sandbox) == 1_000_000


# --- Holds --------------------------------------------------------------------------------------
def held(outcome: str = "success") -> HoldAction:
    started = request(amount=5_000_000, is_hold=True)
    told = gateway().parse_return(parameters_of(pay(gateway().start(started).url, outcome)))
    return HoldAction(
        merchant_ref=REF,
        provider_ref=told.provider_ref,
        request_id=f"{REF}-take",
        held=5_000_000,
        amount=5_000_000,
        created_at=started.created_at,
    )


def test_a_hold_is_authorised_and_takes_no_money(sandbox: Sandbox) -> None:
    action = held()

    fact = gateway().fetch_hold(action)

    assert (fact.kind, fact.amount, fact.code) == (FactKind.AUTHORIZED, 5_000_000, "9000")
    assert list(sandbox.settled_on(clock.today())) == []


def test_a_hold_is_taken_once(sandbox: Sandbox) -> None:
    action = held()

    first, second = gateway().capture(action), gateway().capture(action)

    assert (first.kind, first.amount, first.provider_ref) == (
        FactKind.HOLD_CAPTURED,
        5_000_000,
        action.provider_ref,
    )
    assert second == first
    # Under another request id it is still known to be taken.
    third = gateway().capture(replace(action, request_id="another"))
    assert (third.kind, third.amount) == (FactKind.HOLD_CAPTURED, 5_000_000)
    assert len(log_of(sandbox, "capture")) == 1


def test_a_part_of_a_hold_cannot_be_taken(sandbox: Sandbox) -> None:
    action = held()

    with pytest.raises(ValueError, match="all of a hold"):
        gateway().capture(replace(action, amount=1))

    assert gateway().fetch_hold(action).kind is FactKind.AUTHORIZED


def test_a_freed_hold_is_over_and_cannot_be_taken(sandbox: Sandbox) -> None:
    action = held()

    assert gateway().void(replace(action, request_id=f"{REF}-free")).kind is FactKind.HOLD_ENDED
    assert gateway().capture(action).kind is FactKind.HOLD_ENDED
    assert gateway().fetch_hold(action).kind is FactKind.HOLD_ENDED


def test_a_taken_hold_is_not_freed(sandbox: Sandbox) -> None:
    action = held()
    gateway().capture(action)

    fact = gateway().void(replace(action, request_id=f"{REF}-free"))

    assert (fact.kind, fact.amount) == (FactKind.HOLD_CAPTURED, 5_000_000)


def test_a_hold_that_momo_let_go_is_over(sandbox: Sandbox) -> None:
    action = held()
    sandbox.store.clock_offset_seconds = 8 * 86_400.0

    assert gateway().capture(action).kind is FactKind.HOLD_ENDED
    assert gateway().fetch_hold(action).code == "1003"


def test_a_hold_that_the_payer_refused_failed(sandbox: Sandbox) -> None:
    assert gateway().fetch_hold(held("cancel")).kind is FactKind.HOLD_FAILED


def test_a_capture_whose_answer_was_lost_is_found(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    action = held()
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.2))
    sandbox.control.api_delay_ms = 600

    with pytest.raises(OutcomeUnknown):
        gateway().capture(action)

    sandbox.control.api_delay_ms = 0
    assert gateway().fetch_hold(action).kind is FactKind.HOLD_CAPTURED
    assert gateway().capture(action).kind is FactKind.HOLD_CAPTURED


# --- Trouble ------------------------------------------------------------------------------------
def test_a_provider_in_trouble_leaves_the_outcome_unknown(sandbox: Sandbox) -> None:
    refund = paid()
    sandbox.control.http_status = 503

    for call in (
        lambda: gateway().start(request("261122-OTHER")),
        lambda: gateway().fetch(query()),
        lambda: gateway().refund(refund),
        lambda: gateway().fetch_refund(refund),
    ):
        with pytest.raises(OutcomeUnknown):
            call()
    assert refunded(sandbox) == 0


def test_a_provider_that_is_not_there_is_unavailable(sandbox: Sandbox) -> None:
    refund = paid()
    sandbox.stop()

    for call in (
        lambda: gateway().start(request("261122-OTHER")),
        lambda: gateway().fetch(query()),
        lambda: gateway().refund(refund),
    ):
        with pytest.raises(GatewayUnavailable):
            call()


def test_an_answer_about_another_order_is_not_believed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(gateway().start(request()).url)
    told = sandbox._body
    monkeypatch.setattr(
        sandbox, "_body", lambda wanted, code, more: told(wanted, code, more) | {"orderId": "261122-OTHER"}
    )

    with pytest.raises(OutcomeUnknown):
        gateway().fetch(query())


# --- Settlement ---------------------------------------------------------------------------------
def test_the_settlement_file_tells_payments_and_refunds_of_the_day(sandbox: Sandbox) -> None:
    refund = paid()
    told = gateway().refund(refund)
    pay(gateway().start(request("261122-OTHER")).url, "cancel")

    content = httpx.get(f"{sandbox.url}/_settlement", params={"day": clock.today().isoformat()}).content

    assert [
        (line.kind, line.provider_ref, line.merchant_ref, line.amount, line.fee)
        for line in gateway().parse_settlement(content)
    ] == [
        (LineKind.PAYMENT, refund.provider_ref, REF, 4_200_000, 63_000),
        (LineKind.REFUND, told.provider_ref, "a" * 32, -1_000_000, 0),
    ]
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    empty = httpx.get(f"{sandbox.url}/_settlement", params={"day": tomorrow}).content
    assert gateway().parse_settlement(empty) == []


def test_another_file_is_unreadable() -> None:
    with pytest.raises(SettlementUnreadable):
        gateway().parse_settlement(b"<html>")


def test_the_limits_are_told_to_those_who_offer_it() -> None:
    capabilities = gateway().capabilities

    assert (capabilities.min_amount, capabilities.max_amount) == (1_000, protocol.MAX_AMOUNT)
    assert (capabilities.hold, capabilities.partial_capture, capabilities.reuse) == (True, False, False)
    assert capabilities.calls_to_start

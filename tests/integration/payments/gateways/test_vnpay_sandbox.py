"""The local VNPay over real HTTP: it refuses what VNPay refuses and tells what VNPay tells."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from payments.gateways.base import FactKind, LineKind, QueryRequest, RefundRequest, StartRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown, SettlementUnreadable
from payments.gateways.sandbox.customer import PageRefused
from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.gateway import VNPayGateway
from payments.gateways.vnpay.sandbox.server import Sandbox
from payments.gateways.vnpay.sandbox.store import Store
from tests.fakes.vnpay import pay, running_sandbox
from voltgo.core import clock

RETURN_URL = "http://127.0.0.1:8000/payments/return/vnpay/"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


def gateway() -> VNPayGateway:
    return VNPayGateway.from_settings()


def request(merchant_ref: str = "261122-AAAA", *, minutes: int = 13, language: str = "vi") -> StartRequest:
    now = clock.now().replace(microsecond=0)
    return StartRequest(
        merchant_ref=merchant_ref,
        amount=4_200_000,
        description="Thuê xe VG-7K2M4Q",
        return_url=RETURN_URL,
        ip_address="127.0.0.1",
        language=language,
        created_at=now,
        expires_at=now + timedelta(minutes=minutes),
    )


def parameters_of(address: str) -> dict[str, str]:
    return dict(httpx.URL(address).params)


def query(started: StartRequest) -> QueryRequest:
    return QueryRequest(started.merchant_ref, started.created_at)


@pytest.mark.parametrize(
    ("outcome", "kind", "code"),
    [
        ("success", FactKind.SUCCEEDED, "00/00"),
        ("cancel", FactKind.FAILED, "24/02"),
        ("no_money", FactKind.FAILED, "51/02"),
        ("expired", FactKind.FAILED, "11/02"),
        ("wrong_otp", FactKind.FAILED, "13/02"),
        ("suspicious", FactKind.REVIEW, "07/07"),
        ("reversed", FactKind.REVIEW, "99/04"),
        ("contradiction", FactKind.FAILED, "00/02"),
    ],
)
def test_each_ending_comes_back_signed_and_is_told_when_asked(
    sandbox: Sandbox, outcome: str, kind: FactKind, code: str
) -> None:
    started = request()
    address = pay(gateway().start(started).url, outcome)
    assert address.startswith(f"{RETURN_URL}?")
    told = gateway().parse_return(parameters_of(address))
    assert (told.kind, told.code, told.amount) == (kind, code, 4_200_000)
    asked = gateway().fetch(query(started))[0]
    # A query tells the state of the transaction, not why it failed.
    assert asked.kind is kind
    assert asked.amount == 4_200_000


def test_a_payment_not_yet_finished_is_pending_and_one_never_opened_not_found(sandbox: Sandbox) -> None:
    started = request()
    assert gateway().fetch(query(started))[0].kind is FactKind.NOT_FOUND
    httpx.get(gateway().start(started).url)
    assert gateway().fetch(query(started))[0].kind is FactKind.PENDING


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"vnp_TmnCode": "SOMEBODY"}, "02"),
        ({"vnp_CurrCode": "USD"}, "03"),
        ({"vnp_Amount": "-5"}, "03"),
        ({"vnp_Amount": "1" * 13}, "03"),
        ({"vnp_OrderInfo": "Thuê xe"}, "03"),
        ({"vnp_CreateDate": "yesterday"}, "03"),
        ({"vnp_TxnRef": ""}, "03"),
        ({"vnp_Version": "1.0.0"}, "03"),
        ({"vnp_Locale": "fr"}, "03"),
    ],
)
def test_a_wrong_request_is_not_opened(sandbox: Sandbox, change: dict[str, str], code: str) -> None:
    parameters = parameters_of(gateway().start(request()).url) | change
    del parameters["vnp_SecureHash"]
    url = protocol.payment_url(sandbox.pay_url, parameters, sandbox.secret)
    with pytest.raises(PageRefused, match=f"400: {code}"):
        pay(url)
    assert sandbox.store.recent_payments() == []


def test_a_changed_request_is_not_opened(sandbox: Sandbox) -> None:
    url = gateway().start(request()).url.replace("vnp_Amount=420000000", "vnp_Amount=100")
    with pytest.raises(PageRefused, match="400: 97"):
        pay(url)


def test_a_reference_is_used_once_a_day(sandbox: Sandbox) -> None:
    pay(gateway().start(request()).url, "cancel")
    with pytest.raises(PageRefused, match="400: 01"):
        pay(gateway().start(request()).url)
    sandbox.store.clock_offset_seconds = 86_400.0
    pay(gateway().start(request()).url, "cancel")


def test_time_runs_out_on_the_page(sandbox: Sandbox) -> None:
    url = gateway().start(request()).url
    sandbox.store.clock_offset_seconds = 14 * 60.0
    told = gateway().parse_return(parameters_of(pay(url)))
    assert (told.kind, told.code) == (FactKind.FAILED, "11/02")


def test_a_payment_ends_once(sandbox: Sandbox) -> None:
    url = gateway().start(request()).url
    page = httpx.get(url, follow_redirects=True)
    token = page.url.params["token"]
    answers = [
        httpx.post(f"{sandbox.url}/paymentv2/confirm", data={"token": token, "outcome": outcome}).headers[
            "Location"
        ]
        for outcome in ("success", "cancel")
    ]
    assert answers[0] == answers[1]


def test_the_page_says_that_it_is_a_test_in_both_languages(sandbox: Sandbox) -> None:
    vietnamese = httpx.get(gateway().start(request("A-1")).url, follow_redirects=True).text
    english = httpx.get(gateway().start(request("A-2", language="en")).url, follow_redirects=True).text
    assert '<html lang="vi">' in vietnamese
    assert "Không có tiền thật nào được chuyển" in vietnamese
    assert '<html lang="en">' in english
    assert "No real money moves" in english
    assert "4.200.000\u00a0₫" in english


def test_text_of_the_order_is_escaped_on_the_page(sandbox: Sandbox) -> None:
    parameters = parameters_of(gateway().start(request()).url)
    del parameters["vnp_SecureHash"]
    parameters["vnp_OrderInfo"] = "<script>alert(1)</script>"
    url = protocol.payment_url(sandbox.pay_url, parameters, sandbox.secret)
    assert "<script>" not in httpx.get(url, follow_redirects=True).text


# --- Refunds ------------------------------------------------------------------------------------
def paid(merchant_ref: str = "261122-AAAA") -> RefundRequest:
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


def with_(refund: RefundRequest, **changes: object) -> RefundRequest:
    return replace(refund, **changes)  # type: ignore[arg-type]


def test_a_refund_is_taken_then_processed_then_done(sandbox: Sandbox) -> None:
    sandbox.control.refund_seconds = 100.0
    refund = paid()
    taken = gateway().refund(refund)
    assert (taken.kind, taken.code) == (FactKind.REFUND_PENDING, "00/05")
    asked = with_(refund, refund_ref=taken.provider_ref)
    codes = []
    for offset in (0.0, 60.0, 101.0):
        sandbox.store.clock_offset_seconds = offset
        codes.append(gateway().fetch_refund(asked).code)
    assert codes == ["00/05", "00/06", "00/00"]
    assert gateway().fetch_refund(asked).kind is FactKind.REFUND_SUCCEEDED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 4_200_001}, "93/"),
        ({"amount": 4_199_999, "is_full": True}, "93/"),
        ({"merchant_ref": "261122-NOBODY"}, "91/"),
    ],
)
def test_a_refund_that_vnpay_refuses_fails(sandbox: Sandbox, changes: dict[str, object], code: str) -> None:
    told = gateway().refund(with_(paid(), **changes))
    assert (told.kind, told.code) == (FactKind.REFUND_FAILED, code)


def test_a_refund_names_the_payment_by_its_exact_time(sandbox: Sandbox) -> None:
    refund = paid()
    shifted = with_(refund, paid_at_provider=refund.paid_at_provider + timedelta(seconds=1))
    assert gateway().refund(shifted).code == "91/"


def test_a_refund_of_a_failed_payment_is_refused(sandbox: Sandbox) -> None:
    started = request()
    pay(gateway().start(started).url, "no_money")
    refund = RefundRequest(
        "b" * 32, started.merchant_ref, "1", started.created_at, 1, is_full=False, requested_by="x"
    )
    assert gateway().refund(refund).code == "95/"


def test_more_than_is_left_is_refused_and_a_repeated_request_is_in_progress(sandbox: Sandbox) -> None:
    refund = with_(paid(), amount=3_000_000)
    assert gateway().refund(refund).kind is FactKind.REFUND_PENDING
    assert gateway().refund(refund).kind is FactKind.REFUND_PENDING
    assert gateway().refund(with_(refund, request_id="c" * 32)).code == "93/"
    assert len([line for line in sandbox.store.log() if line["event"] == "refund"]) == 1


# --- Misbehaving --------------------------------------------------------------------------------
def test_an_answer_with_a_wrong_signature_is_not_believed(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    started = request()
    pay(gateway().start(started).url)
    sandbox.secret = "another secret"
    with pytest.raises(OutcomeUnknown):
        gateway().fetch(query(started))[0]


def test_a_provider_in_trouble_leaves_the_outcome_unknown(sandbox: Sandbox) -> None:
    httpx.post(f"{sandbox.url}/_control", json={"http_status": 503})
    with pytest.raises(OutcomeUnknown):
        gateway().fetch(query(request()))[0]


def test_a_provider_that_is_not_there_is_unavailable(sandbox: Sandbox) -> None:
    sandbox.stop()
    with pytest.raises(GatewayUnavailable):
        gateway().fetch(query(request()))[0]


def test_switches_are_named_and_typed(sandbox: Sandbox) -> None:
    answer = httpx.post(f"{sandbox.url}/_control", json={"delay_ms": "250", "reorder": True}).json()
    assert (answer["delay_ms"], answer["reorder"]) == (250, True)
    assert httpx.post(f"{sandbox.url}/_control", json={"explode": 1}).status_code == 400
    assert httpx.get(f"{sandbox.url}/_control").json() == answer


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "sandbox.sqlite3")
    with running_sandbox(store=Store(path)) as first:
        started = request()
        pay(gateway().start(started).url)
        number = first.store.recent_payments()[0]["transaction_no"]
    with running_sandbox(store=Store(path)):
        assert gateway().fetch(query(started))[0].provider_ref == number
        with pytest.raises(PageRefused, match="400: 01"):
            pay(gateway().start(request()).url)


def test_it_listens_on_the_loopback_interface_only(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert sandbox._server.server_address[0] == "127.0.0.1"


def test_the_settlement_file_tells_payments_and_refunds_of_the_day(sandbox: Sandbox) -> None:
    refund = paid()
    taken = gateway().refund(refund)
    pay(gateway().start(request("261122-BBBB")).url, "no_money")

    content = httpx.get(f"{sandbox.url}/_settlement", params={"day": clock.today().isoformat()}).content

    assert [
        (line.kind, line.provider_ref, line.merchant_ref, line.amount, line.fee)
        for line in gateway().parse_settlement(content)
    ] == [
        (LineKind.PAYMENT, refund.provider_ref, "261122-AAAA", 4_200_000, 46_200),
        (LineKind.REFUND, taken.provider_ref, "a" * 32, -1_000_000, 0),
    ]


def test_a_settlement_file_of_another_layout_is_unreadable() -> None:
    with pytest.raises(SettlementUnreadable):
        gateway().parse_settlement(b"STT;So tien\n1;2\n")

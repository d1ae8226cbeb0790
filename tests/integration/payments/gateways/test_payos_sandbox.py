"""The local payOS's own pages and switches."""

from collections.abc import Iterator

import httpx
import pytest

from payments.gateways.bank.statement import parse_statement
from payments.gateways.payos.sandbox import account as bank
from payments.intents.models import PaymentIntent
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, RENT, make_intent
from tests.fakes.payos import PayOSSandbox, begin, code_of, running_payos

AMOUNT = RENT + DEPOSIT


@pytest.fixture
def intent() -> PaymentIntent:
    return make_intent(payer=make_user(full_name="Nguyễn Minh Anh"))


@pytest.fixture
def payos() -> Iterator[PayOSSandbox]:
    with running_payos() as running:
        yield running


@pytest.mark.parametrize(
    ("outcome", "received", "status"),
    [
        ("exact", [AMOUNT], "PAID"),
        ("short", [AMOUNT // 2], "UNDERPAID"),
        ("over", [AMOUNT + 100_000], "PAID"),
        ("twice", [AMOUNT, AMOUNT], "PAID"),
        ("late", [AMOUNT], "PAID"),
        ("garbled", [], "PENDING"),
        ("cancel", [], "CANCELLED"),
        ("custom&amount=70000", [70_000], "UNDERPAID"),
    ],
)
def test_the_page_plays_every_outcome(
    intent: PaymentIntent, payos: PayOSSandbox, outcome: str, received: list[int], status: str
) -> None:
    told = begin(intent)
    assert httpx.get(told.url).status_code == 200

    answer = httpx.post(told.url, content=f"outcome={outcome}", follow_redirects=False)

    assert answer.status_code == 302
    assert f"orderCode={code_of(intent)}" in answer.headers["Location"]
    assert [row["amount"] for row in bank.paid_to(payos.store, int(code_of(intent)))] == received
    (link,) = payos.store.find("link")
    assert payos.status_of(link) == status


def test_anybody_may_transfer_past_payos(payos: PayOSSandbox) -> None:
    httpx.post(f"{payos.url}/_transfer", json={"amount": 70_000, "memo": "cam on", "name": "LE VAN B"})
    httpx.post(f"{payos.url}/_transfer", data={"amount": "-50000", "memo": "hoan tien"})

    rows = parse_statement(httpx.get(f"{payos.url}/_statement").content)

    assert [(row.amount, row.memo) for row in rows] == [(70_000, "cam on"), (-50_000, "hoan tien")]
    assert "Chuyển khoản ngoài payOS" in httpx.get(f"{payos.url}/").text


def test_payos_refuses_strangers(payos: PayOSSandbox) -> None:
    answer = httpx.post(f"{payos.url}/v2/payment-requests", json={}, headers={"x-client-id": "x"})

    assert (answer.status_code, answer.json()["code"]) == (401, "401")

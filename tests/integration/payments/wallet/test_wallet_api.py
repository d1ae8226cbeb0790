"""The wallet for the app: one's own rows, and 404 for another's."""

from typing import Any

import pytest
from django.test import Client

from accounts.users.models import User
from payments.intents import services
from payments.intents.models import Deposit, Payment
from payments.invoices.documents import ReceiptLine
from payments.invoices.services import issue_receipt
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, RENT, make_intent
from tests.factories.ways_back import SENDER, give_back, receive
from voltgo.core.actors import SYSTEM

API = "/api/v1/wallet"


@pytest.fixture
def renter() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def addresses(renter: User) -> dict[str, str]:
    """Let a renter pay and get money back; return the address of each row by its list."""
    intent = make_intent(payer=renter)
    receive(intent, "bank", sender=SENDER)
    refund = give_back(intent, RENT)
    receipt = issue_receipt(
        reference=intent.reference,
        payer=renter,
        lines=[ReceiptLine("Thuê xe", "Rental", RENT, 800)],
        title=("Biên nhận", "Receipt"),
        details=[],
        paid_by=[],
        by=SYSTEM,
    )
    return {
        "payments": f"{API}/payments/{Payment.objects.get().pk}",
        "refunds": f"{API}/refunds/{refund.pk}",
        "deposits": f"{API}/deposits/{Deposit.objects.get().pk}",
        "receipts": f"{API}/receipts/{receipt.pk}",
    }


def results(client: Client, name: str) -> list[dict[str, Any]]:
    answer = client.get(f"{API}/{name}")
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_the_app_sees_what_was_paid_held_and_returned(renter: User) -> None:
    rows = addresses(renter)
    client = as_user(renter)
    assert client.get(API).json() == {"credit": 0, "payable_out": 0, "debt": 0}
    (payment,) = results(client, "payments")
    assert (payment["amount"], payment["deposit_amount"], payment["provider"]) == (
        RENT + DEPOSIT,
        DEPOSIT,
        "bank",
    )
    (refund,) = results(client, "refunds")
    assert (refund["state"], refund["way"], refund["amount"]) == ("by_hand", "transfer", RENT)
    assert refund["payee"] == "Vietcombank •••• 4567, NGUYEN MINH ANH"
    (deposit,) = results(client, "deposits")
    assert (deposit["remaining"], deposit["on_hold"]) == (DEPOSIT, 0)
    (receipt,) = results(client, "receipts")
    assert (receipt["total"], receipt["has_pdf"]) == (RENT, False)
    for name, address in rows.items():
        assert client.get(address).json() == results(client, name)[0]
    assert client.get(f"{rows['receipts']}/pdf").status_code == 409
    assert "0071001234567" not in client.get(rows["refunds"]).content.decode()


def test_a_stranger_gets_404_for_every_row_and_empty_lists(renter: User) -> None:
    rows = addresses(renter)
    stranger = as_user(make_user(full_name="Người Lạ"))
    for name, address in rows.items():
        assert stranger.get(address).status_code == 404, name
        assert results(stranger, name) == []
    assert stranger.get(f"{rows['receipts']}/pdf").status_code == 404
    assert stranger.get(API).json()["credit"] == 0


def test_nobody_reads_a_wallet_without_signing_in(renter: User) -> None:
    for address in [API, *addresses(renter).values()]:
        assert Client().get(address).status_code in {401, 403}


def test_nothing_is_written_through_the_wallet(renter: User) -> None:
    rows = addresses(renter)
    client = as_user(renter)
    for address in rows.values():
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(address, {"amount": 1}).status_code in {403, 405}
    assert services.credit_of(renter) == 0

"""The renter's wallet: what stands in it, what can be done there, and that nobody sees another's."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from payments.intents import services
from payments.intents.enums import (
    AdjustmentKind,
    CreditPayoutState,
    HoldState,
    Purpose,
    RefundState,
    RefundWay,
)
from payments.intents.models import CreditPayout, Deposit, DepositHold, PaymentIntent, Refund, SavedInstrument
from payments.invoices.documents import ReceiptLine
from payments.invoices.models import Receipt
from payments.invoices.services import issue_receipt
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, RENT, make_intent, make_paid_intent
from tests.factories.ways_back import OPERATOR, SENDER, give_back, receive
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

ACCOUNT = {"bank": "ACB", "number": "123456789", "name": "NGUYEN MINH ANH"}


@pytest.fixture
def renter() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def client_of_renter(renter: User) -> Client:
    client = Client()
    client.force_login(renter)
    return client


@pytest.fixture
def client_of_stranger() -> Client:
    client = Client()
    client.force_login(make_user(full_name="Người Lạ"))
    return client


def give_credit(user: User, amount: int) -> None:
    services.adjust(
        kind=AdjustmentKind.CREDIT,
        person=user,
        amount=amount,
        reason="battery was low",
        idempotency_key=f"gift:{user.pk}:{amount}",
        by=OPERATOR,
    )


def make_card(user: User) -> SavedInstrument:
    return SavedInstrument.objects.create(
        payer=user, provider="stripe", customer_ref="cus_1", method_ref="pm_1", label="Visa •••• 4242"
    )


def read(client: Client, **query: str) -> str:
    response = client.get(reverse("payments:wallet"), query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


# --- The page -----------------------------------------------------------------------------------
def test_an_empty_wallet_says_what_will_be_there(client_of_renter: Client) -> None:
    page = read(client_of_renter)
    assert "Chưa có khoản nào" in page
    assert "0 ₫" in page


def test_the_wallet_needs_a_sign_in() -> None:
    response = Client().get(reverse("payments:wallet"))
    assert (response.status_code, "/account/login/" in response["Location"]) == (302, True)


def test_a_deposit_is_told_by_what_it_is(client_of_renter: Client, renter: User) -> None:
    make_paid_intent(payer=renter)
    assert "Đã thu, sẽ hoàn sau chuyến đi" in read(client_of_renter)
    Deposit.objects.update(on_hold=DEPOSIT)
    page = read(client_of_renter)
    assert "Giữ trên thẻ, chưa thu" in page
    assert "Đã thu, sẽ hoàn" not in page
    Deposit.objects.update(on_hold=0, released=2_500_000, retained=500_000, retained_until=date(2026, 12, 30))
    page = read(client_of_renter)
    assert "Giữ lại chờ phạt nguội đến" in page
    assert "30/12/2026" in page


def test_payments_refunds_and_credit_stand_in_one_list(client_of_renter: Client, renter: User) -> None:
    paid = make_paid_intent(payer=renter)
    give_back(paid, 500_000, way=RefundWay.CREDIT)
    give_credit(renter, 100_000)
    page = read(client_of_renter)
    assert "Thanh toán qua VNPay" in page
    assert "Hoàn tiền: hủy đơn" in page
    assert "600.000" in page
    only = read(client_of_renter, kind="refunds")
    assert "Hoàn tiền: hủy đơn" in only
    assert "Thanh toán qua VNPay" not in only


def test_the_list_is_searched_by_booking_code_and_time(client_of_renter: Client, renter: User) -> None:
    make_paid_intent(payer=renter, reference="order:VG-AAAAAA", deposit_amount=0)
    make_paid_intent(payer=renter, reference="order:VG-BBBBBB", deposit_amount=0)
    page = read(client_of_renter, code="aaaaaa")
    assert "VG-AAAAAA" in page
    assert "VG-BBBBBB" not in page
    assert "Không có khoản nào khớp" in read(client_of_renter, code="%")
    assert "VG-AAAAAA" in read(client_of_renter, span="30")
    assert "VG-AAAAAA" in read(client_of_renter, span="nonsense", kind="nonsense")


def test_the_list_has_pages_and_asks_the_same_questions_whatever_its_length(
    client_of_renter: Client, renter: User, django_assert_max_num_queries: object
) -> None:
    for number in range(23):
        make_paid_intent(payer=renter, reference=f"order:VG-{number:06d}", deposit_amount=0)
    assert "Trang 1 / 2" in read(client_of_renter)
    assert read(client_of_renter, page="2").count('class="move"') == 3
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        read(client_of_renter)


def test_a_debt_has_a_button_to_pay(client_of_renter: Client, renter: User) -> None:
    debt = make_intent(
        payer=renter, purpose=Purpose.BALANCE, prepayment_amount=300_000, deposit_amount=0, minutes=600
    )
    page = read(client_of_renter)
    assert "Còn thiếu 300.000" in page
    assert debt.get_absolute_url() in page


def test_a_refund_page_says_when_to_expect_the_money(client_of_renter: Client, renter: User) -> None:
    refund = give_back(make_paid_intent(payer=renter), 500_000)
    page = client_of_renter.get(reverse("payments:refund-detail", args=[refund.pk])).content.decode()
    assert "thường trong 1 đến 7 ngày làm việc" in page
    assert "Về VNPay" in page


def test_the_renter_names_an_account_and_sees_its_last_digits_only(
    client_of_renter: Client, renter: User
) -> None:
    intent = make_intent(payer=renter)
    receive(intent, "bank")
    refund = give_back(intent, RENT)
    url = reverse("payments:refund-detail", args=[refund.pk])
    assert "Cần tài khoản của bạn" in client_of_renter.get(url).content.decode()
    refused = client_of_renter.post(url, {**ACCOUNT, "number": "12"})
    assert refused.status_code == 422
    refund.refresh_from_db()
    assert refund.payee is None
    assert client_of_renter.post(url, ACCOUNT).status_code == 302
    page = client_of_renter.get(url).content.decode()
    assert "ACB •••• 6789, NGUYEN MINH ANH" in page
    assert "123456789" not in page


def test_a_waiting_refund_becomes_credit_at_the_press_of_a_button(
    client_of_renter: Client, renter: User
) -> None:
    intent = make_intent(payer=renter)
    receive(intent, "bank", sender=SENDER)
    refund = give_back(intent, RENT)
    client_of_renter.post(reverse("payments:refund-credit", args=[refund.pk]), {"amount": "99000000"})
    refund.refresh_from_db()
    assert (refund.state, services.credit_of(renter)) == (RefundState.SUCCEEDED, RENT)


def test_credit_is_taken_out_once_for_one_form(client_of_renter: Client, renter: User) -> None:
    give_credit(renter, 900_000)
    values = {**ACCOUNT, "amount": "600000", "key": str(uuid4())}
    for _ in range(2):
        assert client_of_renter.post(reverse("payments:payout"), values).status_code == 302
    payout = CreditPayout.objects.get()
    assert (payout.amount, services.credit_of(renter)) == (600_000, 300_000)
    too_much = {**values, "amount": "300001", "key": str(uuid4())}
    assert client_of_renter.post(reverse("payments:payout"), too_much).status_code == 409
    client_of_renter.post(reverse("payments:payout-cancel", args=[payout.pk]))
    payout.refresh_from_db()
    assert (payout.state, services.credit_of(renter)) == (CreditPayoutState.CANCELLED, 900_000)


def test_a_card_is_forgotten_unless_a_deposit_hangs_on_it(client_of_renter: Client, renter: User) -> None:
    card = make_card(renter)
    intent = make_paid_intent(payer=renter)
    hold = DepositHold.objects.create(
        deposit=Deposit.objects.get(), intent=intent, provider="stripe", instrument=card,
        merchant_ref="h1", amount=DEPOSIT, place_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    client_of_renter.post(reverse("payments:card-forget", args=[card.pk]))
    card.refresh_from_db()
    assert card.forgotten_at is None
    DepositHold.objects.filter(pk=hold.pk).update(state=HoldState.ENDED)
    client_of_renter.post(reverse("payments:card-forget", args=[card.pk]))
    assert SavedInstrument.objects.filter(forgotten_at__isnull=False).exists()
    assert reverse("payments:card-forget", args=[card.pk]) not in read(client_of_renter)


# --- Paying with credit -------------------------------------------------------------------------
def test_the_payment_page_offers_credit_and_takes_no_amount_from_the_browser(
    client_of_renter: Client, renter: User
) -> None:
    give_credit(renter, 700_000)
    intent = make_intent(payer=renter)
    page = client_of_renter.get(intent.get_absolute_url()).content.decode()
    assert "700.000\u00a0₫ từ số dư" in page
    forged = {"amount": "1", "currency": "USD", "purpose": "fine", "method": "credit"}
    response = client_of_renter.post(reverse("payments:intent-credit", args=[intent.pk]), forged)
    assert response.status_code == 302
    intent.refresh_from_db()
    assert (intent.received_amount, intent.purpose) == (700_000, Purpose.BOOKING)
    page = client_of_renter.get(intent.get_absolute_url()).content.decode()
    assert "từ số dư</span>" not in page
    assert "3.500.000" in page


def test_without_credit_nothing_is_offered(client_of_renter: Client, renter: User) -> None:
    intent = make_intent(payer=renter)
    assert "từ số dư" not in client_of_renter.get(intent.get_absolute_url()).content.decode()
    response = client_of_renter.post(reverse("payments:intent-credit", args=[intent.pk]))
    assert response.status_code == 409


# --- Another's ----------------------------------------------------------------------------------
def make_receipt(user: User, intent: PaymentIntent) -> Receipt:
    return issue_receipt(
        reference=intent.reference,
        payer=user,
        lines=[ReceiptLine("Thuê xe", "Rental", RENT, 800)],
        title=("Biên nhận", "Receipt"),
        details=[],
        paid_by=[],
        by=SYSTEM,
    )


def test_every_address_of_another_answers_404(client_of_stranger: Client, renter: User) -> None:
    intent = make_intent(payer=renter)
    receive(intent, "bank")
    refund = give_back(intent, RENT)
    give_credit(renter, 900_000)
    payout = services.pay_out_credit(owner=renter, amount=1, **ACCOUNT, idempotency_key="o", by=SYSTEM)
    card = make_card(renter)
    gets: list[tuple[str, Any]] = [
        ("payments:refund-detail", refund.pk),
        ("payments:intent-detail", intent.pk),
        ("payments:intent-status", intent.pk),
        ("payments:intent-transfer", intent.pk),
        ("payments:receipt-pdf", make_receipt(renter, intent).pk),
    ]
    posts: list[tuple[str, Any]] = [
        ("payments:refund-detail", refund.pk),
        ("payments:refund-credit", refund.pk),
        ("payments:payout-cancel", payout.pk),
        ("payments:card-forget", card.pk),
        ("payments:intent-credit", intent.pk),
        ("payments:intent-start", intent.pk),
    ]
    for name, key in gets:
        assert client_of_stranger.get(reverse(name, args=[key])).status_code == 404, name
    for name, key in posts:
        assert client_of_stranger.post(reverse(name, args=[key]), ACCOUNT).status_code == 404, name
    page = read(client_of_stranger)
    assert intent.reference.partition(":")[2] not in page
    assert "Visa" not in page
    refund.refresh_from_db()
    assert (refund.state, refund.payee) == (RefundState.BY_HAND, None)
    payout.refresh_from_db()
    card.refresh_from_db()
    assert (payout.state, card.forgotten_at) == (CreditPayoutState.WAITING, None)
    assert Refund.objects.count() == 1

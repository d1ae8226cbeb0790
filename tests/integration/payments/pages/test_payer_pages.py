"""The payer's pages: what is asked for, the way to the provider, what came of it; nobody else sees them."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from payments.gateways.base import FactKind
from payments.intents import services, targets
from payments.intents.enums import IntentState
from payments.intents.models import PaymentAttempt, PaymentIntent
from tests.factories.accounts import make_user
from tests.factories.payments import REFERENCE, fact_of, make_intent, start
from tests.fakes.vnpay import Sandbox, pay, running_sandbox
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

AMOUNT = "4.200.000\u00a0₫"


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def intent(payer: User) -> PaymentIntent:
    return make_intent(payer=payer, description="Thuê xe VG-7K2M4Q")


@pytest.fixture
def browser(payer: User) -> Client:
    client = Client()
    client.force_login(payer)
    return client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def order_pages() -> Iterator[None]:
    """Somebody owns the reference."""
    targets.register("order", url_for=lambda name: f"/orders/{name}/")
    yield
    targets._targets.pop("order")


def page(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def come_back(browser: Client, address: str, status: int = 200) -> str:
    parts = urlsplit(address)
    return page(browser, f"{parts.path}?{parts.query}", status)


# --- What is asked for --------------------------------------------------------------------------
def test_rent_and_deposit_stand_apart_in_plain_words(browser: Client, intent: PaymentIntent) -> None:
    text = page(browser, intent.get_absolute_url())
    for words in (
        "Tiền thuê xe",
        "1.200.000\u00a0₫",
        "Tiền cọc",
        "Được hoàn lại",
        "3.000.000\u00a0₫",
        "Cần trả",
    ):
        assert words in text
    assert AMOUNT in text
    assert "Tiếp tục thanh toán" in text
    assert "Thuê xe VG-7K2M4Q" in text


def test_a_payment_without_deposit_says_nothing_of_one(browser: Client, payer: User) -> None:
    intent = make_intent(payer=payer, deposit_amount=0, reference="order:PLAIN", purpose="balance")
    text = page(browser, intent.get_absolute_url())
    assert "Khoản còn thiếu" in text
    assert "Tiền cọc" not in text


def test_a_paid_intent_says_so_and_leads_on(browser: Client, intent: PaymentIntent) -> None:
    start(intent)
    services.apply_fact(fact_of(intent))
    text = page(browser, intent.get_absolute_url())
    assert f"VoltGo đã nhận {AMOUNT}" in text
    assert 'href="/orders/VG-7K2M4Q/"' in text
    assert "/start/" not in text


def test_time_that_is_over_is_shown_as_over_without_any_job(browser: Client, intent: PaymentIntent) -> None:
    with time_machine.travel(clock.now() + timedelta(minutes=14), tick=False):
        text = page(browser, intent.get_absolute_url())
    intent.refresh_from_db()
    assert intent.state == IntentState.CREATED
    assert "Đã hết thời gian thanh toán" in text
    assert "/start/" not in text


def test_a_payment_under_review_asks_not_to_pay_again(browser: Client, intent: PaymentIntent) -> None:
    start(intent)
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    text = page(browser, intent.get_absolute_url())
    assert "Vui lòng không thanh toán lại" in text
    assert "/start/" not in text


# --- The way to the provider --------------------------------------------------------------------
def test_starting_leads_to_the_provider(browser: Client, intent: PaymentIntent, sandbox: Sandbox) -> None:
    response = browser.post(reverse("payments:intent-start", args=[intent.pk]))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(sandbox.pay_url)
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING


def test_what_a_browser_posts_changes_neither_amount_nor_purpose(
    browser: Client, intent: PaymentIntent, sandbox: Sandbox
) -> None:
    posted = {"amount": "1", "vnp_Amount": "100", "currency": "USD", "purpose": "balance", "provider": "momo"}
    response = browser.post(reverse("payments:intent-start", args=[intent.pk]), posted)
    assert "vnp_Amount=420000000&" in response.headers["Location"]
    assert "vnp_CurrCode=VND&" in response.headers["Location"]


def test_an_ended_payment_is_refused_on_its_page(browser: Client, intent: PaymentIntent) -> None:
    services.cancel_intent(intent=intent, by=SYSTEM, reason="test")
    response = browser.post(reverse("payments:intent-start", args=[intent.pk]))
    assert response.status_code == 409
    assert "Yêu cầu thanh toán này đã kết thúc." in response.content.decode()
    assert not PaymentAttempt.objects.exists()


def test_starting_needs_a_post_and_a_token(payer: User, intent: PaymentIntent, browser: Client) -> None:
    url = reverse("payments:intent-start", args=[intent.pk])
    assert browser.get(url).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(payer)
    assert strict.post(url).status_code == 403
    assert not PaymentAttempt.objects.exists()


# --- Coming back --------------------------------------------------------------------------------
def test_coming_back_before_the_notification_waits_and_decides_nothing(
    browser: Client, intent: PaymentIntent, sandbox: Sandbox
) -> None:
    address = pay(start(intent))
    text = come_back(browser, address)
    assert "Đang chờ xác nhận" in text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in text
    assert f'data-payment-status="/payments/{intent.pk}/status/"' in text
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    # But the provider is asked soon.
    attempt = intent.attempts.get()
    assert attempt.next_poll_at is not None
    assert attempt.next_poll_at <= clock.now() + timedelta(seconds=20)


def test_who_came_back_is_warned_before_starting_again(
    browser: Client, intent: PaymentIntent, sandbox: Sandbox
) -> None:
    come_back(browser, pay(start(intent)))

    text = page(browser, intent.get_absolute_url())

    assert "Vui lòng đừng trả lần nữa" in text
    assert "Nếu chưa, bạn có thể bắt đầu lại" not in text
    assert text.index('<details class="confirm card">') < text.index('name="method"')


def test_a_provider_that_is_at_it_warns_and_one_that_waits_for_the_payer_does_not(
    browser: Client, intent: PaymentIntent
) -> None:
    start(intent)
    services.apply_fact(fact_of(intent, FactKind.PENDING, amount=None))
    assert "Nếu chưa, bạn có thể bắt đầu lại" in page(browser, intent.get_absolute_url())

    services.apply_fact(fact_of(intent, FactKind.PENDING, amount=None, is_under_way=True))
    text = page(browser, intent.get_absolute_url())
    assert "Lần trả trước đang được xử lý" in text
    assert "bắt đầu lại</summary>" in text

    services.apply_fact(fact_of(intent, FactKind.FAILED, amount=None, code="24"))
    assert "<details" not in page(browser, intent.get_absolute_url())


def test_who_cancels_on_the_providers_page_reads_that_nothing_was_paid(
    browser: Client, intent: PaymentIntent
) -> None:
    start(intent)
    address = f"{intent.get_absolute_url()}?cancelled=1"

    text = page(browser, address)
    assert "Bạn đã hủy, chưa có khoản nào được trả." in text
    assert "Nếu bạn vừa thanh toán xong" not in text
    assert intent.attempts.get().outcome == "started"

    # The address decides nothing.
    services.apply_fact(fact_of(intent))
    assert "Bạn đã hủy" not in page(browser, address)


def test_coming_back_after_the_notification_leads_to_the_paid_page(
    browser: Client, intent: PaymentIntent, sandbox: Sandbox
) -> None:
    address = pay(start(intent))
    assert services.query_now(REFERENCE)
    parts = urlsplit(address)
    response = browser.get(f"{parts.path}?{parts.query}")
    assert (response.status_code, response.headers["Location"]) == (302, intent.get_absolute_url())


@pytest.mark.parametrize(
    ("outcome", "title", "sentence"),
    [
        ("no_money", "Thanh toán không thành công", "Tài khoản không đủ số dư."),
        ("cancel", "Bạn đã hủy thanh toán", "Chưa có khoản nào được trả cho VoltGo."),
        ("expired", "Thanh toán không thành công", "Trang thanh toán của VNPay đã hết giờ."),
    ],
)
def test_coming_back_from_a_failure_says_why_and_offers_another_try(
    browser: Client, intent: PaymentIntent, sandbox: Sandbox, outcome: str, title: str, sentence: str
) -> None:
    text = come_back(browser, pay(start(intent), outcome))
    assert title in text
    assert sentence in text
    assert f'href="{intent.get_absolute_url()}"' in text
    intent.refresh_from_db()
    # Only the provider's own word counts, and it has not come yet.
    assert intent.state == IntentState.PENDING


def test_a_forged_success_says_only_that_we_wait(browser: Client, intent: PaymentIntent) -> None:
    start(intent)
    url = (
        f"/payments/return/vnpay/?vnp_TxnRef={intent.merchant_ref}&vnp_ResponseCode=00&vnp_TransactionStatus=00"
        "&vnp_Amount=420000000&vnp_SecureHash=00"
    )
    before = intent.attempts.get().next_poll_at
    assert "Đang chờ xác nhận" in page(browser, url)
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    assert intent.attempts.get().next_poll_at == before


def test_a_forged_failure_ends_nothing(browser: Client, intent: PaymentIntent) -> None:
    start(intent)
    url = f"/payments/return/vnpay/?vnp_TxnRef={intent.merchant_ref}&vnp_ResponseCode=24&vnp_SecureHash=00"
    assert "Đang chờ xác nhận" in page(browser, url)


def test_an_address_without_a_payment_is_not_found(browser: Client) -> None:
    page(browser, "/payments/return/vnpay/", 404)
    page(browser, "/payments/return/vnpay/?vnp_TxnRef=NOBODY", 404)


# --- Status -------------------------------------------------------------------------------------
def test_the_status_is_short_json(browser: Client, intent: PaymentIntent) -> None:
    url = reverse("payments:intent-status", args=[intent.pk])
    start(intent)
    assert browser.get(url).json() == {
        "state": "pending",
        "is_paid": False,
        "is_final": False,
        "received": 0,
        "url": "/orders/VG-7K2M4Q/",
    }
    services.apply_fact(fact_of(intent))
    assert browser.get(url).json() == {
        "state": "succeeded",
        "is_paid": True,
        "is_final": True,
        "received": 4_200_000,
        "url": "/orders/VG-7K2M4Q/",
    }


# --- Nobody else --------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["intent-detail", "intent-status"])
def test_a_stranger_finds_nothing(intent: PaymentIntent, name: str) -> None:
    stranger = Client()
    stranger.force_login(make_user(full_name="Đinh Công Thành"))
    page(stranger, reverse(f"payments:{name}", args=[intent.pk]), 404)


def test_a_stranger_cannot_start_or_see_the_return(intent: PaymentIntent, sandbox: Sandbox) -> None:
    stranger = Client()
    stranger.force_login(make_user(full_name="Đinh Công Thành"))
    assert stranger.post(reverse("payments:intent-start", args=[intent.pk])).status_code == 404
    come_back(stranger, pay(start(intent)), 404)
    assert PaymentAttempt.objects.count() == 1


@pytest.mark.parametrize("name", ["intent-detail", "intent-status"])
def test_somebody_signed_out_is_asked_to_sign_in(intent: PaymentIntent, name: str) -> None:
    response = Client().get(reverse(f"payments:{name}", args=[intent.pk]))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/")


def test_pages_of_money_are_not_cached(browser: Client, intent: PaymentIntent) -> None:
    response = browser.get(intent.get_absolute_url())
    assert "no-store" in response.headers["Cache-Control"]


def test_the_page_needs_few_queries(
    browser: Client, intent: PaymentIntent, django_assert_max_num_queries: object
) -> None:
    page(browser, intent.get_absolute_url())
    # Session, user and the intent.
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        page(browser, intent.get_absolute_url())

"""The choice of a way to pay, and the page of a bank transfer."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from payments.gateways.base import FactKind, ProviderFact
from payments.gateways.resting import let_rest
from payments.intents import presentation, services
from payments.intents.enums import AttemptOutcome, IntentState
from payments.intents.models import Payment, PaymentAttempt, PaymentIntent
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent
from tests.fakes.payos import PayOSSandbox, running_payos
from voltgo.core import clock

AMOUNT = "4.200.000\u00a0₫"
MISSING = "3.700.000\u00a0₫"


@pytest.fixture(autouse=True)
def methods(settings: object) -> None:
    settings.PAYMENT_METHODS = ["vnpay", "payos", "stripe"]  # type: ignore[attr-defined]
    # Nobody listens there, until a test starts a payOS.
    settings.PAYOS = {**settings.PAYOS, "API_URL": "http://127.0.0.1:9"}  # type: ignore[attr-defined]


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
def payos() -> Iterator[PayOSSandbox]:
    with running_payos() as running:
        yield running


def choose(browser: Client, intent: PaymentIntent, **posted: str) -> str:
    """Choose the transfer and return the page that it leads to."""
    response = browser.post(
        reverse("payments:intent-start", args=[intent.pk]), {"method": "payos", **posted}, follow=True
    )
    assert response.status_code == 200
    intent.refresh_from_db()
    return response.content.decode()


def came(intent: PaymentIntent, amount: int, number: str = "FT1") -> None:
    assert intent.merchant_ref is not None
    services.apply_fact(
        ProviderFact("payos", FactKind.SUCCEEDED, intent.merchant_ref, f"1234567890:{number}", amount)
    )
    intent.refresh_from_db()


def page_of(browser: Client, intent: PaymentIntent, name: str = "intent-detail") -> str:
    response = browser.get(reverse(f"payments:{name}", args=[intent.pk]))
    assert response.status_code == 200
    return response.content.decode()


def cards(text: str) -> dict[str, str]:
    """Return the words of each way to pay, by its code."""
    found = re.findall(r'<label class="choice pay-method">(.*?)</label>', text, re.DOTALL)
    return {
        re.findall(r'value="(\w+)"', card)[0]: " ".join(re.sub(r"<[^>]+>", " ", card).split())
        for card in found
    }


# --- The choice ---------------------------------------------------------------------------------
def test_each_way_says_what_it_takes_now_and_what_it_only_holds(
    browser: Client, intent: PaymentIntent
) -> None:
    shown = cards(page_of(browser, intent))

    assert list(shown) == ["vnpay", "payos", "stripe"]
    assert "4.200.000 ₫ thu ngay" in shown["vnpay"]
    assert "4.200.000 ₫ thu ngay" in shown["payos"]
    assert "1.200.000 ₫ thu ngay 3.000.000 ₫ giữ, chưa thu" in shown["stripe"]


def test_nothing_is_chosen_for_the_payer(browser: Client, intent: PaymentIntent) -> None:
    assert " checked" not in page_of(browser, intent)


def test_the_only_way_is_chosen(browser: Client, intent: PaymentIntent, settings: object) -> None:
    settings.PAYMENT_METHODS = ["vnpay"]  # type: ignore[attr-defined]

    assert 'value="vnpay" required checked' in page_of(browser, intent)


def test_ones_own_choice_is_kept(browser: Client, intent: PaymentIntent, payos: PayOSSandbox) -> None:
    choose(browser, intent)

    assert 'value="payos" required checked' in page_of(browser, intent)


def test_a_way_that_does_not_take_the_amount_is_not_offered(browser: Client, payer: User) -> None:
    large = make_intent(
        payer=payer, prepayment_amount=10_000_000_000, reference="order:LARGE", deposit_amount=0
    )

    text = page_of(browser, large)

    assert cards(text) == {}
    assert "Không có cách trả trực tuyến nào nhận số tiền này" in text


def test_a_provider_that_is_away_is_named_and_others_are_offered(
    browser: Client, intent: PaymentIntent
) -> None:
    response = browser.post(reverse("payments:intent-start", args=[intent.pk]), {"method": "payos"})
    text = response.content.decode()

    assert response.status_code == 503
    assert "Chuyển khoản VietQR đang tạm ngừng, chưa có khoản nào bị trừ. Hãy chọn cách khác" in text
    assert "Đang tạm ngừng" in cards(text)["payos"]
    assert 'value="payos" required disabled' in text
    assert 'value="vnpay" required>' in text
    assert "Nếu bạn vừa thanh toán xong" not in text


def test_an_answer_that_says_nothing_sends_the_payer_on_in_plain_words(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    payos.control.change({"http_status": 503})
    response = browser.post(reverse("payments:intent-start", args=[intent.pk]), {"method": "payos"})

    assert response.status_code == 503
    text = response.content.decode()
    assert "Chuyển khoản VietQR đang tạm ngừng, chưa có khoản nào bị trừ. Hãy chọn cách khác" in text
    assert "Chưa rõ kết quả" not in text


def test_too_much_is_said_on_the_paid_page(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent, method="payos")
    came(intent, 4_300_000)

    text = page_of(browser, intent)
    assert "VoltGo đã nhận 4.200.000\u00a0₫." in text
    assert "Bạn đã trả thừa 100.000\u00a0₫." in text


def test_a_provider_rests_only_for_a_moment(browser: Client, intent: PaymentIntent) -> None:
    let_rest("payos")
    assert "Đang tạm ngừng" in cards(page_of(browser, intent))["payos"]

    cache.clear()
    assert "Đang tạm ngừng" not in page_of(browser, intent)


# --- The transfer -------------------------------------------------------------------------------
def test_the_page_shows_the_code_and_the_same_in_words(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    text = choose(browser, intent)
    transfer = PaymentAttempt.objects.get().transfer or {}

    for words in ("<svg", "Vietcombank", "1234567890", "CONG TY CO PHAN VOLTGO", AMOUNT, transfer["memo"]):
        assert words in text
    assert 'data-copy="4200000"' in text
    assert f'data-copy="{transfer["memo"]}"' in text
    assert f'data-payment-status="/payments/{intent.pk}/status/"' in text
    assert "style=" not in text.split("<main", 1)[1]


def test_what_the_browser_posts_changes_neither_amount_nor_currency_nor_purpose(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent, amount="1", currency="USD", purpose="balance", hold_amount="4200000", payer="1")

    attempt = PaymentAttempt.objects.get()
    assert (attempt.amount, attempt.hold_amount) == (4_200_000, 0)
    assert (intent.amount, intent.purpose) == (4_200_000, "booking")
    assert payos.store.find("link")[0]["amount"] == 4_200_000


def test_a_part_is_said_and_the_code_asks_for_the_rest(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)
    came(intent, 500_000)

    text = page_of(browser, intent, "intent-transfer")
    attempt = PaymentAttempt.objects.get()

    assert f"Đã nhận 500.000\u00a0₫, còn thiếu {MISSING}" in text
    assert 'data-copy="3700000"' in text
    assert "5407" in presentation.transfer_code(attempt, 3_700_000)
    assert browser.get(reverse("payments:intent-status", args=[intent.pk])).json()["received"] == 500_000
    assert f"Đã nhận 500.000\u00a0₫, còn thiếu {MISSING}" in page_of(browser, intent)


def test_the_code_can_be_kept_as_a_picture(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)

    response = browser.get(reverse("payments:intent-transfer-code", args=[intent.pk]))

    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response.content.startswith(b"\x89PNG")
    assert "no-store" in response["Cache-Control"]


def test_another_way_ends_the_transfer(browser: Client, intent: PaymentIntent, payos: PayOSSandbox) -> None:
    choose(browser, intent)

    response = browser.post(reverse("payments:intent-transfer-end", args=[intent.pk]), follow=True)
    text = response.content.decode()

    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED
    assert payos.status_of(payos.store.find("link")[0]) == "CANCELLED"
    assert "Bạn đã dừng lần thanh toán trước" in text
    assert "không thành công" not in text
    assert " checked" not in text


def test_choosing_another_way_ends_the_open_transfer(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)

    response = browser.post(reverse("payments:intent-start", args=[intent.pk]), {"method": "vnpay"})

    assert response.status_code == 302
    assert payos.status_of(payos.store.find("link")[0]) == "CANCELLED"
    intent.refresh_from_db()
    assert (intent.state, intent.provider) == (IntentState.PENDING, "vnpay")


def test_a_transfer_that_comes_while_another_way_is_chosen_pays(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)
    assert intent.merchant_ref is not None
    payos.pay(intent.merchant_ref)

    response = browser.post(reverse("payments:intent-start", args=[intent.pk]), {"method": "vnpay"})

    assert response.status_code == 409
    assert "VoltGo đã nhận 4.200.000" in response.content.decode()
    assert PaymentAttempt.objects.count() == 1


def test_a_paid_transfer_leads_to_the_paid_page(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)
    came(intent, 4_200_000)

    response = browser.get(reverse("payments:intent-transfer", args=[intent.pk]))

    assert (response.status_code, response["Location"]) == (302, intent.get_absolute_url())


def test_a_transfer_whose_time_is_over_leads_back(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)

    with time_machine.travel(clock.now() + timedelta(minutes=14), tick=False):
        response = browser.get(reverse("payments:intent-transfer", args=[intent.pk]))
        picture = browser.get(reverse("payments:intent-transfer-code", args=[intent.pk]))

    assert (response.status_code, picture.status_code) == (302, 404)


def test_coming_back_from_payos_waits_on_the_page_of_the_transfer(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    choose(browser, intent)

    response = browser.get(
        reverse("payments:return", args=["payos"]),
        {"orderCode": str(intent.merchant_ref), "status": "PAID", "code": "00", "cancel": "false"},
    )

    assert response["Location"] == reverse("payments:intent-transfer", args=[intent.pk])
    assert not Payment.objects.exists()
    attempt = PaymentAttempt.objects.get()
    assert attempt.outcome == AttemptOutcome.STARTED
    assert attempt.next_poll_at is not None
    assert attempt.next_poll_at <= clock.now() + timedelta(seconds=20)


@pytest.mark.parametrize(
    "name", ["intent-transfer", "intent-transfer-code", "intent-status", "intent-detail"]
)
def test_another_renter_finds_nothing(
    browser: Client, intent: PaymentIntent, payos: PayOSSandbox, name: str
) -> None:
    choose(browser, intent)
    stranger = Client()
    stranger.force_login(make_user(full_name="Đinh Công Thành"))

    assert stranger.get(reverse(f"payments:{name}", args=[intent.pk])).status_code == 404


def test_another_renter_ends_nothing(browser: Client, intent: PaymentIntent, payos: PayOSSandbox) -> None:
    choose(browser, intent)
    stranger = Client()
    stranger.force_login(make_user(full_name="Đinh Công Thành"))

    assert stranger.post(reverse("payments:intent-transfer-end", args=[intent.pk])).status_code == 404
    assert payos.status_of(payos.store.find("link")[0]) == "PENDING"

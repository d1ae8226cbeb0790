"""A deposit on a card in the payer's own words: what will be held, what is held, and that none of it was taken."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from payments.intents import targets
from payments.intents.enums import HoldState
from payments.intents.models import DepositHold
from tests.factories.accounts import make_user
from tests.fakes.cards import Cards, registered
from tests.integration.payments.intents.holding import pay_with_card, run_jobs
from tests.reading import page
from voltgo.core import clock


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def browser(payer: User) -> Client:
    client = Client()
    client.force_login(payer)
    return client


@pytest.fixture(autouse=True)
def cards() -> Iterator[Cards]:
    with registered(Cards()) as fake:
        yield fake


@pytest.fixture
def _in_nine_days(monkeypatch: pytest.MonkeyPatch) -> None:
    start = clock.now() + timedelta(days=9)
    monkeypatch.setattr(targets, "window_for", lambda _reference: (start, start + timedelta(days=2)))


@pytest.mark.usefixtures("_in_nine_days")
def test_what_will_be_held_later_is_not_called_held(payer: User, browser: Client) -> None:
    intent = pay_with_card(payer)
    run_jobs()

    words = page(browser, intent.get_absolute_url())
    assert "VoltGo đã nhận 1.200.000 ₫." in words
    assert "Tiền cọc 3.000.000 ₫ không bị thu. Khoản này sẽ được giữ trên thẻ từ" in words
    assert "Tổng cộng 4.200.000 ₫ Đã trả 1.200.000 ₫ Chỉ giữ trên thẻ, không thu 3.000.000 ₫" in words

    words = page(browser, reverse("payments:wallet"))
    assert "Sẽ giữ trên thẻ từ" in words
    assert "3.000.000 ₫" in words


def test_what_is_held_is_called_held_and_not_taken(payer: User, browser: Client) -> None:
    intent = pay_with_card(payer)
    run_jobs()

    words = page(browser, intent.get_absolute_url())
    assert "Tiền cọc 3.000.000 ₫ được giữ, chưa thu." in words
    assert "Đã trả 1.200.000 ₫" in words
    words = page(browser, reverse("payments:wallet"))
    assert "Giữ trên thẻ, chưa thu" in words
    assert "Sẽ giữ trên thẻ" not in words


def test_a_hold_that_is_over_is_not_spoken_of(payer: User, browser: Client) -> None:
    intent = pay_with_card(payer)
    run_jobs()
    DepositHold.objects.update(state=HoldState.ENDED, next_check_at=None)

    assert "được giữ, chưa thu" not in page(browser, intent.get_absolute_url())

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.notifications.models import Delivery
from accounts.notifications.samples import CONTEXTS
from accounts.notifications.selectors import Quiet
from accounts.notifications.services import notify, register_device, save_choices
from accounts.users.models import User
from voltgo.core import outbox

LOG = "/admin/accounts/delivery/"


@pytest.fixture
def desk(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def told(newcomer: User, settings: Settings) -> Delivery:
    settings.NOTIFY_SMS_BACKEND = ""
    delivery = notify(
        user=newcomer,
        kind="booking_withdrawn",
        key="w:1",
        context=CONTEXTS["booking_withdrawn"],
    )
    outbox.run_all()
    return delivery


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 2),
        ("?state=skipped", 1),
        ("?channel=sms", 1),
        ("?kind=booking_withdrawn", 2),
        ("?kind=receipt_issued", 0),
    ],
)
def test_the_log_is_filtered_by_state_channel_and_kind(
    desk: Client, told: Delivery, query: str, count: int
) -> None:
    answer = desk.get(LOG + query)

    assert answer.status_code == 200
    assert answer.context["cl"].result_count == count


def test_the_log_says_why_something_was_not_sent(desk: Client, told: Delivery) -> None:
    page = text_of(desk.get(LOG))

    assert "chưa có nhà cung cấp cho kênh này" in page
    assert "VoltGo phải hủy lượt đặt" in page


def test_a_long_log_costs_no_more_queries(
    desk: Client, newcomer: User, told: Delivery, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        notify(
            user=newcomer, kind="document_expired", key=f"d:{number}", context=CONTEXTS["document_expired"]
        )

    with django_assert_max_num_queries(14):
        desk.get(LOG)


def test_a_failed_message_is_sent_again_by_a_step(desk: Client, told: Delivery) -> None:
    Delivery.objects.filter(pk=told.pk).update(state="failed", failure="gave_up", sent_at=None)
    mail.outbox.clear()
    page = text_of(desk.get(f"{LOG}{told.pk}/change/"))
    assert "thử nhiều lần không được" in page

    answer = desk.post(f"{LOG}{told.pk}/step/send-again/")
    outbox.run_all()

    assert answer.status_code == 302
    told.refresh_from_db()
    assert (told.state, told.failure) == ("sent", "")
    assert len(mail.outbox) == 1


def test_what_a_person_did_not_want_is_not_sent_by_an_operator(desk: Client, newcomer: User) -> None:
    save_choices(user=newcomer, wanted={("papers", "email"): False})
    delivery = notify(
        user=newcomer,
        kind="document_expired",
        key="d:1",
        context=CONTEXTS["document_expired"],
    )

    assert "send-again" not in text_of(desk.get(f"{LOG}{delivery.pk}/change/"))
    assert desk.post(f"{LOG}{delivery.pk}/step/send-again/").status_code == 409
    outbox.run_all()

    delivery.refresh_from_db()
    assert delivery.state == "skipped"
    assert mail.outbox == []


def test_choices_hours_and_devices_are_looked_at_but_never_typed_in(desk: Client, newcomer: User) -> None:
    save_choices(user=newcomer, wanted={("papers", "email"): False}, quiet=Quiet(1320, 390))
    register_device(user=newcomer, token="very-secret-token", platform="ios")

    for name, words in (
        ("notificationpreference", "giấy tờ"),
        ("quiethours", "22:00 → 06:30"),
        ("pushdevice", "ios"),
    ):
        page = text_of(desk.get(f"/admin/accounts/{name}/"))
        assert words in page
        assert "very-secret-token" not in page
        assert desk.get(f"/admin/accounts/{name}/add/").status_code == 403

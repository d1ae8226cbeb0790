from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from pytest_django import Settings

from accounts.notifications.channels import TryAgain
from accounts.notifications.channels.email import EmailSender
from accounts.notifications.errors import DeliveryBusy
from accounts.notifications.models import Delivery
from accounts.notifications.samples import CONTEXTS
from accounts.notifications.services import notify, register_device, send
from accounts.users.models import User
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from voltgo.core import outbox
from voltgo.core.models import OutboxMessage


@pytest.fixture(autouse=True)
def _by_day(settings: Settings, tmp_path: Path) -> Any:
    settings.NOTIFY_FOLDER = tmp_path
    with time_machine.travel("2026-11-27 12:00+07:00", tick=True):
        yield


def tell(user: User) -> Delivery:
    with outbox.left_to_sweeper():
        return notify(
            user=user,
            kind="vehicle_upgraded",
            key="vehicle_upgraded:VG-7K2M4Q",
            context=CONTEXTS["vehicle_upgraded"],
        )


def test_many_who_tell_the_same_news_write_it_once_for_each_channel() -> None:
    user = make_user()
    register_device(user=user, token="phone-1")

    told = race(8, lambda _number: tell(user).pk)

    assert len(set(told)) == 1
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["email", "push", "sms"]
    assert OutboxMessage.objects.filter(topic="notifications.send").count() == 3


def _send(pk: int, _number: int) -> None:
    send(delivery_id=pk)


def test_two_workers_with_one_delivery_send_it_once(tmp_path: Path) -> None:
    tell(make_user())
    pks = list(Delivery.objects.values_list("pk", flat=True))

    for pk in pks:
        race(6, partial(_send, pk))

    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert len(mail.outbox) == 1
    assert len((tmp_path / "sms.jsonl").read_text().splitlines()) == 1


def test_a_second_worker_steps_back_while_the_first_is_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = tell(make_user())
    is_sending, may_finish, sent = Event(), Event(), []

    def slowly(_sender: EmailSender, row: Delivery) -> None:
        is_sending.set()
        assert may_finish.wait(timeout=30)
        sent.append(row.pk)

    monkeypatch.setattr(EmailSender, "send", slowly)

    def work(number: int) -> str:
        if number == 0:
            send(delivery_id=delivery.pk)
            return "sent"
        assert is_sending.wait(timeout=30)
        try:
            send(delivery_id=delivery.pk)
        finally:
            may_finish.set()
        return "sent too"

    first, second = race(2, work)

    assert first == "sent"
    assert isinstance(second, DeliveryBusy)
    assert sent == [delivery.pk]


def test_tries_are_counted_over_real_transactions_until_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delivery = tell(make_user(phone=""))

    def fail(_sender: EmailSender, _row: Delivery) -> None:
        raise TryAgain

    monkeypatch.setattr(EmailSender, "send", fail)
    for _round in range(12):
        outbox.run_all()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure, delivery.attempts) == ("failed", "gave_up", 10)
    message = OutboxMessage.objects.get(topic="notifications.send")
    assert (message.done_at is not None, message.dead_at, message.attempts) == (True, None, 10)


def test_news_of_a_change_that_was_rolled_back_reaches_no_channel(tmp_path: Path) -> None:
    with transaction.atomic():
        tell(make_user())
        transaction.set_rollback(True)
    outbox.run_all()

    assert not Delivery.objects.exists()
    assert mail.outbox == []
    assert not (tmp_path / "sms.jsonl").exists()

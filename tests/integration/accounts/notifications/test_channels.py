import json
import logging
from pathlib import Path
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any, ClassVar

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from accounts.access.actors import operator_actor
from accounts.notifications.channels import TryAgain, Undeliverable
from accounts.notifications.channels.files import FileProvider
from accounts.notifications.channels.sms import international
from accounts.notifications.enums import Failure
from accounts.notifications.errors import NothingToSendAgain
from accounts.notifications.models import Delivery
from accounts.notifications.samples import CONTEXTS
from accounts.notifications.services import notify, register_device, revoke_device, send, send_again
from accounts.users.models import User
from tests.factories.accounts import make_user
from voltgo.core import clock, outbox
from voltgo.core.models import AuditEvent, OutboxMessage

NOON = "2026-11-27 12:00+07:00"


class Provider:
    """Somebody's provider: takes what it gets, or fails as it is told."""

    taken: ClassVar[list[dict[str, str]]] = []
    trouble: ClassVar[dict[str, Exception]] = {}

    def send_sms(self, **values: str) -> None:
        self._take(values, values["to"])

    def send_push(self, **values: str) -> None:
        self._take(values, values["token"])

    def _take(self, values: dict[str, str], address: str) -> None:
        if address in self.trouble:
            raise self.trouble[address]
        self.taken.append(values)


@pytest.fixture(autouse=True)
def _provider(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings.NOTIFY_SMS_BACKEND = settings.NOTIFY_PUSH_BACKEND = (
        "accounts.notifications.channels.files.Provider"
    )
    monkeypatch.setattr("accounts.notifications.channels.files.Provider", Provider, raising=False)
    settings.NOTIFY_FOLDER = tmp_path
    Provider.taken, Provider.trouble = [], {}


@pytest.fixture(autouse=True)
def _daytime() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def withdraw(user: User, key: str = "booking_withdrawn:VG-7K2M4Q") -> Delivery:
    return notify(user=user, kind="booking_withdrawn", key=key, context=CONTEXTS["booking_withdrawn"])


def rows() -> dict[str, tuple[str, str]]:
    return {row.channel: (row.state, row.failure) for row in Delivery.objects.all()}


def test_one_message_goes_by_each_channel_once(newcomer: User) -> None:
    register_device(user=newcomer, token="phone-1")

    first, second = withdraw(newcomer), withdraw(newcomer)
    outbox.run_all()
    outbox.run_all()

    assert first == second
    assert first.channel == "email"
    assert rows() == {"email": ("sent", ""), "sms": ("sent", ""), "push": ("sent", "")}
    assert len(mail.outbox) == 1
    sms, push = Provider.taken
    assert sms["to"] == "+84900000005"
    assert sms["text"].startswith("VoltGo: Rat tiec, khong giao duoc VinFast VF 6")
    assert push["token"] == "phone-1"
    assert push["title"] == "Xin lỗi, chúng tôi phải hủy lượt đặt"
    assert push["url"] == "http://127.0.0.1:8000/bookings/VG-7K2M4Q/"
    assert sms["key"] != push["key"]


def test_each_row_has_a_key_and_a_promise_of_its_own(newcomer: User) -> None:
    register_device(user=newcomer, token="phone-1")
    withdraw(newcomer)

    assert set(Delivery.objects.values_list("key", flat=True)) == {
        "booking_withdrawn:VG-7K2M4Q",
        "booking_withdrawn:VG-7K2M4Q:sms",
        "booking_withdrawn:VG-7K2M4Q:push",
    }
    assert OutboxMessage.objects.filter(topic="notifications.send").count() == 3


def test_the_number_of_the_row_is_the_providers_idempotency_key(newcomer: User) -> None:
    withdraw(newcomer)
    outbox.run_all()

    assert [each["key"] for each in Provider.taken] == [f"delivery-{Delivery.objects.get(channel='sms').pk}"]


def test_a_channel_that_fails_does_not_hold_up_the_others(newcomer: User) -> None:
    register_device(user=newcomer, token="phone-1")
    Provider.trouble = {"+84900000005": TryAgain()}
    withdraw(newcomer)

    outbox.run_all()

    assert rows() == {"email": ("sent", ""), "sms": ("queued", ""), "push": ("sent", "")}
    assert OutboxMessage.objects.get(done_at=None).last_error == "TryAgain"
    Provider.trouble = {}
    outbox.run_all()
    assert rows()["sms"] == ("sent", "")
    assert len(Provider.taken) == 2


def test_what_a_provider_refuses_for_good_is_not_tried_again(newcomer: User) -> None:
    Provider.trouble = {"+84900000005": Undeliverable(Failure.REFUSED)}
    withdraw(newcomer)

    outbox.run_all()

    assert rows()["sms"] == ("failed", "refused")
    assert not OutboxMessage.objects.filter(done_at=None).exists()


def test_tries_are_counted_and_come_to_an_end(newcomer: User) -> None:
    Provider.trouble = {"+84900000005": TryAgain()}
    withdraw(newcomer)
    Delivery.objects.filter(channel="sms").update(attempts=9)

    outbox.run_all()

    assert rows()["sms"] == ("failed", "gave_up")
    assert Delivery.objects.get(channel="sms").attempts == 10
    assert not OutboxMessage.objects.filter(done_at=None).exists()


@pytest.mark.parametrize(
    "trouble",
    [
        SMTPRecipientsRefused({"an@example.vn": (550, b"no such mailbox an@example.vn")}),
        SMTPDataError(554, b"rejected"),
    ],
)
def test_a_mailbox_that_does_not_exist_is_a_failure(
    newcomer: User, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(EmailMultiAlternatives, "send", _raiser(trouble))
    withdraw(newcomer)

    outbox.run_all()

    assert rows()["email"] == ("failed", "refused")


@pytest.mark.parametrize(
    "trouble",
    [
        SMTPRecipientsRefused({"an@example.vn": (451, b"greylisted")}),
        SMTPDataError(452, b"full"),
        SMTPServerDisconnected("gone"),
        TimeoutError(),
    ],
)
def test_a_mail_server_that_is_busy_is_asked_again(
    newcomer: User, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(EmailMultiAlternatives, "send", _raiser(trouble))
    withdraw(newcomer)

    outbox.run_all()

    assert rows()["email"] == ("queued", "")


def _raiser(trouble: Exception) -> Any:
    def fail(*_args: object, **_options: object) -> None:
        raise trouble

    return fail


def test_without_a_provider_the_log_says_so(newcomer: User, settings: Settings) -> None:
    settings.NOTIFY_SMS_BACKEND = settings.NOTIFY_PUSH_BACKEND = ""
    register_device(user=newcomer, token="phone-1")

    withdraw(newcomer)
    outbox.run_all()

    assert rows() == {
        "email": ("sent", ""),
        "sms": ("skipped", "no_provider"),
        "push": ("skipped", "no_provider"),
    }
    assert OutboxMessage.objects.count() == 1


def test_a_provider_that_was_taken_away_meanwhile_skips_what_waits(
    newcomer: User, settings: Settings
) -> None:
    withdraw(newcomer)
    settings.NOTIFY_SMS_BACKEND = ""

    outbox.run_all()

    assert rows()["sms"] == ("skipped", "no_provider")


def test_somebody_without_a_phone_number_gets_no_text_message() -> None:
    withdraw(make_user(phone=""))
    outbox.run_all()

    assert rows() == {"email": ("sent", ""), "sms": ("skipped", "no_address")}
    assert Provider.taken == []


def test_a_kind_without_a_short_text_is_only_mailed(newcomer: User) -> None:
    register_device(user=newcomer, token="phone-1")

    notify(user=newcomer, kind="contract_signed", key="x:1", context=CONTEXTS["contract_signed"])

    assert set(rows()) == {"email"}


def test_a_device_that_its_provider_forgot_is_taken_off_and_the_other_gets_it(newcomer: User) -> None:
    gone, kept = (register_device(user=newcomer, token=token) for token in ("old", "new"))
    Provider.trouble = {"old": Undeliverable(Failure.REFUSED)}
    withdraw(newcomer)

    outbox.run_all()

    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.revoked_at, kept.revoked_at) == (clock.now(), None)
    assert rows()["push"] == ("sent", "")
    assert [each["token"] for each in Provider.taken if "token" in each] == ["new"]


def test_a_push_that_reached_one_device_is_not_repeated_for_the_other(newcomer: User) -> None:
    for token in ("tablet", "phone"):
        register_device(user=newcomer, token=token)
    Provider.trouble = {"tablet": TryAgain()}
    withdraw(newcomer)

    outbox.run_all()
    Provider.trouble = {}
    outbox.run_all()

    assert [each["token"] for each in Provider.taken if "token" in each] == ["phone"]


def test_when_no_device_is_left_the_push_has_failed(newcomer: User) -> None:
    register_device(user=newcomer, token="old")
    Provider.trouble = {"old": Undeliverable(Failure.REFUSED)}
    withdraw(newcomer)

    outbox.run_all()

    assert rows()["push"] == ("failed", "no_address")


def test_a_revoked_device_is_left_in_peace(newcomer: User) -> None:
    register_device(user=newcomer, token="phone-1")
    revoke_device(user=newcomer, token="phone-1")

    withdraw(newcomer)

    assert set(rows()) == {"email", "sms"}


def test_the_logs_of_a_failure_name_nobody(newcomer: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    register_device(user=newcomer, token="secret-token")
    Provider.trouble = {
        "+84900000005": RuntimeError("cannot reach +84900000005"),
        "secret-token": Undeliverable(Failure.REFUSED),
    }
    withdraw(newcomer)
    Delivery.objects.filter(channel="sms").update(attempts=9)

    outbox.run_all()

    said = caplog.text
    assert "was given up: RuntimeError" in said
    for secret in ("84900000005", "0900000005", "an@example.vn", "Hoài An", "secret-token", "VinFast"):
        assert secret not in said


def test_what_a_mail_server_says_about_an_address_stays_out_of_the_logs(
    newcomer: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    trouble = SMTPRecipientsRefused({"an@example.vn": (451, b"greylisted an@example.vn")})
    monkeypatch.setattr(EmailMultiAlternatives, "send", _raiser(trouble))
    withdraw(newcomer)

    outbox.run_all()

    assert "TryAgain: SMTPRecipientsRefused" in caplog.text
    assert "an@example.vn" not in caplog.text


def test_a_failed_message_is_tried_anew_by_hand(newcomer: User, operator: User) -> None:
    Provider.trouble = {"+84900000005": Undeliverable(Failure.REFUSED)}
    withdraw(newcomer)
    outbox.run_all()
    Provider.trouble = {}
    failed = Delivery.objects.get(channel="sms")

    again = send_again(delivery=failed, by=operator_actor(operator))
    outbox.run_all()

    assert again == failed
    assert rows()["sms"] == ("sent", "")
    assert len(Provider.taken) == 1
    assert AuditEvent.objects.filter(action="delivery.sent_again").count() == 1


def test_what_was_off_for_want_of_a_provider_can_be_sent_later(
    newcomer: User, operator: User, settings: Settings
) -> None:
    settings.NOTIFY_SMS_BACKEND = ""
    withdraw(newcomer)
    settings.NOTIFY_SMS_BACKEND = settings.NOTIFY_PUSH_BACKEND

    send_again(delivery=Delivery.objects.get(channel="sms"), by=operator_actor(operator))
    outbox.run_all()

    assert rows()["sms"] == ("sent", "")


def test_what_is_still_waiting_is_not_sent_twice_by_hand(newcomer: User, operator: User) -> None:
    delivery = withdraw(newcomer)

    with pytest.raises(NothingToSendAgain):
        send_again(delivery=delivery, by=operator_actor(operator))

    outbox.run_all()
    assert len(mail.outbox) == 1


def test_a_copy_of_a_text_message_is_a_text_message(newcomer: User, operator: User) -> None:
    withdraw(newcomer)
    outbox.run_all()

    copy = send_again(delivery=Delivery.objects.get(channel="sms"), by=operator_actor(operator))
    outbox.run_all()

    assert copy.channel == "sms"
    assert [each["text"] for each in Provider.taken] == [copy.body, copy.body]


def test_sending_what_was_sent_does_nothing(newcomer: User) -> None:
    withdraw(newcomer)
    outbox.run_all()
    for pk in Delivery.objects.values_list("pk", flat=True):
        send(delivery_id=pk)

    assert len(mail.outbox) == 1
    assert len(Provider.taken) == 1


def test_on_a_laptop_messages_end_in_files(newcomer: User, settings: Settings, tmp_path: Path) -> None:
    settings.NOTIFY_SMS_BACKEND = settings.NOTIFY_PUSH_BACKEND = (
        "accounts.notifications.channels.files.FileProvider"
    )
    register_device(user=newcomer, token="phone-1")
    withdraw(newcomer)
    withdraw(newcomer, "booking_withdrawn:VG-AAAAAA")

    outbox.run_all()

    sms = [json.loads(line) for line in (tmp_path / "sms.jsonl").read_text().splitlines()]
    push = [json.loads(line) for line in (tmp_path / "push.jsonl").read_text().splitlines()]
    assert [each["to"] for each in sms] == ["+84900000005"] * 2
    assert sms[0]["at"] == "2026-11-27T05:00:00+00:00"
    assert {each["token"] for each in push} == {"phone-1"}
    assert len({each["key"] for each in sms + push}) == 4


def test_production_never_writes_messages_into_files(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(ImproperlyConfigured):
        FileProvider()


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("0900 000 001", "+84900000001"),
        ("+84 900-000-001", "+84900000001"),
        ("+44 20 7946 0958", "+442079460958"),
        ("", ""),
        ("12", ""),
        ("0900", ""),
    ],
)
def test_numbers_are_written_as_providers_want_them(phone: str, number: str) -> None:
    assert international(phone) == number

import json
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts.access.actors import renter_actor
from accounts.confirmations.enums import CodePurpose
from accounts.confirmations.errors import (
    CodeMissing,
    CodeNotSent,
    CodeOver,
    CodeTooSoon,
    CodeWrong,
    TooManyCodes,
)
from accounts.confirmations.models import OneTimeCode
from accounts.confirmations.services import LIFE, confirm_code, open_code, send_code
from accounts.notifications.models import Delivery
from accounts.users.models import User
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent
from voltgo.core.models import OutboxMessage

NOW = "2026-11-24T08:00:00+07:00"
REFERENCE = "contract:HD-7K2M4Q-1:0123456789abcdef"
TO: dict[str, Any] = {"purpose": CodePurpose.SIGN_CONTRACT, "reference": REFERENCE}


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """Where text messages end on a laptop."""
    settings.NOTIFY_SMS_BACKEND = "accounts.notifications.channels.files.FileProvider"
    settings.NOTIFY_FOLDER = tmp_path
    return tmp_path


def texts(folder: Path) -> list[dict[str, str]]:
    file = folder / "sms.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def send(user: User, **changes: Any) -> OneTimeCode:
    return send_code(user=user, by=renter_actor(user), **(TO | changes))


def confirm(user: User, code: str, **changes: Any) -> OneTimeCode:
    return confirm_code(user=user, code=code, by=renter_actor(user), **(TO | changes))


def sent(folder: Path) -> str:
    """Return the code in the last text message."""
    match = re.search(r"\b\d{6}\b", texts(folder)[-1]["text"])
    assert match
    return match.group()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_goes_to_the_telephone(renter: User, folder: Path) -> None:
    renter.phone = "0900 000 001"
    renter.save()

    row = send(renter)

    assert (row.channel, row.sent_to) == ("sms", "•••• 001")
    (text,) = texts(folder)
    assert text["to"] == "+84900000001"
    assert "ký hợp đồng" in text["text"]
    assert "10 phút" in text["text"]
    assert mail.outbox == []


def test_without_a_telephone_it_goes_to_the_mailbox(renter: User, folder: Path) -> None:
    renter.phone = ""
    renter.save()

    row = send(renter)

    assert (row.channel, row.sent_to) == ("email", "a•••@example.vn")
    assert re.match(r"\d{6}\n", str(mail.outbox[0].body))
    assert texts(folder) == []


def test_when_the_text_message_fails_the_mailbox_gets_it(
    renter: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_self: Any, *, to: str, text: str, key: str) -> None:
        raise RuntimeError(f"cannot send {text} to {to}")

    monkeypatch.setattr("accounts.notifications.channels.files.FileProvider.send_sms", fail)

    with caplog.at_level(logging.DEBUG):
        row = send(renter)

    assert row.channel == "email"
    code = mail.outbox[0].body[:6]
    assert code not in caplog.text
    assert "RuntimeError" in caplog.text


def test_when_nothing_takes_it_nobody_waits(
    renter: User, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    with monkeypatch.context() as patch:
        for channel in ("_send_sms", "_send_email"):
            patch.setattr(f"accounts.confirmations.services.{channel}", lambda *_args: 1 / 0)
        with pytest.raises(CodeNotSent):
            send(renter)
    assert open_code(user=renter, **TO) is None

    assert send(renter).channel == "sms"


def test_the_right_code_is_taken_once(renter: User, folder: Path) -> None:
    row = send(renter)
    code = sent(folder)

    confirmed = confirm(renter, f" {code[:3]} {code[3:]} ")

    assert confirmed.pk == row.pk
    assert confirmed.used_at == clock.now()
    with pytest.raises(CodeOver):
        confirm(renter, code)


def test_the_code_stands_nowhere_else(renter: User, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        row = send(renter)
        code = sent(folder)
        confirm(renter, code)

    assert code not in caplog.text
    assert row.code_hash != code
    assert not Delivery.objects.exists()
    assert not OutboxMessage.objects.exists()
    rows = [*AuditEvent.objects.values(), *OneTimeCode.objects.values("reference", "code_hash", "sent_to")]
    assert len(rows) == 3
    assert code not in str(
        [{name: value for name, value in row.items() if name != "code_hash"} for row in rows]
    )


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34"])
def test_what_is_no_code_costs_no_try(renter: User, typed: str) -> None:
    send(renter)

    with pytest.raises(CodeMissing):
        confirm(renter, typed)
    assert OneTimeCode.objects.get().attempts == 0


def test_five_wrong_tries_end_it(renter: User, folder: Path) -> None:
    send(renter)
    code = sent(folder)
    for left in (4, 3, 2, 1):
        with pytest.raises(CodeWrong) as refusal:
            confirm(renter, wrong(code))
        assert refusal.value.details["left"] == left
    with pytest.raises(CodeOver):
        confirm(renter, wrong(code))

    with pytest.raises(CodeOver):
        confirm(renter, code)


def test_it_runs_out(renter: User, folder: Path, traveller: Any) -> None:
    send(renter)
    code = sent(folder)
    traveller.shift(LIFE)

    with pytest.raises(CodeOver):
        confirm(renter, code)


def test_it_is_for_one_person_and_one_act(renter: User, stranger: User, folder: Path) -> None:
    send(renter)
    code = sent(folder)

    for user, changes in (
        (stranger, {}),
        (renter, {"reference": f"{REFERENCE}0"}),
        (renter, {"purpose": CodePurpose.DRIVE_ALONG}),
    ):
        with pytest.raises(CodeOver):
            confirm(user, code, **changes)
    assert confirm(renter, code).used_at


def test_a_new_one_waits_a_minute_and_ends_the_one_before(renter: User, folder: Path, traveller: Any) -> None:
    send(renter)
    first = sent(folder)
    traveller.shift(timedelta(seconds=20))
    with pytest.raises(CodeTooSoon) as refusal:
        send(renter)
    assert refusal.value.details["seconds"] == 40
    assert len(texts(folder)) == 1

    traveller.shift(timedelta(seconds=40))
    send(renter)

    second = sent(folder)
    if first != second:
        with pytest.raises(CodeWrong):
            confirm(renter, first)
    assert confirm(renter, second).used_at
    assert OneTimeCode.objects.filter(used_at=None, expires_at__gt=clock.now()).count() == 0


def test_six_in_an_hour_are_enough(renter: User, folder: Path, traveller: Any) -> None:
    for _ in range(6):
        send(renter)
        traveller.shift(timedelta(minutes=2))

    with pytest.raises(TooManyCodes):
        send(renter)
    assert len(texts(folder)) == 6
    traveller.shift(timedelta(minutes=49))
    assert send(renter).channel == "sms"

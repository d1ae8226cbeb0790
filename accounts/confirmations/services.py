"""Sending one-time codes, and taking them back.

A code goes straight to the channel. It stands in no delivery, no job, no log and no audit row, and in our own table
only as a keyed hash.
"""

import hmac
import logging
import secrets
from datetime import datetime, timedelta
from email.utils import formataddr
from math import ceil
from typing import cast

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

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
from accounts.notifications.channels import SENDERS
from accounts.notifications.channels.base import SmsProvider
from accounts.notifications.channels.sms import international
from accounts.notifications.enums import Channel
from accounts.users.models import User
from voltgo.core import clock, crypto, locks
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

logger = logging.getLogger(__name__)

DIGITS = 6
LIFE = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=60)
MOST_ATTEMPTS = 5
# With five tries each: at most thirty guesses an hour out of a million.
MOST_IN_AN_HOUR = 6


def send_code(*, user: User, purpose: CodePurpose, reference: str, by: Actor) -> OneTimeCode:
    """Send a new code for one act to a person's telephone, or else to their mailbox; earlier ones end.

    Locks the person while it is written; hands it over after that, with the channel's own time limits. Call it
    outside of a transaction.

    Raises:
        CodeTooSoon: the last one was sent less than a minute ago.
        TooManyCodes: six in the last hour.
        CodeNotSent: no channel took it.
    """
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = _write(user, purpose, reference, digits)
    for channel in _channels(user):
        OneTimeCode.objects.filter(pk=row.pk).update(channel=channel, sent_to=masked(user, channel))
        if _hand_over(channel, user, purpose, digits, key=f"code-{row.pk}"):
            row.refresh_from_db()
            audit.record("code.sent", f"user:{user.public_id}", by=by, purpose=str(purpose), channel=channel)
            return row
    OneTimeCode.objects.filter(pk=row.pk).update(expires_at=row.sent_at)
    raise CodeNotSent


def confirm_code(*, user: User, purpose: CodePurpose, reference: str, code: str, by: Actor) -> OneTimeCode:
    """Use up the code that was sent for one act; wrong tries are counted, whatever the caller does then.

    Locks the code. Call it outside of a transaction: a rolled-back try would not count.

    Raises:
        CodeMissing: no six digits.
        CodeWrong: another code.
        CodeOver: there is none to compare with any more.
    """
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        raise CodeMissing
    row, refusal = _try(user, purpose, reference, digits)
    if refusal is not None or row is None:
        raise refusal or CodeOver()
    audit.record(
        "code.confirmed", f"user:{user.public_id}", by=by, purpose=str(purpose), channel=str(row.channel)
    )
    return row


def open_code(*, user: User, purpose: CodePurpose, reference: str) -> OneTimeCode | None:
    """Return the code that a person may still enter for an act."""
    row = _rows(user, purpose, reference).filter(used_at=None).order_by("-pk").first()
    return row if row is not None and _is_open(row, clock.now()) else None


def masked(user: User, channel: str) -> str:
    """Return where a code goes, as evidence may show it: the last digits, or the first letter and the domain."""
    if channel == Channel.SMS:
        return f"•••• {international(user.phone)[-3:]}"
    name, _at, domain = user.email.partition("@")
    return f"{name[:1]}•••@{domain}"[:80]


@transaction.atomic
def _write(user: User, purpose: CodePurpose, reference: str, digits: str) -> OneTimeCode:
    locks.lock_row(user)
    now = clock.now()
    rows = _rows(user, purpose, reference)
    last = rows.order_by("-pk").first()
    if last is not None and _was_sent(last) and now < last.sent_at + RESEND_AFTER:
        raise CodeTooSoon(seconds=ceil((last.sent_at + RESEND_AFTER - now).total_seconds()))
    recent = OneTimeCode.objects.filter(user=user, sent_at__gt=now - timedelta(hours=1))
    if recent.count() >= MOST_IN_AN_HOUR:
        raise TooManyCodes
    rows.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    return OneTimeCode.objects.create(
        user=user,
        purpose=purpose,
        reference=reference,
        code_hash=_hash(user, purpose, reference, digits),
        sent_at=now,
        expires_at=now + LIFE,
    )


@transaction.atomic
def _try(
    user: User, purpose: CodePurpose, reference: str, digits: str
) -> tuple[OneTimeCode | None, CodeWrong | CodeOver | None]:
    now = clock.now()
    waiting = locks.lock(_rows(user, purpose, reference).filter(used_at=None, expires_at__gt=now))
    row = waiting[-1] if waiting else None
    if row is None or not _is_open(row, now):
        return None, CodeOver()
    row.attempts += 1
    is_right = hmac.compare_digest(row.code_hash, _hash(user, purpose, reference, digits))
    row.used_at = now if is_right else None
    row.save(update_fields=["attempts", "used_at"])
    if is_right:
        return row, None
    left = MOST_ATTEMPTS - row.attempts
    return None, CodeWrong(left=left) if left else CodeOver()


def _rows(user: User, purpose: CodePurpose, reference: str) -> QuerySet[OneTimeCode]:
    return OneTimeCode.objects.filter(user=user, purpose=purpose, reference=reference)


def _was_sent(row: OneTimeCode) -> bool:
    """Say whether a channel took it: one that none took ended when it began, and keeps nobody waiting."""
    return row.expires_at > row.sent_at


def _is_open(row: OneTimeCode, now: datetime) -> bool:
    return row.used_at is None and now < row.expires_at and row.attempts < MOST_ATTEMPTS


def _hash(user: User, purpose: CodePurpose, reference: str, digits: str) -> str:
    return crypto.keyed_hash(f"one-time code|{user.public_id}|{purpose}|{reference}|{digits}")


def _channels(user: User) -> list[str]:
    """Return the ways to a person, the telephone first."""
    return [channel for channel in (Channel.SMS, Channel.EMAIL) if SENDERS[channel].obstacle(user) is None]


def _hand_over(channel: str, user: User, purpose: CodePurpose, digits: str, *, key: str) -> bool:
    send = _send_sms if channel == Channel.SMS else _send_email
    try:
        send(user, purpose, digits, key)
    except Exception as error:  # noqa: BLE001 (whatever a provider raises: the next channel may do)
        # The kind alone: a provider's words may hold the text.
        logger.warning("a one-time code was not sent by %s: %s", channel, type(error).__name__)
        return False
    return True


def _send_sms(user: User, purpose: CodePurpose, digits: str, key: str) -> None:
    provider = cast("SmsProvider", import_string(settings.NOTIFY_SMS_BACKEND)())
    with translation.override(user.language):
        text = _("VoltGo: %(code)s là mã để %(purpose)s, dùng trong %(minutes)d phút. Đừng đưa mã cho ai.")
        values = _values(purpose, digits)
        provider.send_sms(to=international(user.phone), text=text % values, key=key)


def _send_email(user: User, purpose: CodePurpose, digits: str, _key: str) -> None:
    with translation.override(user.language):
        values = _values(purpose, digits)
        subject = _("Mã xác nhận để %(purpose)s") % values
        body = _(
            "%(code)s\n\nĐó là mã để %(purpose)s tại VoltGo, dùng trong %(minutes)d phút và cho một lần. Đừng đưa mã "
            "cho ai, kể cả nhân viên. Nếu bạn không xin mã này, hãy bỏ qua thư."
        )
        recipient = formataddr((user.full_name, user.email))
        EmailMessage(
            str(subject), body % values, to=[recipient], headers={"Auto-Submitted": "auto-generated"}
        ).send()


def _values(purpose: CodePurpose, digits: str) -> dict[str, object]:
    return {"code": digits, "purpose": purpose.label, "minutes": int(LIFE.total_seconds() // 60)}

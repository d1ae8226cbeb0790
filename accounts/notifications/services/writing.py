"""Writing a message into the delivery log, once for each channel, and promising to send it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.db import transaction

from accounts.notifications import texts
from accounts.notifications.channels import SENDERS
from accounts.notifications.enums import Channel, DeliveryState, Failure, MessageKind
from accounts.notifications.kinds import RULES, Rule
from accounts.notifications.models import Delivery
from accounts.notifications.selectors import channel_key, choices_of, quiet_of
from accounts.notifications.services.reading import forget_count
from accounts.users.models import User
from voltgo.core import clock, outbox

SEND_TOPIC = "notifications.send"
QUIETLY_RESPECTED = (Channel.SMS, Channel.PUSH)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the private storage and the name under which people receive it."""

    path: str
    filename: str
    content_type: str = "application/pdf"


@transaction.atomic
def notify(
    *,
    user: User,
    kind: str,
    key: str,
    reference: str = "",
    context: Mapping[str, Any] | None = None,
    attachments: Sequence[Attachment | str] = (),
) -> Delivery:
    """Write a message in the user's language and promise to send it; the same key is never written twice.

    Returns the row for email, which is also the message in the account's list; by which other channels it goes
    is decided by the kind (kinds.py) and by the person. Each channel has a row and a promise of its own, so
    that none waits for another. What the person does not want, or cannot get, is written down as not sent.

    The texts are rendered now, so the log shows what was said, whatever changes later. They read `context` plus
    `recipient`, `site_url` and `support_phone`. An attachment is read from storage when the message leaves; a
    plain path keeps its own file name.

    Raises:
        ValueError: the kind is not in MessageKind.
    """
    kind = MessageKind(kind)
    known = Delivery.objects.filter(key=key).first()
    if known is not None:
        return known
    context, rule = context or {}, RULES[kind]
    wanted = choices_of(user) if rule.channels != {Channel.EMAIL} or not rule.is_mandatory else {}
    words = texts.letter(user, kind, context)
    skipped = not rule.is_mandatory and not wanted[rule.topic, Channel.EMAIL]
    shared = {
        "recipient": user,
        "kind": kind,
        "reference": reference,
        "language": user.language,
        "subject": words.subject,
        "link": texts.link_of(kind, context),
        "expires_at": _moment(rule, context) if rule.lapses else None,
    }
    delivery, is_new = Delivery.objects.get_or_create(
        key=key,
        defaults={
            **shared,
            **_state(Failure.NOT_WANTED if skipped else None),
            "body": words.body,
            "body_html": words.body_html,
            "attachments": [asdict(_attachment(each)) for each in attachments],
        },
    )
    if is_new:
        promise(delivery)
        forget_count(user)
        if rule.outdates and reference:
            _drop_outdated(user, reference)
        chosen = [each for each in QUIETLY_RESPECTED if each in rule.channels and wanted[rule.topic, each]]
        if chosen:
            _write_short(chosen, kind=kind, key=key, context=context, shared=shared)
    return delivery


def promise(delivery: Delivery, *, again: str = "") -> None:
    """Promise to send a row that is queued and has not been put off; once, unless `again` names another try."""
    if delivery.state != DeliveryState.QUEUED or (delivery.not_before or clock.now()) > clock.now():
        return
    key = ":".join(part for part in (SEND_TOPIC, str(delivery.pk), again) if part)
    outbox.promise(SEND_TOPIC, key=key, delivery_id=delivery.pk)


def _write_short(
    channels: Sequence[Channel],
    *,
    kind: MessageKind,
    key: str,
    context: Mapping[str, Any],
    shared: Mapping[str, Any],
) -> None:
    """Write the rows for SMS and push, as far as there is a number or a device."""
    user: User = shared["recipient"]
    reachable = {channel: SENDERS[channel].obstacle(user) for channel in channels}
    if reachable.get(Channel.PUSH) == Failure.NO_ADDRESS:
        # Most people have no device here; a row for each message would say nothing.
        del reachable[Channel.PUSH]
    if not reachable:
        return
    text = texts.short(user, kind, context)
    waits_until = _put_off(user, RULES[kind], context)
    for channel, obstacle in reachable.items():
        failure = obstacle
        if failure is None and waits_until and shared["expires_at"] and waits_until >= shared["expires_at"]:
            failure = Failure.TOO_LATE
        is_push = channel == Channel.PUSH
        delivery = Delivery.objects.create(
            **{**shared, "subject": text.title[:200]},
            **_state(failure),
            channel=channel,
            key=channel_key(key, channel),
            body=text.body if is_push else texts.sms(text, shared["link"]),
            not_before=waits_until,
        )
        promise(delivery)


def _drop_outdated(user: User, reference: str) -> None:
    """Skip what quiet hours still hold back about the same thing: in the morning it would be wrong."""
    held_back = Delivery.objects.filter(
        recipient=user, reference=reference, state=DeliveryState.QUEUED, not_before__gt=clock.now()
    )
    held_back.update(state=DeliveryState.SKIPPED, failure=Failure.OUTDATED)


def _state(failure: Failure | None) -> dict[str, str]:
    if failure is None:
        return {"state": DeliveryState.QUEUED}
    return {"state": DeliveryState.SKIPPED, "failure": failure}


def _moment(rule: Rule, context: Mapping[str, Any]) -> datetime | None:
    """Return the time that the message is about."""
    moment = context.get(rule.moment) if rule.moment else None
    return moment if isinstance(moment, datetime) else None


def _put_off(user: User, rule: Rule, context: Mapping[str, Any]) -> datetime | None:
    """Return until when quiet hours hold the message back; None when it may go at once."""
    if rule.is_urgent:
        return None
    until, moment = quiet_of(user).until(clock.now()), _moment(rule, context)
    if until and moment and rule.notice is not None and until > moment - rule.notice:
        return None
    return until


def _attachment(given: Attachment | str) -> Attachment:
    return given if isinstance(given, Attachment) else Attachment(given, PurePosixPath(given).name)

"""Telling people something: written into the delivery log now, sent by a job after commit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from email.utils import formataddr
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from accounts.users.models import User
from voltgo.core import clock, outbox
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

SEND_TOPIC = "notifications.send"


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

    The texts are rendered now, from templates/emails/<kind>/, so the log shows what was said, whatever
    changes later. They read `context` plus `recipient`, `site_url` and `support_phone`. An attachment is read
    from storage when the message leaves; a plain path keeps its own file name.

    Raises:
        ValueError: the kind is not in MessageKind.
    """
    kind = MessageKind(kind)
    known = Delivery.objects.filter(key=key).first()
    if known is not None:
        return known
    subject, body, body_html = _texts(user, kind, context or {})
    delivery, is_new = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "recipient": user,
            "kind": kind,
            "reference": reference,
            "language": user.language,
            "subject": subject[:200],
            "body": body,
            "body_html": body_html,
            "attachments": [asdict(_attachment(each)) for each in attachments],
        },
    )
    if is_new:
        outbox.promise(SEND_TOPIC, key=f"{SEND_TOPIC}:{delivery.pk}", delivery_id=delivery.pk)
    return delivery


@transaction.atomic
def send_again(*, delivery: Delivery, by: Actor) -> Delivery:
    """Send the same words once more as a message of its own, because the first has not arrived."""
    key = f"{delivery.key[:90]}:again:{clock.now():%Y%m%d%H%M%S}"
    copy = Delivery.objects.create(
        recipient=delivery.recipient,
        kind=delivery.kind,
        key=key,
        reference=delivery.reference,
        language=delivery.language,
        subject=delivery.subject,
        body=delivery.body,
        body_html=delivery.body_html,
        attachments=delivery.attachments,
    )
    outbox.promise(SEND_TOPIC, key=f"{SEND_TOPIC}:{copy.pk}", delivery_id=copy.pk)
    audit.record("delivery.sent_again", f"delivery:{delivery.pk}", by=by, copy=copy.pk)
    return copy


def send(*, delivery_id: int) -> None:
    """Send one message by email and note when; does nothing when it was sent before.

    Runs outside of a transaction: the outbox sees to it that no two workers send one message at a time. A crash
    between the mail server's yes and our note can still send it twice; its Message-ID is the same then, by
    which mailboxes recognise the copy.
    """
    delivery = Delivery.objects.select_related("recipient").get(pk=delivery_id)
    if delivery.sent_at is not None:
        return
    recipient = delivery.recipient
    message = EmailMultiAlternatives(
        subject=delivery.subject,
        body=delivery.body,
        to=[formataddr((recipient.full_name, recipient.email))],
        headers={"Message-ID": _message_id(delivery), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(delivery.body_html, "text/html")
    for each in delivery.attachments:
        with default_storage.open(each["path"]) as file:
            message.attach(each["filename"], file.read(), each["content_type"])
    message.send()
    Delivery.objects.filter(pk=delivery.pk).update(sent_at=clock.now())


def _texts(user: User, kind: MessageKind, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """Render subject, plain text and HTML in the user's language."""
    values = {
        **context,
        "recipient": user,
        "site_url": settings.SITE_URL.rstrip("/"),
        "support_phone": settings.SUPPORT_PHONE,
    }
    with translation.override(user.language):
        subject = " ".join(_plain(f"emails/{kind}/subject.txt", values).split())
        body = _plain(f"emails/{kind}/body.txt", values).strip() + "\n"
        body_html = get_template(f"emails/{kind}/body.html").render({**values, "subject": subject})
    return subject, body, body_html


def _plain(template_name: str, values: Mapping[str, Any]) -> str:
    """Render text that is not HTML: nothing is escaped."""
    template: Any = get_template(template_name)
    return str(template.template.render(Context(dict(values), autoescape=False)))


def _attachment(given: Attachment | str) -> Attachment:
    return given if isinstance(given, Attachment) else Attachment(given, PurePosixPath(given).name)


def _message_id(delivery: Delivery) -> str:
    host = settings.SITE_URL.split("//")[-1].split("/")[0].split(":")[0]
    return f"<delivery-{delivery.pk}@{host}>"

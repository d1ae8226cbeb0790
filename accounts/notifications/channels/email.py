"""Email, by Django's mail backend."""

from email.utils import formataddr
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives

from accounts.notifications.channels.base import Sender, Undeliverable, discreet
from accounts.notifications.enums import Failure
from accounts.notifications.models import Delivery
from accounts.users.models import User

# From here on a mail server's answer is final (RFC 5321, 4.2.1).
PERMANENT = 500


class EmailSender(Sender):
    """Mail. The Message-ID is made of the delivery's number, by which mailboxes recognise a copy."""

    def obstacle(self, recipient: User) -> Failure | None:
        return None if recipient.email else Failure.NO_ADDRESS

    def send(self, delivery: Delivery) -> None:
        message = _compose(delivery)
        with discreet(SMTPException):
            try:
                message.send()
            except SMTPRecipientsRefused as refusal:
                if all(code >= PERMANENT for code, _words in refusal.recipients.values()):
                    raise Undeliverable(Failure.REFUSED) from None
                raise
            except SMTPDataError as refusal:
                if refusal.smtp_code >= PERMANENT:
                    raise Undeliverable(Failure.REFUSED) from None
                raise


def _compose(delivery: Delivery) -> EmailMultiAlternatives:
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
    return message


def _message_id(delivery: Delivery) -> str:
    host = settings.SITE_URL.split("//")[-1].split("/")[0].split(":")[0]
    return f"<delivery-{delivery.pk}@{host}>"

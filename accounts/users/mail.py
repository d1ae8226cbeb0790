"""Mail of sign-up and sign-in: promised with the request, sent by a job.

A slow mail server then never keeps a person waiting, and a refused one loses nothing. The texts hold links
that sign people in, so they wait encrypted.
"""

import json

from django.core.mail import EmailMessage, EmailMultiAlternatives

from voltgo.core import crypto, outbox

TOPIC = "accounts.send_mail"


def post(message: EmailMessage) -> None:
    """Promise to send a message that was composed by django-allauth."""
    alternatives = getattr(message, "alternatives", [])
    parts = {
        "subject": str(message.subject),
        "body": str(message.body),
        "content_subtype": message.content_subtype,
        "html": str(alternatives[0][0]) if alternatives else "",
        "from_email": message.from_email,
        "to": list(message.to),
    }
    outbox.promise(TOPIC, sealed=crypto.encrypt(json.dumps(parts)))


def deliver(sealed: str) -> None:
    parts = json.loads(crypto.decrypt(sealed))
    message = EmailMultiAlternatives(
        subject=parts["subject"], body=parts["body"], from_email=parts["from_email"], to=parts["to"]
    )
    message.content_subtype = parts["content_subtype"]
    if parts["html"]:
        message.attach_alternative(parts["html"], "text/html")
    message.send()

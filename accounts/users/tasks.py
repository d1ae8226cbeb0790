"""The jobs of accounts."""

from accounts.users import mail
from voltgo.core import outbox


@outbox.handler(mail.TOPIC)
def send_mail(sealed: str) -> None:
    mail.deliver(sealed)

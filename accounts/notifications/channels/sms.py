"""Text messages."""

import re
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.notifications.channels.base import Sender, SmsProvider, Undeliverable, discreet
from accounts.notifications.enums import Failure
from accounts.notifications.models import Delivery
from accounts.users.models import User

VIETNAM = "+84"
# E.164: a plus sign and at most 15 digits.
INTERNATIONAL = re.compile(r"\+[1-9]\d{7,14}")


class SmsSender(Sender):
    """SMS, by the provider that NOTIFY_SMS_BACKEND names; without one the channel is off."""

    def obstacle(self, recipient: User) -> Failure | None:
        if not settings.NOTIFY_SMS_BACKEND:
            return Failure.NO_PROVIDER
        return None if international(recipient.phone) else Failure.NO_ADDRESS

    def send(self, delivery: Delivery) -> None:
        number = international(delivery.recipient.phone)
        if not number:
            raise Undeliverable(Failure.NO_ADDRESS)
        provider = cast("SmsProvider", import_string(settings.NOTIFY_SMS_BACKEND)())
        with discreet(Exception):
            provider.send_sms(to=number, text=delivery.body, key=f"delivery-{delivery.pk}")


def international(phone: str) -> str:
    """Return a number as providers want it: `0900 000 001` is `+84900000001`; nothing if it is no number."""
    number = re.sub(r"[^\d+]", "", phone)
    if number.startswith("0"):
        number = VIETNAM + number[1:]
    return number if INTERNATIONAL.fullmatch(number) else ""

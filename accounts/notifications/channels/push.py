"""Notifications on people's devices."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.notifications.channels.base import PushProvider, Sender, TryAgain, Undeliverable, discreet
from accounts.notifications.enums import Failure
from accounts.notifications.models import Delivery, PushDevice
from accounts.notifications.selectors import devices_of
from accounts.users.models import User
from voltgo.core import clock


class PushSender(Sender):
    """Push, to each device of a person, by the provider that NOTIFY_PUSH_BACKEND names."""

    def obstacle(self, recipient: User) -> Failure | None:
        # First the device: to somebody without one nothing is missing.
        if not devices_of(recipient).exists():
            return Failure.NO_ADDRESS
        return None if settings.NOTIFY_PUSH_BACKEND else Failure.NO_PROVIDER

    def send(self, delivery: Delivery) -> None:
        """Send to every device; one that has it is enough, so that no device gets it twice.

        A device whose provider does not know it any more is taken off the list.
        """
        provider = cast("PushProvider", import_string(settings.NOTIFY_PUSH_BACKEND)())
        has_arrived, is_worth_a_try = False, False
        for device in devices_of(delivery.recipient):
            try:
                with discreet(Exception):
                    provider.send_push(
                        token=device.token,
                        title=delivery.subject,
                        body=delivery.body,
                        url=settings.SITE_URL.rstrip("/") + delivery.link,
                        key=f"delivery-{delivery.pk}-{device.pk}",
                    )
                has_arrived = True
            except Undeliverable:
                PushDevice.objects.filter(pk=device.pk).update(revoked_at=clock.now())
            except TryAgain:
                is_worth_a_try = True
        if has_arrived:
            return
        if is_worth_a_try:
            raise TryAgain
        raise Undeliverable(Failure.NO_ADDRESS)

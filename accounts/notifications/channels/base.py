"""What every channel can do, and what a provider of text messages or pushes must be able to do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from accounts.notifications.enums import Failure
from accounts.notifications.models import Delivery
from accounts.users.models import User


class Undeliverable(Exception):
    """The message will not get through by this channel, however often one tries."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class TryAgain(Exception):
    """The provider is away or busy; a later try may do. Carries no address and no text."""


@contextmanager
def discreet(*kinds: type[Exception]) -> Iterator[None]:
    """Turn a provider's exception into TryAgain by its name alone: its words end in the logs, and may hold an
    address, a number or the text.
    """
    try:
        yield
    except (Undeliverable, TryAgain):
        raise
    except kinds as error:
        raise TryAgain(type(error).__name__) from None


class Sender(ABC):
    """One channel."""

    @abstractmethod
    def obstacle(self, recipient: User) -> Failure | None:
        """Say why nothing can go to this person by this channel; None when something can."""

    @abstractmethod
    def send(self, delivery: Delivery) -> None:
        """Hand the message over, within seconds; called at least once, outside of a transaction.

        The delivery's number goes along as the idempotency key.

        Raises:
            Undeliverable: for good.
            TryAgain: not now. Any other exception counts as the same.
        """


class SmsProvider(Protocol):
    """Somebody who delivers text messages; named by NOTIFY_SMS_BACKEND.

    A provider speaks HTTP through `voltgo.core.http.client`, which has the timeouts, and raises as `Sender.send`
    does.
    """

    def send_sms(self, *, to: str, text: str, key: str) -> None: ...


class PushProvider(Protocol):
    """Somebody who delivers notifications to devices; named by NOTIFY_PUSH_BACKEND. Rules as for SMS."""

    def send_push(self, *, token: str, title: str, body: str, url: str, key: str) -> None: ...

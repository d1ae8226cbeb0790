"""The ways to a person, behind one small interface."""

from accounts.notifications.channels.base import Sender, TryAgain, Undeliverable
from accounts.notifications.channels.email import EmailSender
from accounts.notifications.channels.push import PushSender
from accounts.notifications.channels.sms import SmsSender
from accounts.notifications.enums import Channel

SENDERS: dict[str, Sender] = {
    Channel.EMAIL: EmailSender(),
    Channel.SMS: SmsSender(),
    Channel.PUSH: PushSender(),
}

__all__ = ["SENDERS", "Sender", "TryAgain", "Undeliverable"]

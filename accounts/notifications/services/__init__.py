"""Telling people something, and minding how they want to be told."""

from accounts.notifications.services.choosing import register_device, revoke_device, save_choices
from accounts.notifications.services.reading import mark_all_read, mark_read
from accounts.notifications.services.sending import release_put_off, send, send_again
from accounts.notifications.services.writing import SEND_TOPIC, Attachment, notify

__all__ = [
    "SEND_TOPIC", "Attachment", "mark_all_read", "mark_read", "notify", "register_device", "release_put_off",
    "revoke_device", "save_choices", "send", "send_again",
]  # fmt: skip

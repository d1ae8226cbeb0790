"""What a person has read."""

from functools import partial

from django.core.cache import cache
from django.db import transaction

from accounts.notifications.enums import Channel
from accounts.notifications.models import Delivery
from accounts.notifications.selectors import unread_key
from accounts.users.models import User
from voltgo.core import clock


def mark_read(*, message: Delivery) -> None:
    """Note when a message was read for the first time."""
    if message.read_at is not None:
        return
    Delivery.objects.filter(pk=message.pk, read_at=None).update(read_at=clock.now())
    forget_count(message.recipient)


def mark_all_read(*, user: User) -> int:
    """Note that a person has read everything; return how many messages that were."""
    rows = Delivery.objects.filter(recipient=user, channel=Channel.EMAIL, read_at=None)
    count = rows.update(read_at=clock.now())
    forget_count(user)
    return count


def forget_count(user: User) -> None:
    """Have the number in the header counted anew, once this transaction is done."""
    transaction.on_commit(partial(cache.delete, unread_key(user)), robust=True)

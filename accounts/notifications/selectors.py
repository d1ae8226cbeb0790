"""Reading the delivery log and what people have chosen."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Q, QuerySet

from accounts.notifications.enums import Channel, Topic
from accounts.notifications.kinds import is_locked, kinds_of
from accounts.notifications.models import Delivery, NotificationPreference, PushDevice, QuietHours
from accounts.notifications.quiet import DEFAULT_END, DEFAULT_START, quiet_until
from accounts.users.models import User
from voltgo.core import clock

# The header stands on every page; it need not be counted on each.
COUNT_SECONDS = 300
# Above that, nobody wants to know how many.
COUNT_LIMIT = 99


class Quiet(NamedTuple):
    """From when to when, in minutes after midnight; the same twice for never."""

    starts_minute: int = DEFAULT_START
    ends_minute: int = DEFAULT_END

    @property
    def is_on(self) -> bool:
        return self.starts_minute != self.ends_minute

    def until(self, moment: datetime) -> datetime | None:
        return quiet_until(moment, starts_minute=self.starts_minute, ends_minute=self.ends_minute)


def messages_of(user: User) -> QuerySet[Delivery]:
    """Return what a person was told, newest first, each message once: its row for email."""
    return user.deliveries.filter(channel=Channel.EMAIL).order_by("-created_at", "-pk")


def other_ways(message: Delivery) -> QuerySet[Delivery]:
    """Return the same message's rows for the other channels."""
    keys = [channel_key(message.key, channel) for channel in (Channel.SMS, Channel.PUSH)]
    return Delivery.objects.filter(key__in=keys).order_by("pk")


def words_of(message: Delivery) -> str:
    """Return what a message says, without the signature that mail ends with and the address above it."""
    said = message.body.partition("\n--\n")[0].rstrip()
    if message.link and said.endswith(message.link):
        said = said.rpartition("\n")[0].rstrip()
    return said


def channel_key(key: str, channel: str) -> str:
    """Return the key of a message's row for a channel: the message's own for email."""
    return key if channel == Channel.EMAIL else f"{key[:115]}:{channel}"


def unread_count(user: User) -> int:
    """Return how many messages a person has not read, at most 99; from the cache for five minutes."""
    key = unread_key(user)
    count: int | None = cache.get(key)
    if count is None:
        rows = Delivery.objects.filter(recipient=user, channel=Channel.EMAIL, read_at=None)
        count = rows[:COUNT_LIMIT].count()
        cache.set(key, count, COUNT_SECONDS)
    return count


def unread_key(user: User) -> str:
    return f"unread-messages:{user.pk}"


def choices_of(user: User) -> Mapping[tuple[str, str], bool]:
    """Return for each topic and channel whether the person wants it; mail that is never off counts as wanted.

    Without a choice, everything is wanted: which channels a kind uses at all is decided sparingly in kinds.py.
    """
    chosen = {
        (row.topic, row.channel): row.is_wanted for row in NotificationPreference.objects.filter(user=user)
    }
    return {
        (topic, channel): True if is_locked(topic, channel) else chosen.get((topic, channel), True)
        for topic in Topic.values
        for channel in Channel.values
    }


def quiet_of(user: User) -> Quiet:
    """Return a person's quiet hours; 22:00 to 07:00 for who has not chosen."""
    row = QuietHours.objects.filter(user=user).first()
    return Quiet(row.starts_minute, row.ends_minute) if row else Quiet()


def devices_of(user: User) -> QuerySet[PushDevice]:
    """Return the devices that pushes may go to: not taken off, and still signed in."""
    signed_in = Q(api_token=None) | Q(api_token__revoked_at=None, api_token__expires_at__gt=clock.now())
    return PushDevice.objects.filter(signed_in, user=user, revoked_at=None).order_by("pk")


def topics_for(user: User) -> list[str]:
    """Return the topics that concern a person; staff's only for who is staff or was told of such things."""
    is_staff = user.is_staff or user.deliveries.filter(kind__in=kinds_of(Topic.STAFF)).exists()
    return [topic for topic in Topic.values if topic != Topic.STAFF or is_staff]

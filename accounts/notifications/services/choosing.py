"""How a person wants to be told: topics by channel, quiet hours, devices."""

from collections.abc import Mapping

from django.db import transaction

from accounts.notifications.enums import Channel, Topic
from accounts.notifications.errors import ChoiceNotOffered
from accounts.notifications.kinds import is_locked, is_offered
from accounts.notifications.models import NotificationPreference, PushDevice, QuietHours
from accounts.notifications.selectors import Quiet
from accounts.users.models import ApiToken, User
from voltgo.core import clock, locks

# More devices than anybody carries; the oldest makes room.
MOST_DEVICES = 10


@transaction.atomic
def save_choices(*, user: User, wanted: Mapping[tuple[str, str], bool], quiet: Quiet | None = None) -> None:
    """Save what a person wants by which channel, and the quiet hours if given. Locks the user row.

    Pairs that are not in `wanted` keep their value. Choosing what is sent anyway is no mistake.

    Raises:
        ChoiceNotOffered: a topic does not use the channel, or would switch off what is always mailed.
    """
    locks.lock_row(user)
    for (topic, channel), is_wanted in wanted.items():
        if topic not in Topic.values or channel not in Channel.values or not is_offered(topic, channel):
            raise ChoiceNotOffered
        if is_locked(topic, channel):
            if not is_wanted:
                raise ChoiceNotOffered
            continue
        NotificationPreference.objects.update_or_create(
            user=user, topic=topic, channel=channel, defaults={"is_wanted": is_wanted}
        )
    if quiet is not None:
        QuietHours.objects.update_or_create(
            user=user, defaults={"starts_minute": quiet.starts_minute, "ends_minute": quiet.ends_minute}
        )


@transaction.atomic
def register_device(
    *, user: User, token: str, platform: str = "", api_token: ApiToken | None = None
) -> PushDevice:
    """Let pushes go to a device, for as long as `api_token`, its sign-in, is good.

    Safe to repeat; a device that somebody else used before changes hands.
    """
    locks.lock_row(user)
    device, _is_new = PushDevice.objects.update_or_create(
        token=token, defaults={"user": user, "platform": platform, "api_token": api_token, "revoked_at": None}
    )
    active = PushDevice.objects.filter(user=user, revoked_at=None).order_by("-created_at", "-pk")
    beyond = list(active.values_list("pk", flat=True)[MOST_DEVICES:])
    PushDevice.objects.filter(pk__in=beyond).exclude(pk=device.pk).update(revoked_at=clock.now())
    return device


def revoke_device(*, user: User, token: str) -> bool:
    """Stop pushes to a device of this person; return whether there was one."""
    device = PushDevice.objects.filter(user=user, token=token, revoked_at=None)
    return device.update(revoked_at=clock.now()) > 0

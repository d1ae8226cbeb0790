"""Writes about people: their profile, and whether they may rent."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.users.errors import NameLocked, ReasonMissing
from accounts.users.models import User
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit


@transaction.atomic
def update_profile(*, user: User, full_name: str, phone: str, language: str, by: Actor) -> User:
    """Change name, phone and language; locks the user row.

    Raises:
        NameLocked: the name stands on an approved paper and can no longer be changed by its owner.
    """
    current = locks.lock_row(user)
    wanted = {"full_name": full_name, "phone": phone, "language": User.Language(language).value}
    changed = {name: value for name, value in wanted.items() if getattr(current, name) != value}
    if "full_name" in changed and has_locked_name(current):
        raise NameLocked
    if changed:
        User.objects.filter(pk=current.pk).update(**changed)
        # Names and numbers are personal data: the record says what was changed, not to what.
        audit.record("user.profile_changed", f"user:{current.public_id}", by=by, fields=sorted(changed))
    for name, value in wanted.items():
        setattr(user, name, value)
    return user


def has_locked_name(user: User) -> bool:
    """A name that was compared with a citizen card stays; the date of birth is known only from there."""
    return user.born_on is not None


@transaction.atomic
def block_user(*, user: User, reason: str, by: Actor) -> User:
    """Bar a person from renting; they can still sign in and finish what runs. Locks the user row.

    Raises:
        ReasonMissing: every block has a reason.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise ReasonMissing
    current = locks.lock_row(user)
    if not current.is_blocked:
        User.objects.filter(pk=current.pk).update(blocked_at=clock.now(), blocked_reason=reason)
        audit.record("user.blocked", f"user:{current.public_id}", by=by, reason=reason)
    user.refresh_from_db(fields=["blocked_at", "blocked_reason"])
    return user


@transaction.atomic
def unblock_user(*, user: User, reason: str, by: Actor) -> User:
    """Let a person rent again. Locks the user row.

    Raises:
        ReasonMissing: lifting a block has a reason too.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise ReasonMissing
    current = locks.lock_row(user)
    if current.is_blocked:
        User.objects.filter(pk=current.pk).update(blocked_at=None, blocked_reason="")
        audit.record("user.unblocked", f"user:{current.public_id}", by=by, reason=reason)
    user.refresh_from_db(fields=["blocked_at", "blocked_reason"])
    return user


@transaction.atomic
def remove_second_factor(*, user: User, reason: str, by: Actor) -> int:
    """Take away authenticator app and recovery codes of a person who has lost them; return how many there were.

    Raises:
        ReasonMissing: how the person was recognised must be written down.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise ReasonMissing
    locks.lock_row(user)
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    if removed:
        audit.record("user.second_factor_removed", f"user:{user.public_id}", by=by, reason=reason)
    return removed

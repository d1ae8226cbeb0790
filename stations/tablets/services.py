"""Enrol and withdraw tablets; set and check PINs."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q

from accounts.access.actors import staff_actor
from accounts.users.models import User
from stations.network.models import StaffPost, Station
from stations.tablets import pins
from stations.tablets.enums import TABLET, TabletState
from stations.tablets.errors import PersonUnknown, PinLocked, PinTooWeak, PinWrong, TabletNameTaken
from stations.tablets.models import StaffPin, Tablet
from stations.tablets.selectors import WRONG_TRIES, post_at
from voltgo.core import clock, keys, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

SECRET_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new tablet and the one copy of its secret, for its cookie."""

    tablet: Tablet
    secret: str


@transaction.atomic
def enrol_tablet(*, station: Station, name: str, user: User, user_agent: str = "", by: Actor) -> Enrolment:
    """Make a device a tablet of a station: a secret that proves it, and the key of everything it keeps.

    Raises:
        TabletNameTaken: another tablet in use there has this name.
        KeysAway: the keeper of the keys does not answer.
    """
    locks.lock_row(station)
    if Tablet.objects.filter(station=station, name=name, state=TabletState.ENROLLED).exists():
        raise TabletNameTaken
    secret = secrets.token_urlsafe(SECRET_BYTES)
    tablet = Tablet(
        station=station,
        name=name,
        secret_sha256=_digest(secret),
        enrolled_by=user,
        last_seen_at=clock.now(),
        user_agent=user_agent[:200],
    )
    tablet.data_key = keys.wrap(os.urandom(keys.KEY_BYTES), _context(tablet))
    tablet.save(force_insert=True)
    states.begin(TABLET, tablet, by=by)
    record("tablet.enrolled", subject_of(tablet), by=by, station=station.code, name=name)
    return Enrolment(tablet, secret)


@transaction.atomic
def revoke_tablet(*, tablet: Tablet, reason: str, by: Actor) -> Tablet:
    """Withdraw a tablet from now on: whoever is signed in on it is signed out, and it is told to forget its keys.

    Locks the tablet. What it had not sent stays on it, unreadable, until somebody re-instates it.

    Raises:
        IllegalTransition: it was withdrawn already.
        NotAllowed: only supervisors and operators may.
    """
    states.move(TABLET, tablet, to=TabletState.REVOKED, by=by, reason=reason, revoked_at=clock.now())
    end_session(tablet)
    record("tablet.revoked", subject_of(tablet), by=by, reason=reason, station=tablet.station.code)
    return tablet


@transaction.atomic
def reinstate_tablet(*, tablet: Tablet, reason: str, by: Actor) -> Tablet:
    """Let a tablet that was found work again: its people unlock it online, and it sends what it kept.

    Raises:
        IllegalTransition: it is in use.
        NotAllowed: only operators may.
        TabletNameTaken: its name was given to another one meanwhile.
    """
    locks.lock_row(tablet.station)
    namesakes = Tablet.objects.filter(station=tablet.station, name=tablet.name, state=TabletState.ENROLLED)
    if namesakes.exclude(pk=tablet.pk).exists():
        raise TabletNameTaken
    states.move(TABLET, tablet, to=TabletState.ENROLLED, by=by, reason=reason, revoked_at=None)
    record("tablet.reinstated", subject_of(tablet), by=by, reason=reason, station=tablet.station.code)
    return tablet


def find_tablet(*, code: str, secret: str) -> Tablet | None:
    """Return the tablet that proves itself by this secret, whatever its state; compares in constant time."""
    tablet = Tablet.objects.select_related("station__city").filter(code=code).first()
    known = tablet.secret_sha256 if tablet is not None else _digest("")
    is_right = hmac.compare_digest(known, _digest(secret))
    return tablet if is_right and secret else None


def note_seen(
    *,
    tablet: Tablet,
    waiting: int | None = None,
    offset_ms: int | None = None,
    app_version: str | None = None,
    is_synced: bool = False,
) -> None:
    """Note that a tablet was heard of and what it said of itself; writes at most once a minute if nothing is new."""
    now = clock.wall()
    said = {"waiting_count": waiting, "clock_offset_ms": offset_ms, "app_version": app_version}
    if app_version is not None:
        said["app_version"] = app_version[:40]
    news = {name: value for name, value in said.items() if value is not None}
    is_due = tablet.last_seen_at is None or tablet.last_seen_at <= now - SEEN_EVERY
    has_news = any(getattr(tablet, name) != value for name, value in news.items())
    if not (is_due or has_news or is_synced):
        return
    changes = news | {"last_seen_at": now} | ({"last_synced_at": now} if is_synced else {})
    Tablet.objects.filter(pk=tablet.pk).update(**changes)
    for name, value in changes.items():
        setattr(tablet, name, value)


def data_key_of(tablet: Tablet) -> bytes:
    """Return the key of what a tablet keeps; give it to nobody but a person of its station who has proved it.

    Raises:
        KeysAway: the keeper of the keys does not answer.
    """
    return keys.unwrap(bytes(tablet.data_key), _context(tablet))


# --- Sessions -----------------------------------------------------------------------------------


def keep_session(*, tablet: Tablet, session_key: str) -> None:
    """Remember which session is the tablet's. There is one at a time: the one before ends."""
    if tablet.session_key == session_key:
        return
    end_session(tablet)
    Tablet.objects.filter(pk=tablet.pk).update(session_key=session_key)
    tablet.session_key = session_key


def end_session(tablet: Tablet) -> None:
    """Sign out whoever is signed in on a tablet, also if the browser keeps its cookie."""
    key = Tablet.objects.filter(pk=tablet.pk).values_list("session_key", flat=True).first()
    if key:
        import_module(settings.SESSION_ENGINE).SessionStore(key).delete()
        Tablet.objects.filter(pk=tablet.pk).update(session_key="")
    tablet.session_key = ""


# --- PINs ---------------------------------------------------------------------------------------


@transaction.atomic
def set_pin(*, user: User, pin: str, by: Actor) -> StaffPin:
    """Set somebody's PIN, or a new one, and forget wrong tries. The caller has seen a full sign-in.

    Raises:
        PinTooWeak: not six digits, or one of those that are tried first.
    """
    digits = "".join(filter(str.isdigit, user.phone))
    born = f"{user.born_on:%d%m%y}" if user.born_on else ""
    if not pins.is_pin(pin) or pins.is_weak(pin, known=(digits, born)):
        raise PinTooWeak
    encoded = pins.hash_pin(pin, person=user.public_id)
    values = {"pin_hash": encoded, "wrong_count": 0, "set_at": clock.now()}
    row, _is_new = StaffPin.objects.update_or_create(user=user, defaults=values)
    record("pin.set", f"user:{user.public_id}", by=by)
    return row


def check_pin(*, user: User, pin: str, tablet: Tablet) -> None:
    """Check a PIN on a tablet. Locks the PIN, so that tries at one moment are counted one by one.

    Each wrong try is noted; after the fifth in a row only a full sign-in helps.

    Raises:
        PersonUnknown: they have no PIN.
        PinWrong: with how many tries are left.
        PinLocked: that was the fifth, or one of those before.
    """
    # The refusal is raised after the transaction: the count of wrong tries must stay.
    with transaction.atomic():
        refusal = _try_pin(user, pin, tablet)
    if refusal is not None:
        raise refusal


def _try_pin(user: User, pin: str, tablet: Tablet) -> PersonUnknown | PinLocked | PinWrong | None:
    row = StaffPin.objects.select_for_update(of=("self",), no_key=True).filter(user=user).first()
    if row is None:
        return PersonUnknown()
    if row.wrong_count >= WRONG_TRIES:
        return PinLocked()
    if pins.is_right(pin, row.pin_hash, person=user.public_id):
        if row.wrong_count:
            StaffPin.objects.filter(pk=row.pk).update(wrong_count=0)
        return None
    count = row.wrong_count + 1
    StaffPin.objects.filter(pk=row.pk).update(wrong_count=count)
    record("pin.refused", f"user:{user.public_id}", by=staff_actor(user), tablet=tablet.code, count=count)
    return PinLocked() if count >= WRONG_TRIES else PinWrong(left=WRONG_TRIES - count)


def unlock(*, tablet: Tablet, person: str, pin: str) -> StaffPost:
    """Return the post of somebody (a public id) who proves by PIN to work at the tablet's station.

    Strangers, colleagues of other stations and made-up ids are refused alike, and in the same time.

    Raises:
        PersonUnknown, PinWrong, PinLocked: see check_pin.
    """
    user = User.objects.filter(public_id=person, is_active=True, staff_pin__isnull=False).first()
    post = post_at(user, tablet.station) if user is not None else None
    if post is None or user is None:
        make_password(pin)
        raise PersonUnknown
    check_pin(user=user, pin=pin, tablet=tablet)
    return post


def forget_wrong_tries(*, user: User) -> None:
    """Let the PIN count again: the person has just signed in with everything that a sign-in needs."""
    with transaction.atomic():
        if StaffPin.objects.filter(~Q(wrong_count=0), user=user).update(wrong_count=0):
            record("pin.unlocked", f"user:{user.public_id}", by=staff_actor(user))


@transaction.atomic
def remove_pin(*, pin: StaffPin, reason: str, by: Actor) -> None:
    """Take somebody's PIN away; they sign in in full and set another."""
    record("pin.removed", f"user:{pin.user.public_id}", by=by, reason=reason)
    pin.delete()


def subject_of(tablet: Tablet) -> str:
    """Return what audit events about a tablet are about."""
    return f"tablet:{tablet.code}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _context(tablet: Tablet) -> dict[str, str]:
    return {"kind": "tablet-data", "tablet": tablet.code}

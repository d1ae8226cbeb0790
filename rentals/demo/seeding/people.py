"""Accounts, sign-ins, roles, staff posts and identity papers of everybody in the demo."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.access.roles import OPERATOR, sync_groups
from accounts.kyc.enums import LicenceClass
from accounts.users.models import User
from rentals.demo.logins import ADMIN_EMAIL, DEMO_PASSWORD, TWO_STATIONS_EMAIL
from rentals.demo.people import PERSONAS, RENTERS, PersonFact, past_renters, staff_for
from rentals.demo.places import STATIONS
from rentals.demo.seeding.scale import Scale
from stations.network.models import StaffPost, Station

ADMIN = PersonFact(
    email=ADMIN_EMAIL,
    full_name="Quản trị VoltGo",
    phone="0900 000 009",
    born_on=date(1985, 1, 1),
    role="operator",
)
BLOCKED_REASON = "Ba lần trả xe trễ nhiều giờ mà không báo trước."
# This attendant works at a second station, to show the choice of station at sign-in.
TWO_POSTS = (TWO_STATIONS_EMAIL, "HCM-07")


# Licences issued earlier carry the old classes, which cover the same vehicles of ours and stay valid.
NEW_CLASSES_SINCE = date(2025, 1, 1)
OLD_CLASSES = {"A1": LicenceClass.OLD_A1, "A": LicenceClass.OLD_A2, "B": LicenceClass.OLD_B2}
CLASS_B_HOLDS = timedelta(days=3_652)


@dataclass(frozen=True, slots=True)
class Renter:
    """A renter's account with the facts it was made from."""

    user: User
    fact: PersonFact
    licence_issued_on: date
    licence_expires_on: date | None

    @property
    def licence_classes(self) -> tuple[str, ...]:
        """The classes as they stand on the card, sorted."""
        classes = self.fact.licence_classes
        if self.licence_issued_on < NEW_CLASSES_SINCE:
            return tuple(sorted(OLD_CLASSES[name].value for name in classes))
        return tuple(sorted(classes))


def _renter(user: User, fact: PersonFact, today: date) -> Renter:
    """Work out the dates of the licence: class B holds for ten years, A1 and A for life."""
    runs_out = fact.licence_expires_on(today)
    of_age = fact.born_on + timedelta(days=18 * 366)
    if fact.identity_kind == "passport":
        issued_on = today - timedelta(days=300)
    elif runs_out is not None:
        issued_on = max(runs_out - CLASS_B_HOLDS, of_age)
    else:
        issued_on = min(of_age + timedelta(days=40), today - timedelta(days=100))
    return Renter(user, fact, issued_on, runs_out)


@dataclass(slots=True)
class People:
    """Everybody in the demo, as the other parts look for them."""

    operator: User
    renters: list[Renter]
    personas: dict[str, Renter]
    attendants: dict[str, User] = field(default_factory=dict)  # by station code
    supervisors: dict[str, User] = field(default_factory=dict)

    @property
    def drivers(self) -> list[Renter]:
        """Renters who may rent now: all but the personas that show why somebody may not."""
        return [renter for renter in self.renters if renter.fact.standing == "verified"]


def create_people(stations: Sequence[Station], scale: Scale) -> People:
    """Create every account, each with a verified address and the one demo password."""
    renter_facts = [
        *(fact for fact in PERSONAS.values() if fact.role == "renter"),
        *RENTERS,
        *past_renters(scale.today, count=scale.renters),
    ]
    staff_facts = staff_for(STATIONS)
    others = [PERSONAS["operator"], PERSONAS["owner"], ADMIN]
    users = _create_users([*renter_facts, *staff_facts, *others], scale)
    renters = [_renter(users[fact.email], fact, scale.today) for fact in renter_facts]
    by_email = {renter.user.email: renter for renter in renters}
    people = People(
        operator=users[PERSONAS["operator"].email],
        renters=renters,
        personas={name: by_email[fact.email] for name, fact in PERSONAS.items() if fact.email in by_email},
    )
    people.operator.groups.add(sync_groups()[OPERATOR])
    _create_posts(people, staff_facts, users, stations)
    return people


def _create_users(facts: Sequence[PersonFact], scale: Scale) -> dict[str, User]:
    """Create the accounts; return them by address. One slow hash serves all, since the password is public."""
    rng = scale.rng("people")
    encoded = make_password(DEMO_PASSWORD)
    users = User.objects.bulk_create([_user(rng, fact, encoded, scale) for fact in facts])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
    return {user.email: user for user in users}


def _user(rng: random.Random, fact: PersonFact, encoded: str, scale: Scale) -> User:
    is_new = fact.standing in ("new", "waiting")
    joined = (
        scale.ago(minutes=rng.randint(25, 300))
        if is_new
        else scale.ago(days=scale.days + rng.randint(5, 400), minutes=rng.randint(0, 1_439))
    )
    is_blocked = fact.standing == "blocked"
    has_papers = fact.standing in {"verified", "expired", "blocked"}
    return User(
        email=fact.email,
        full_name=fact.full_name,
        phone=fact.phone,
        born_on=fact.born_on if has_papers else None,
        language=fact.language,
        password=encoded,
        is_staff=fact.role == "operator",
        is_superuser=fact is ADMIN,
        date_joined=joined,
        blocked_at=scale.ago(days=9, hours=3) if is_blocked else None,
        blocked_reason=BLOCKED_REASON if is_blocked else "",
    )


def _create_posts(
    people: People, facts: Iterable[PersonFact], users: dict[str, User], stations: Sequence[Station]
) -> None:
    by_code = {station.code: station for station in stations}
    posts = []
    for fact in facts:
        if fact.station_code is None:
            continue
        user, station = users[fact.email], by_code[fact.station_code]
        chosen = people.supervisors if fact.role == "supervisor" else people.attendants
        chosen[station.code] = user
        posts.append(StaffPost(user=user, station=station, role=fact.role))
    user = users[TWO_POSTS[0]]
    posts.append(StaffPost(user=user, station=by_code[TWO_POSTS[1]], role=StaffPost.Role.ATTENDANT))
    StaffPost.objects.bulk_create(posts)


def uploaded_at(renter: Renter, rng: random.Random, scale: Scale) -> datetime:
    """Return when a renter sent their papers: soon after signing up."""
    if renter.fact.standing == "waiting":
        return scale.ago(minutes=rng.randint(8, 20))
    return renter.user.date_joined + timedelta(minutes=rng.randint(4, 50))

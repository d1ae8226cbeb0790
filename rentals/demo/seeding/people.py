"""Accounts, sign-ins, roles, staff posts and identity papers of everybody in the demo."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.access.roles import FINANCE, OPERATOR, REVIEWER, sync_groups
from accounts.kyc.enums import LicenceClass
from accounts.users.models import User
from rentals.demo.logins import ADMIN_EMAIL, DEMO_PASSWORD, DEMO_PIN, PIN_EMAILS, TWO_STATIONS_EMAIL
from rentals.demo.people import PERSONAS, RENTERS, PersonFact, past_renters, staff_for
from rentals.demo.places import STATIONS
from rentals.demo.seeding.bulk import reserve_ids
from rentals.demo.seeding.scale import Scale
from stations.network.models import StaffPost, Station
from stations.tablets.services import set_pin
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

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
# The supervisor of this one reviews papers of people anywhere.
REVIEWING_STATION = "HCM-01"


# Licences issued earlier carry the old classes, which cover the same vehicles of ours and stay valid.
NEW_CLASSES_SINCE = date(2025, 1, 1)
OLD_CLASSES = {"A1": LicenceClass.OLD_A1, "A": LicenceClass.OLD_A2, "B": LicenceClass.OLD_B2}
# Share of the renters who sign up while the history goes on.
NEWCOMERS = 0.4
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

    users: list[User]
    posts: list[StaffPost]
    operator: User
    finance: list[User]
    renters: list[Renter]
    personas: dict[str, Renter]
    attendants: dict[str, User] = field(default_factory=dict)  # by station code
    supervisors: dict[str, User] = field(default_factory=dict)

    @property
    def drivers(self) -> list[Renter]:
        """Renters who may rent now: all but the personas that show why somebody may not."""
        return [renter for renter in self.renters if renter.fact.standing == "verified"]


def draw_people(stations: Sequence[Station], scale: Scale) -> People:
    """Return everybody, not yet written, with their keys. One slow hash serves all: the password is public."""
    renter_facts = [
        *(fact for fact in PERSONAS.values() if fact.role == "renter"),
        *RENTERS,
        *past_renters(scale.today, count=scale.renters),
    ]
    staff_facts = staff_for(STATIONS)
    finance_facts = [fact for fact in PERSONAS.values() if fact.role == "finance"]
    facts = [*renter_facts, *staff_facts, PERSONAS["operator"], PERSONAS["owner"], ADMIN, *finance_facts]
    rng, encoded = scale.rng("people"), make_password(DEMO_PASSWORD)
    keys = reserve_ids(User, len(facts))
    users = {fact.email: _user(rng, pk, fact, encoded, scale) for pk, fact in zip(keys, facts, strict=True)}
    renters = [_renter(users[fact.email], fact, scale.today) for fact in renter_facts]
    by_email = {renter.user.email: renter for renter in renters}
    people = People(
        users=list(users.values()),
        posts=[],
        operator=users[PERSONAS["operator"].email],
        finance=[users[fact.email] for fact in finance_facts],
        renters=renters,
        personas={name: by_email[fact.email] for name, fact in PERSONAS.items() if fact.email in by_email},
    )
    _give_posts(people, staff_facts, users, stations)
    return people


def write_people(people: People) -> None:
    """Create every account with a verified address, the staff's posts and the roles in the admin."""
    User.objects.bulk_create(people.users)
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people.users]
    )
    StaffPost.objects.bulk_create(people.posts)
    groups = sync_groups()
    people.operator.groups.add(groups[OPERATOR])
    groups[FINANCE].user_set.add(*people.finance)
    # One supervisor has everybody's papers on the tablet, the others only those of their station's renters.
    people.supervisors[REVIEWING_STATION].groups.add(groups[REVIEWER])
    # Each takes a slow hash of its own, so only those who are named at the start have one.
    for user in people.users:
        if user.email in PIN_EMAILS:
            set_pin(user=user, pin=DEMO_PIN, by=SYSTEM)


def let_some_join_lately(people: People, first_booked_at: Mapping[int, datetime], scale: Scale) -> None:
    """Let a part of the renters sign up during the history, shortly before their first booking."""
    rng = scale.rng("joining")
    personas = {id(renter) for renter in people.personas.values()}
    for renter in people.drivers:
        if id(renter) in personas or rng.random() >= NEWCOMERS:
            continue
        before = first_booked_at.get(renter.user.pk, scale.now)
        joined = before - timedelta(minutes=rng.choice((90, 200, 1_500, 4_000)) + rng.randint(0, 60))
        renter.user.date_joined = max(joined, renter.user.date_joined)


def _user(rng: random.Random, pk: int, fact: PersonFact, encoded: str, scale: Scale) -> User:
    is_blocked = fact.standing == "blocked"
    has_papers = fact.standing in ("verified", "expired", "blocked")
    return User(
        pk=pk,
        email=fact.email,
        full_name=fact.full_name,
        phone=fact.phone,
        born_on=fact.born_on if has_papers else None,
        language=fact.language,
        password=encoded,
        is_staff=fact.role in ("operator", "finance"),
        is_superuser=fact is ADMIN,
        date_joined=_joined(rng, fact, scale),
        blocked_at=scale.ago(days=9, hours=3) if is_blocked else None,
        blocked_reason=BLOCKED_REASON if is_blocked else "",
    )


def _joined(rng: random.Random, fact: PersonFact, scale: Scale) -> datetime:
    if fact.standing in ("new", "waiting"):
        return scale.ago(minutes=rng.randint(25, 300))
    # Some time before the history begins, when people are awake.
    day = scale.today - timedelta(days=scale.days + rng.randint(7, 400))
    return clock.day_bounds(day)[0] + timedelta(minutes=int(rng.triangular(6 * 60, 23 * 60, 20 * 60)))


def _give_posts(
    people: People, facts: Iterable[PersonFact], users: Mapping[str, User], stations: Sequence[Station]
) -> None:
    by_code = {station.code: station for station in stations}
    for fact in facts:
        if fact.station_code is None:
            continue
        user, station = users[fact.email], by_code[fact.station_code]
        chosen = people.supervisors if fact.role == "supervisor" else people.attendants
        chosen[station.code] = user
        people.posts.append(StaffPost(user=user, station=station, role=fact.role))
    email, code = TWO_POSTS
    people.posts.append(StaffPost(user=users[email], station=by_code[code], role=StaffPost.Role.ATTENDANT))


def uploaded_at(renter: Renter, rng: random.Random, scale: Scale) -> datetime:
    """Return when a renter sent their papers: soon after signing up."""
    if renter.fact.standing == "waiting":
        return scale.ago(minutes=rng.randint(8, 20))
    return renter.user.date_joined + timedelta(minutes=rng.randint(4, 20))

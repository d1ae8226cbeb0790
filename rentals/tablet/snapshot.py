"""What a tablet needs to work without the server for a day: today's and tomorrow's bookings, what is out, the vehicles.

It holds no pictures of papers and no full numbers. The number of queries does not depend on how much there is.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from payments.cash.denominations import NOTES
from payments.cash.selectors import drawer_at, running_session
from rentals.cashdesk.place import place_ref
from rentals.contracts import consent
from rentals.contracts.content import in_both_languages
from rentals.handovers.enums import DamageKind
from rentals.handovers.rules import EARLIEST, OBJECTION_TIME
from rentals.handovers.services.inspections import FURTHEST_A_DAY_KM, HIGHEST_CHARGE
from rentals.sync.services.epoch import current_epoch
from rentals.sync.versions import ticket_for
from rentals.tablet.coming_back import as_coming_back, rates_around, rentals_coming_back
from rentals.tablet.going_out import as_going_out, bookings_going_out
from rentals.tablet.known_marks import marks_of
from rentals.tablet.lists import Lists
from rentals.tablet.moments import iso
from rentals.tablet.money import money_of_all
from rentals.tablet.people import People, drivers_of_all, papers_of_all
from rentals.tablet.signing import sign
from rentals.tablet.vehicles import as_standing_there, vehicles_of
from rentals.tablet.walk_in_prices import next_slot, walk_in_prices
from stations.fleet.enums import Condition, VehicleKind
from stations.fleet.parts import parts_of
from stations.maintenance.enums import Category, Severity
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.tablets.selectors import people_of
from voltgo.core import clock
from voltgo.core.clock import Period

Json = dict[str, Any]
SHAPE = 1
VALID = timedelta(hours=24)
# How long a vehicle is looked at ahead, for whoever walks in.
AHEAD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot: its body as it is signed, and a tag that changes when there is something new to fetch."""

    body: str
    tag: str

    def signed(self) -> Json:
        """Return it as it is sent."""
        signature, key = sign(self.body)
        return {"body": self.body, "signature": signature, "key": key}


def snapshot_of(station: Station, *, at: datetime | None = None) -> Snapshot:
    """Gather the snapshot of a station as of now. Writes nothing but the first epoch of a database's life."""
    now = (at or clock.now()).replace(microsecond=0)
    name = uuid.uuid4().hex
    tickets: dict[str, str] = {}

    def ticket(subject: str, version: str) -> str:
        # Signed at the end: signatures carry the time, and are no news.
        tickets[subject] = version
        return subject

    content = _content(station, now, ticket)
    tag = _hash(canonical(content))[:32]
    _put_tickets(content, tickets, station=station.code, snapshot=name)
    head = {
        "v": SHAPE,
        "id": name,
        "epoch": current_epoch(),
        "issued_at": iso(now),
        "valid_until": iso(now + VALID),
    }
    return Snapshot(canonical({**head, **content}), tag)


def _content(station: Station, now: datetime, ticket: Callable[[str, str], str]) -> Json:
    bookings, rentals = bookings_going_out(station, now), rentals_coming_back(station)
    drivers = drivers_of_all(bookings)
    riders = [row.user for rows in drivers.values() for row in rows if row.user is not None]
    everybody = [*(row.renter for row in bookings), *riders]
    monies = money_of_all(
        [*(row.reference for row in bookings), *(row.booking.reference for row in rentals)],
        {user.public_id for user in everybody},
    )
    people = People(papers_of_all(user.pk for user in everybody), drivers, monies)
    lists = Lists(clock.local(now).date())
    vehicles = vehicles_of(station)
    marks = marks_of([*vehicles, *(row.allocation.vehicle for row in bookings)])
    opening = _opening(station, now)
    # Whatever is known up to a moment moves on by half hours: in between nothing new has to be fetched.
    soon = next_slot(now)
    return {
        "station": _station(station, opening, now),
        "people": [_colleague(row) for row in people_of(station)],
        "bookings": as_going_out(bookings, people=people, monies=monies, ticket=ticket, lists=lists, marks=marks),
        "rentals": as_coming_back(rentals, monies=monies, ticket=ticket, lists=lists),
        "vehicles": as_standing_there(vehicles, at=now, until=soon + AHEAD, lists=lists, ticket=ticket, marks=marks),
        "checklists": lists.used,
        **_vocabulary(),
        "contract": {"consent": {**consent.words(), "version": consent.VERSION, "sha256": consent.words_sha256()}},
        "walk_in": {
            "ticket": ticket("walk-in", "1"),
            **walk_in_prices(station, vehicles, opening, at=now, until=soon + VALID),
        },
        "cash": _cash(station, ticket),
        "rates": rates_around(now),
        "limits": {
            "earliest_minutes": int(EARLIEST / timedelta(minutes=1)),
            "objection_hours": int(OBJECTION_TIME / timedelta(hours=1)),
            "furthest_a_day_km": FURTHEST_A_DAY_KM,
            "highest_charge": HIGHEST_CHARGE,
        },
    }  # fmt: skip


def canonical(values: Json) -> str:
    """Write values so that equal ones are equal texts."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _put_tickets(content: Json, tickets: dict[str, str], *, station: str, snapshot: str) -> None:
    def made(subject: str) -> str:
        return ticket_for(subject, version=tickets[subject], station=station, snapshot=snapshot)

    holders = [*content["bookings"], *content["rentals"], *content["vehicles"], content["walk_in"]]
    if content["cash"]["drawer"]:
        holders.append(content["cash"]["drawer"])
    for holder in holders:
        holder["ticket"] = made(holder["ticket"])


def _opening(station: Station, now: datetime) -> Opening:
    around = Period(now, now + timedelta(days=8))
    return openings_of([station.pk], around)[station.pk]


def _station(station: Station, opening: Opening, now: datetime) -> Json:
    return {
        "code": station.code,
        "name": station.name,
        "address": station.address,
        "phone": station.phone,
        # {day of the week with Monday as 0: [minute of opening, minute of closing]}
        "hours": {str(day): list(hours) for day, hours in sorted(opening.week.items())},
        "closures": [
            {"starts_at": iso(row.starts_at), "ends_at": iso(row.ends_at)}
            for row in opening.closures
            if row.ends_at > now
        ],
    }


def _colleague(person: Any) -> Json:
    return {"id": person.id, "name": person.name, "role": person.role}


def _vocabulary() -> Json:
    """Return the words that commands name by their codes."""
    return {
        "parts": {
            str(kind): [{"code": code, **in_both_languages(words)} for code, words in parts_of(kind).items()]
            for kind in VehicleKind
        },
        "damage_kinds": [{"code": str(kind), **in_both_languages(kind.label)} for kind in DamageKind],
        "conditions": {str(name): in_both_languages(name.label) for name in Condition},
        "fault_severities": [{"code": str(row), **in_both_languages(row.label)} for row in Severity],
        "fault_parts": [{"code": str(row), **in_both_languages(row.label)} for row in Category],
    }


def _cash(station: Station, ticket: Callable[[str, str], str]) -> Json:
    """Return the drawer and who answers for it; never what lies in it: it is counted blind."""
    drawer = drawer_at(place_ref(station))
    session = running_session(drawer)
    # A station without a drawer gets one with its first session; until then its own code stands for it.
    code = drawer.code if drawer else station.code
    return {
        "notes": list(NOTES),
        "drawer": {
            "code": code,
            "name": drawer.name if drawer else station.name,
            "ticket": ticket(f"drawer:{code}", str(session.pk) if session else ""),
        },
        "session": {
            "id": str(session.pk),
            "state": session.state,
            "opened_by": session.opened_by.public_id,
            "opened_by_name": session.opened_by.full_name,
            "opened_at": iso(session.opened_at),
        }
        if session
        else None,
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

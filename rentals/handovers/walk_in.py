"""What the counter needs to serve somebody who just walked in: who they are, and what stands ready for how long."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Lower, Replace
from django.utils.translation import gettext as _

from accounts.kyc.eligibility import Eligibility, VehicleDemand, assess, person_of
from accounts.users.models import User
from payments.intents.selectors import debt_of
from rentals.pricing.errors import NoTariff
from rentals.pricing.selectors import price_list
from stations.fleet.models import Vehicle
from stations.network.hours import Opening
from stations.network.models import StaffPost, Station
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong
from voltgo.core.templatetags.voltgo_ui import duration

FOUND_SHOWN = 5
VEHICLES_SHOWN = 24
HOUR = timedelta(hours=1)
# Less than this is not rented out.
SHORTEST = HOUR
HOURS_OFFERED = (1, 2, 4, 8)
DEFAULT_UNTIL = "2h"


def find_renters(typed: str) -> list[User]:
    """Return the renters with exactly this email or telephone number; people of the house are none. One query."""
    typed = typed.strip()
    # Numbers that did not come through a form may still have their spaces.
    digits = Replace("phone", Value(" "), Value(""))
    wanted = Q(lowered=typed.lower()) if "@" in typed else Q(digits__in=_spellings(typed))
    posted = StaffPost.objects.filter(user=OuterRef("pk"), ended_at=None)
    # By the unique index on lower(email); `iexact` compares upper cases.
    rows = User.objects.alias(digits=digits, lowered=Lower("email")).filter(
        wanted, ~Exists(posted), is_active=True, is_staff=False
    )
    return list(rows.order_by("pk")[:FOUND_SHOWN])


def _spellings(typed: str) -> list[str]:
    """Return how a number may have been written down: with the country's code or without."""
    digits = re.sub(r"\D", "", typed)
    if len(digits) < 9:
        return []
    short = digits[2:] if digits.startswith("84") else digits.lstrip("0")
    return [digits, f"0{short}", f"84{short}", f"+84{short}"]


@dataclass(frozen=True, slots=True)
class Masked:
    """A renter as a list may show them: enough to be recognised by who knows them, no more."""

    renter: User

    @property
    def name(self) -> str:
        """Return the given name in full and the rest as initials: `N. M. Anh`."""
        *family, given = self.renter.full_name.split() or ["–"]
        return " ".join([*(f"{part[0]}." for part in family), given])

    @property
    def phone(self) -> str:
        return f"••• {self.renter.phone[-3:]}" if self.renter.phone else ""

    @property
    def email(self) -> str:
        name, _at, host = self.renter.email.partition("@")
        return f"{name[:1]}•••@{host}"


@dataclass(frozen=True, slots=True)
class Until:
    """One choice of how long: `key` stands in the address."""

    key: str
    label: str
    ends_at: datetime


def start_now() -> datetime:
    """Return the full minute in which a walk-in begins."""
    return clock.now().replace(second=0, microsecond=0)


def choices_of(opening: Opening, start: datetime) -> list[Until]:
    """Return until when somebody may take a vehicle now: only times at which the station takes it back."""
    return list(_choices(opening, start))


def _choices(opening: Opening, start: datetime) -> Iterator[Until]:
    for hours in HOURS_OFFERED:
        ends_at = start + hours * HOUR
        if opening.is_open_at(ends_at):
            yield Until(f"{hours}h", duration(hours * 60), ends_at)
    closing = opening.closes_at(start)
    if closing is not None and closing - start >= SHORTEST and opening.is_open_at(closing):
        yield Until("close", _("Đến giờ đóng cửa"), closing)
    tomorrow = opening.nearest_open(start + 24 * HOUR, not_before=start + SHORTEST)
    if tomorrow is not None and clock.local(tomorrow).date() > clock.local(start).date():
        yield Until("tomorrow", _("Ngày mai"), tomorrow)


def chosen_of(choices: Sequence[Until], key: str) -> Until | None:
    """Return the choice of an address, else the usual one, else the first."""
    by_key = {choice.key: choice for choice in choices}
    return by_key.get(key) or by_key.get(DEFAULT_UNTIL) or next(iter(choices), None)


@dataclass(frozen=True, slots=True)
class Ready:
    """One vehicle that can be handed out now, with its whole price and why it may not go to this renter."""

    vehicle: Vehicle
    total: Dong
    deposit: Dong
    eligibility: Eligibility


def ready_now(station: Station, period: Period, renter: User) -> list[Ready]:
    """Return what stands ready at a station for a period: what the renter may drive first, then the cheapest.

    Six queries, however many vehicles.
    """
    claim = with_turnaround(period)
    vehicles = Vehicle.objects.at(station).rentable(claim).free(claim).select_related("model")
    try:
        prices = price_list(clock.local(period.starts_at).date())
    except NoTariff:
        return []
    person, debt = person_of(renter), debt_of(renter)
    judged: dict[int, Eligibility] = {}
    found = []
    for vehicle in vehicles.order_by("-battery_percent", "pk"):
        price = prices.price(vehicle.model_id, station.city_id, period, station.pk, born_on=renter.born_on)
        if price is None:
            continue
        if vehicle.model_id not in judged:
            model = vehicle.model
            demand = VehicleDemand(category=model.category, power_kw=model.power_kw, seats=model.seats)
            judged[vehicle.model_id] = assess(person=person, demand=demand, period=period, debt=debt)
        found.append(Ready(vehicle, price.total, price.deposit, judged[vehicle.model_id]))
    found.sort(key=lambda ready: (not ready.eligibility.is_eligible, ready.total))
    return found[:VEHICLES_SHOWN]

"""The agreement that somebody signs who walked in while there was no network: a wording with places, and what fills them.

The tablet fills it from what it knows (static/js/tablet/walk-in-text.js); the server fills it again from the command
and compares the hashes, so that both have the same words.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from rentals.contracts.content import OBJECTION_HOURS
from rentals.contracts.models import ContractTemplate
from rentals.contracts.texts.choosing import articles_of, template_for
from rentals.contracts.texts.plain import Agreement, agreement_with_places, filled, text_sha256
from rentals.contracts.texts.words import ArticleWords
from rentals.policies.rules import Policy
from rentals.policies.selectors import policy_on
from rentals.pricing.engine import LATE_FEE_CAP_BP, Terms, included_km
from rentals.pricing.lookups import tariff_at, terms_of
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import BASIS_POINTS, format_dong

# What is known only at the counter; everything else stands in the text when it leaves the server.
PLACES = ("booking.code", "vehicle.plate", "rent.total", "deposit", "km.included")
MASK = "•" * 9
TAIL = 3
MINUTES_AN_HOUR = 60


def wording_on(day: date) -> tuple[str, list[ArticleWords]]:
    """Return the code and the articles of the wording that is in force on a day; nothing where none is."""
    template = template_for(day)
    return (template.code, articles_of(template)) if template else ("", [])


def open_text(articles: list[ArticleWords], *, terms: Terms, policy: Policy) -> Agreement:
    """Return the agreement for a tariff's rules, with places for who rents what, how long and for how much."""
    data: dict[str, Any] = {
        "booking": "",
        "company": {key: str(value) for key, value in settings.COMPANY.items()},
        "vehicle": {"plate": ""},
        "terms": terms.as_json(),
        "included_km": None,
        "late_cap": terms.day_amount * LATE_FEE_CAP_BP // BASIS_POINTS,
        "total": None,
        "deposit": None,
        "cancel": {
            "free_hours": policy.free_cancel_hours,
            "half_hours": policy.partial_cancel_hours,
            "half_percent": policy.partial_refund_bp * 100 // BASIS_POINTS,
            "fresh_hours": policy.free_after_booking_minutes // MINUTES_AN_HOUR,
        },
        "objection_hours": OBJECTION_HOURS,
    }
    return agreement_with_places(articles, data, PLACES)


def values_for(
    renter: Mapping[str, Any],
    *,
    model: str,
    plate: str,
    station: str,
    starts_at: datetime,
    ends_at: datetime,
    total: int,
    deposit: int,
    included_km: int,
) -> dict[str, str]:
    """Return what fills the places, as both sides write it; `renter` is the command's."""
    licence = renter.get("licence") or {}
    number = str(licence.get("number") or "")
    masked = f"{MASK}{number[-TAIL:]}" if number else ""
    driving = [licence.get("class"), masked, _day(licence.get("expires_on"))]
    return {
        "renter.name": str(renter.get("name") or ""),
        "renter.born_on": _day(renter.get("born_on")),
        "renter.licence": " · ".join(str(part) for part in driving if part),
        "renter.phone": str(renter.get("phone") or ""),
        "vehicle.model": model,
        "vehicle.plate": plate,
        "pickup.at": _when(starts_at),
        "pickup.station": station,
        "return.at": _when(ends_at),
        "rent.total": format_dong(total),
        "deposit": format_dong(deposit),
        "km.included": str(included_km),
    }


def _day(text: Any) -> str:
    return f"{date.fromisoformat(str(text)):%d/%m/%Y}" if text else ""


def _when(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M %d/%m/%Y}"


def fits(payload: Mapping[str, Any], *, vehicle: Vehicle, station: Station) -> bool:
    """Say whether the words whose hash the people signed under are those that this server would have put there.

    The table of a snapshot is made on its first day and reaches into the next: either day's rules will do.
    """
    shown = payload["pickup"]["contract"]
    template = ContractTemplate.objects.filter(code=str(shown.get("template"))).first()
    starts_at = datetime.fromisoformat(payload["starts_at"])
    ends_at = datetime.fromisoformat(payload["ends_at"])
    articles = articles_of(template) if template else []
    day = clock.local(starts_at).date()
    for made_on in (day, day - timedelta(days=1)):
        terms = terms_of(tariff_at(day, station, vehicle.model))
        values = values_for(
            payload["renter"],
            model=str(vehicle.model),
            plate=vehicle.plate,
            station=station.name,
            starts_at=starts_at,
            ends_at=ends_at,
            total=payload["price"]["total"],
            deposit=payload["price"]["deposit"],
            included_km=included_km(Period(starts_at, ends_at), terms),
        )
        text = open_text(articles, terms=terms, policy=policy_on(made_on))
        if articles and text_sha256(filled(text, values)) == shown.get("text_sha256"):
            return True
    return False

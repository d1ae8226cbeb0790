"""What a contract says, as plain values: gathered once, frozen with the version, printed from there."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from accounts.kyc.enums import IDENTITY_KINDS, DocumentKind, DocumentState, LicenceClass
from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.models import Contract
from rentals.drivers.selectors import agreed_drivers
from rentals.policies.rules import Policy
from rentals.pricing import wording
from rentals.pricing.engine import LATE_FEE_CAP_BP, Terms, included_km
from rentals.pricing.models import Quote
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core.money import BASIS_POINTS

Content = dict[str, Any]

# The renter may object to a settlement for so long after receiving it (domain.md, defaults).
OBJECTION_HOURS = 48
LANGUAGES = ("vi", "en")
# What a contract keeps of its wording; services.wording says what is taken.
WORDING = ("text_version", "text_sha256", "layout")
MINUTES_AN_HOUR = 60


def content_of(booking: Booking, *, number: str) -> Content:
    """Gather everything that the booking's contract would say now, besides its wording. Writes nothing.

    Personal numbers are in it masked only; the document that holds the number in full is named by id.
    """
    quote = booking.quote
    return {
        "booking": booking.code,
        "verify_url": settings.SITE_URL + reverse("rentals:contract-verify", args=[number]),
        "company": {key: str(value) for key, value in settings.COMPANY.items()},
        "renter": _renter(booking.renter),
        "drivers": [_driver(driver.user) for driver in agreed_drivers(booking) if driver.user],
        "vehicle": _vehicle(booking.allocation.vehicle),
        "pickup": _station(booking.pickup_station),
        "return": _station(booking.return_station),
        "starts_at": _moment(booking.starts_at),
        "ends_at": _moment(booking.ends_at),
        **_price(quote),
        **_rules(quote),
        "cancel": _cancelling(quote),
        "objection_hours": OBJECTION_HOURS,
    }


def _cancelling(quote: Quote) -> Content:
    policy = Policy.from_json(quote.policy)
    return {
        "free_hours": policy.free_cancel_hours,
        "half_hours": policy.partial_cancel_hours,
        "half_percent": policy.partial_refund_bp * 100 // BASIS_POINTS,
        "fresh_hours": policy.free_after_booking_minutes // MINUTES_AN_HOUR,
    }


def says_the_same(content: Content, other: Content) -> bool:
    """Compare what two contents agree on.

    The address that carries the version's own number does not count, nor do the words of the price's
    lines: a better wording or translation is no reason to draw up a contract anew.
    """
    return _substance(content) == _substance(other)


def _substance(content: Content) -> Content:
    lines = [{key: value for key, value in line.items() if key not in LANGUAGES} for line in content["lines"]]
    renter = content["renter"]
    # What contracts from before there were passports and additional drivers do not say.
    papers = {
        name: renter[name] and {"kind": kind, **renter[name]}
        for name, kind in (("identity", DocumentKind.CITIZEN_CARD), ("licence", DocumentKind.DRIVING_LICENCE))
    }
    same = {key: value for key, value in content.items() if key not in WORDING}
    return {"drivers": [], **same, "renter": {**renter, **papers}, "verify_url": "", "lines": lines}


def content_sha256(contract: Contract) -> str:
    """Return the hash of a version's content: printed on each page, and compared on the public page."""
    return hashlib.sha256(content_json(contract)).hexdigest()


def content_json(contract: Contract) -> bytes:
    """Return what a version agrees on as the document carries it: the content code is the hash of these bytes."""
    return canonical_json({"number": contract.number, "version": contract.version, "data": contract.data})


def canonical_json(values: Content) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def short_code(sha256: str) -> str:
    """Print the first sixteen digits of a hash as people compare them: `3f2a 90c1 7be4 55d0`."""
    return " ".join(sha256[start : start + 4] for start in range(0, 16, 4))


def in_both_languages(words: Any) -> dict[str, str]:
    """Return lazily translated words, or what a function says, in Vietnamese and English."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = str(words() if callable(words) else words)
    return said


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _renter(user: User) -> Content:
    papers = IdentityDocument.objects.filter(user=user, state=DocumentState.APPROVED)
    by_kind = {str(paper.kind): paper for paper in papers}
    identity = next((by_kind[kind] for kind in IDENTITY_KINDS if kind in by_kind), None)
    return {
        "user": user.public_id,
        "name": identity.full_name if identity else user.full_name,
        "email": user.email,
        "phone": user.phone,
        "born_on": str(identity.born_on) if identity else None,
        "identity": _identity(identity) if identity else None,
        "licence": _licence(by_kind),
    }


def _driver(user: User) -> Content:
    """Return what a contract says of another driver: no more than who they are and what they may drive."""
    whole = _renter(user)
    return {"user": whole["user"], "name": whole["name"], "licence": whole["licence"]}


def _identity(paper: IdentityDocument) -> Content:
    said = {"kind": str(paper.kind), "document": paper.pk, "number": paper.masked_number}
    return {**said, "country": paper.country} if paper.country else said


def _licence(by_kind: Mapping[str, IdentityDocument]) -> Content | None:
    """Return the licence to drive with here: a Vietnamese one, or a foreign one with its permit."""
    licence = by_kind.get(DocumentKind.DRIVING_LICENCE)
    if licence is not None:
        return _driving_paper(licence)
    licence, permit = by_kind.get(DocumentKind.FOREIGN_LICENCE), by_kind.get(DocumentKind.DRIVING_PERMIT)
    if licence is None or permit is None:
        return None
    return {**_driving_paper(licence), "country": licence.country, "permit": _driving_paper(permit)}


def _driving_paper(paper: IdentityDocument) -> Content:
    return {
        "kind": str(paper.kind),
        "classes": ", ".join(_class_words(code) for code in paper.licence_classes),
        "number": paper.masked_number,
        "expires_on": str(paper.expires_on) if paper.expires_on else None,
    }


def _class_words(code: str) -> str:
    with translation.override("vi"):
        return str(LicenceClass(code).label)


def _vehicle(vehicle: Vehicle) -> Content:
    model = vehicle.model
    return {
        "code": vehicle.code,
        "plate": vehicle.plate,
        "maker": model.maker,
        "name": model.name,
        "kind": model.kind,
        "seats": model.seats,
        "battery_kwh": f"{model.battery_kwh.normalize():f}",
        "power_kw": f"{model.power_kw.normalize():f}",
    }


def _station(station: Station) -> Content:
    return {
        "code": station.code,
        "name": station.name,
        "address": station.address,
        "city": station.city.name,
    }


def _price(quote: Quote) -> Content:
    return {
        "lines": [_line(line) for line in quote.lines],
        "total": quote.total_amount,
        "net": quote.net_amount,
        "vat": quote.vat_amount,
        "deposit": quote.deposit_amount,
        "quote_sha256": quote.sha256,
    }


def _line(line: dict[str, Any]) -> Content:
    """Keep a line with its words: a later wording must not change what was agreed."""
    words = in_both_languages(lambda: wording.describe(line["code"], line["params"]))
    amounts = {name: line[name] for name in ("gross", "net", "vat", "vat_bp")}
    return {"code": line["code"], **words, **amounts}


def _rules(quote: Quote) -> Content:
    if not quote.terms:
        return {"terms": {}, "included_km": None, "late_cap": None}
    terms = Terms.from_json(quote.terms)
    return {
        "terms": quote.terms,
        "included_km": included_km(quote.period, terms),
        "late_cap": terms.day_amount * LATE_FEE_CAP_BP // BASIS_POINTS,
    }

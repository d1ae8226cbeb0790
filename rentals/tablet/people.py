"""Whoever is to drive, as a tablet may know them: what to compare with the originals, and whether they may."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.kyc.eligibility import (
    Account,
    Eligibility,
    VehicleDemand,
    assess,
    papers_among,
    person_from,
)
from accounts.kyc.enums import IDENTITY_KINDS, DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.content import in_both_languages
from rentals.drivers.enums import DriverState
from rentals.drivers.models import AdditionalDriver
from rentals.tablet.money import Monies
from stations.fleet.models import VehicleModel

Json = dict[str, Any]
LICENCES = (DocumentKind.DRIVING_LICENCE, DocumentKind.FOREIGN_LICENCE)
SELFIES = (DocumentState.APPROVED, DocumentState.AUTO_PASSED)
PHONE_TAIL = 3


@dataclass(frozen=True, slots=True)
class People:
    """The papers of some people by user, and who drives along by booking."""

    papers: Mapping[int, list[IdentityDocument]]
    drivers: Mapping[int, list[AdditionalDriver]]
    monies: Monies

    def renter(self, booking: Booking, model: VehicleModel) -> Json:
        """Return a booking's renter: name, masked numbers, whether they may drive this model for its period."""
        user = booking.renter
        return {
            **self._person(user),
            "phone_masked": f"••• {user.phone[-PHONE_TAIL:]}" if user.phone else "",
            "phone_tail": user.phone[-PHONE_TAIL:],
            "language": user.language,
            **_answer(self._eligibility(user, booking, model)),
        }

    def along(self, booking: Booking, model: VehicleModel) -> list[Json]:
        """Return who has agreed to drive along."""
        return [
            {
                "code": row.code,
                **self._person(row.user),
                **_answer(self._eligibility(row.user, booking, model)),
            }
            for row in self.drivers.get(booking.pk, ())
            if row.user is not None
        ]

    def _person(self, user: User) -> Json:
        rows = self.papers.get(user.pk, [])
        counting = papers_among(rows)
        identity = _approved(counting, IDENTITY_KINDS)
        licence = _approved(counting, LICENCES)
        selfie = counting.get(DocumentKind.SELFIE)
        return {
            "id": user.public_id,
            "name": identity.full_name if identity else user.full_name,
            "born_on": identity.born_on.isoformat() if identity and identity.born_on else None,
            "papers": {
                "identity": _paper(identity),
                "licence": _paper(licence),
                "face_compared": selfie is not None and selfie.state == DocumentState.APPROVED,
                "selfies": [selfie.pk] if selfie is not None and selfie.state in SELFIES else [],
            },
        }

    def _eligibility(self, user: User, booking: Booking, model: VehicleModel) -> Eligibility:
        account = Account(user.phone, user.is_active and user.blocked_at is None)
        person = person_from([_row(paper) for paper in self.papers.get(user.pk, [])], account)
        demand = VehicleDemand(category=model.category, power_kw=model.power_kw, seats=model.seats)
        debt = self.monies.debt_of(user.public_id)
        return assess(person=person, demand=demand, period=booking.period, debt=debt)


def drivers_of_all(bookings: Iterable[Booking]) -> dict[int, list[AdditionalDriver]]:
    """Return who has agreed to drive along, by booking. One query."""
    rows = AdditionalDriver.objects.filter(booking__in=list(bookings), state=DriverState.ACCEPTED)
    found: dict[int, list[AdditionalDriver]] = defaultdict(list)
    for row in rows.select_related("user").order_by("pk"):
        found[row.booking_id].append(row)
    return found


def papers_of_all(user_ids: Iterable[int]) -> dict[int, list[IdentityDocument]]:
    """Return everybody's papers that were not replaced, oldest first. One query."""
    rows = IdentityDocument.objects.filter(user__in=set(user_ids)).exclude(state=DocumentState.SUPERSEDED)
    found: dict[int, list[IdentityDocument]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.user_id].append(row)
    return found


def _approved(papers: Mapping[str, IdentityDocument], kinds: Iterable[str]) -> IdentityDocument | None:
    found = (papers.get(kind) for kind in kinds)
    return next((row for row in found if row is not None and row.state == DocumentState.APPROVED), None)


def _paper(row: IdentityDocument | None) -> Json | None:
    if row is None:
        return None
    return {
        "kind": row.kind,
        "label": in_both_languages(row.get_kind_display),
        "number_masked": row.masked_number,
        "classes": row.licence_classes_label,
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
    }


def _row(paper: IdentityDocument) -> Json:
    return {
        "id": paper.pk,
        "kind": paper.kind,
        "state": paper.state,
        "born_on": paper.born_on.isoformat() if paper.born_on else None,
        "expires_on": paper.expires_on.isoformat() if paper.expires_on else None,
        "classes": paper.licence_classes,
    }


def _answer(eligibility: Eligibility) -> Json:
    return {
        "eligible": eligibility.is_eligible,
        "reasons": [
            {"code": reason.code, **in_both_languages(lambda reason=reason: reason.message)}
            for reason in eligibility.reasons
        ],
    }

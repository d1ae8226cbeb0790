"""May this person drive this vehicle for this period? One function, asked at booking and again at pickup.

`assess` is pure; `eligibility_of` reads the person's papers and asks it. Sources: Law 36/2024/QH15 art. 34,
57, 59 and 89 (licence classes, ages, licences issued before 2025).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import IDENTITY_KINDS, WAITING, DocumentKind, DocumentState, LicenceClass
from accounts.kyc.models import IdentityDocument
from accounts.kyc.reasons import CURES, PAGES, Reason, ReasonCode
from accounts.kyc.rules import age_on
from accounts.users.models import User
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError
from voltgo.core.money import Dong
from voltgo.core.prepared import rows_of

__all__ = [
    "CURES", "PAGES", "PAPERS", "Account", "Eligibility", "NotEligible", "Paper", "Person", "Reason", "ReasonCode",
    "VehicleDemand", "age_on", "assess", "classes_for", "eligibility_of", "lock_account", "papers_among",
    "papers_of", "person_from", "person_of",
]  # fmt: skip

MOPED, MOTORBIKE, CAR = "moped", "motorbike", "car"
MINIMUM_AGE = {MOPED: 16, MOTORBIKE: 18, CAR: 18}
LIGHT_MOTORBIKE_KW = Decimal(11)
OLD_A1_LIMIT_KW = Decimal(14)
# Eight passengers and the driver; no class of ours covers a larger vehicle.
MOST_SEATS = 9
# A licence must still hold if the vehicle comes back a day late.
LICENCE_GRACE = timedelta(days=1)

Class = LicenceClass
LIGHT_MOTORBIKE_CLASSES = frozenset(
    {Class.A1, Class.A, Class.A_RESTRICTED, Class.B1, Class.OLD_A1, Class.OLD_A2, Class.OLD_A3}
)
MEDIUM_MOTORBIKE_CLASSES = frozenset({Class.A, Class.A_RESTRICTED, Class.OLD_A1, Class.OLD_A2})
HEAVY_MOTORBIKE_CLASSES = frozenset({Class.A, Class.OLD_A2})
# The new B1 is for three wheels and does not drive a car; the old B1 does.
CAR_CLASSES = frozenset(
    {
        *(Class.B, Class.C1, Class.C, Class.D1, Class.D2, Class.D),
        *(Class.OLD_B1, Class.OLD_B2, Class.OLD_C, Class.OLD_D, Class.OLD_E),
    }
)


@dataclass(frozen=True, slots=True)
class VehicleDemand:
    """What a vehicle asks of its driver: legal category (moped, motorbike, car), motor power, seats."""

    category: str
    power_kw: Decimal
    seats: int


@dataclass(frozen=True, slots=True)
class Paper:
    """The state of what shows one thing about a person; `state` is empty when nothing was ever sent.

    A foreign licence and its permit are one: valid where both are, for the classes that both name.
    """

    state: str = ""
    expires_on: date | None = None
    classes: frozenset[str] = frozenset()
    kind: str = ""
    # Rows that were looked at, so that a decision can be explained later.
    documents: tuple[int, ...] = ()
    # One of a pair is there and the other was never sent.
    lacks_partner: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """What is asked about a person, without their name or number."""

    born_on: date | None
    identity: Paper = Paper()
    licence: Paper = Paper()
    selfie: Paper = Paper()
    is_blocked: bool = False
    has_phone: bool = True


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answer and its grounds, kept on the booking and on the rental."""

    reasons: tuple[Reason, ...]
    checked_at: datetime
    age: int | None = None
    licence_classes: tuple[str, ...] = ()
    licence_expires_on: date | None = None
    # What was looked at: {"identity": {"kind": …, "state": …, "documents": [ids]}, "licence": …, "selfie": …}.
    papers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_eligible(self) -> bool:
        return not self.reasons

    @property
    def is_only_waiting(self) -> bool:
        """True when the person has done everything and only our check is missing."""
        return bool(self.reasons) and all(reason.is_waiting for reason in self.reasons)

    def as_json(self) -> dict[str, Any]:
        """Return plain values; `from_json` reads them back."""
        return {
            "is_eligible": self.is_eligible,
            "checked_at": self.checked_at.isoformat(),
            "reasons": [reason.as_json() for reason in self.reasons],
            "age": self.age,
            "licence_classes": list(self.licence_classes),
            "licence_expires_on": self.licence_expires_on.isoformat() if self.licence_expires_on else None,
            "papers": dict(self.papers),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Eligibility":
        expires_on = kept.get("licence_expires_on")
        return cls(
            reasons=tuple(Reason(each["code"], each["params"]) for each in kept["reasons"]),
            checked_at=datetime.fromisoformat(kept["checked_at"]),
            age=kept.get("age"),
            licence_classes=tuple(kept.get("licence_classes", ())),
            licence_expires_on=date.fromisoformat(expires_on) if expires_on else None,
            papers=kept.get("papers", {}),
        )


class NotEligible(DomainError):
    """The person may not drive this vehicle for this period; `reasons` say why and what to do."""

    code: ClassVar[str] = "not_eligible"
    message = _("Bạn chưa đủ điều kiện thuê xe này.")

    def __init__(self, message: Any = None, *, reasons: tuple[Reason, ...] = (), **details: Any) -> None:
        self.reasons = reasons
        told = [{**reason.as_json(), "message": reason.message, "cure": reason.cure} for reason in reasons]
        super().__init__(message, reasons=told, **details)


def classes_for(demand: VehicleDemand) -> frozenset[LicenceClass] | None:
    """Return the licence classes of which one is needed; None when no licence is needed, empty when none is enough."""
    if demand.category == MOPED:
        return None
    if demand.category == CAR:
        return CAR_CLASSES if demand.seats <= MOST_SEATS else frozenset()
    if demand.power_kw <= LIGHT_MOTORBIKE_KW:
        return LIGHT_MOTORBIKE_CLASSES
    return MEDIUM_MOTORBIKE_CLASSES if demand.power_kw < OLD_A1_LIMIT_KW else HEAVY_MOTORBIKE_CLASSES


def assess(
    *, person: Person, demand: VehicleDemand, period: Period, debt: Dong = 0, at: datetime | None = None
) -> Eligibility:
    """Judge a person for a vehicle and a period; every reason is named, not only the first. Writes nothing."""
    pickup_day, return_day = clock.local(period.starts_at).date(), clock.local(period.ends_at).date()
    age = age_on(person.born_on, pickup_day) if person.born_on else None
    reasons = [
        *_about_account(person, debt),
        *_about_identity(person.identity, return_day),
        *_about_age(age, demand),
        *_about_licence(person.licence, demand, return_day),
        *_about_selfie(person.selfie),
    ]
    return Eligibility(
        reasons=tuple(reasons),
        checked_at=at or clock.now(),
        age=age,
        licence_classes=tuple(sorted(str(name) for name in person.licence.classes)),
        licence_expires_on=person.licence.expires_on,
        papers={
            "identity": _as_json(person.identity),
            "licence": _as_json(person.licence),
            "selfie": _as_json(person.selfie),
        },
    )


def _as_json(paper: Paper) -> dict[str, Any]:
    return {"kind": str(paper.kind), "state": str(paper.state), "documents": list(paper.documents)}


def eligibility_of(*, user: User, demand: VehicleDemand, period: Period, debt: Dong = 0) -> Eligibility:
    """Judge a user by what stands in the database now. Two queries, no writes."""
    account = User.objects.filter(pk=user.pk, is_active=True, blocked_at=None).values("phone").first()
    person = person_of(user)
    current = replace(
        person, is_blocked=account is None, has_phone=bool(account["phone"]) if account else person.has_phone
    )
    return assess(person=current, demand=demand, period=period, debt=debt)


def person_of(user: User) -> Person:
    """Return what is asked about a user, by their papers and by the account as it was loaded. One query."""
    return _person(papers_of(user), is_blocked=user.blocked_at is not None, has_phone=bool(user.phone))


def _person(papers: Mapping[str, IdentityDocument], *, is_blocked: bool, has_phone: bool) -> Person:
    identity = _best([papers[kind] for kind in IDENTITY_KINDS if kind in papers])
    is_identified = identity is not None and identity.state == DocumentState.APPROVED
    return Person(
        born_on=identity.born_on if identity is not None and is_identified else None,
        identity=_paper(identity),
        licence=_licence(papers),
        selfie=_paper(papers.get(DocumentKind.SELFIE)),
        is_blocked=is_blocked,
        has_phone=has_phone,
    )


def _best(rows: Sequence[IdentityDocument]) -> IdentityDocument | None:
    """Return the row that counts: approved before under way before ended; of two approved what holds longer."""
    return max(rows, key=lambda row: (_rank(row.state), row.expires_on or date.max), default=None)


def _rank(state: str) -> int:
    if state == DocumentState.APPROVED:
        return 2
    return 1 if state in WAITING else 0


def _licence(papers: Mapping[str, IdentityDocument]) -> Paper:
    """Return what shows what somebody may drive: a Vietnamese licence, or a foreign one with its permit."""
    own = papers.get(DocumentKind.DRIVING_LICENCE)
    pair = _pair(papers.get(DocumentKind.FOREIGN_LICENCE), papers.get(DocumentKind.DRIVING_PERMIT))
    if pair is None or (own is not None and _rank(own.state) >= _rank(pair.state)):
        return _paper(own)
    return pair


def _pair(licence: IdentityDocument | None, permit: IdentityDocument | None) -> Paper | None:
    """Return a licence and the permit that translates it as one; None where neither was sent."""
    if licence is None or permit is None:
        lone = licence or permit
        return replace(_paper(lone), lacks_partner=True) if lone is not None else None
    rows = (licence, permit)
    ends = [row.expires_on for row in rows if row.expires_on is not None]
    return Paper(
        # One that was sent back or has run out spoils the pair; then one that waits.
        state=min(rows, key=lambda row: _rank(row.state)).state,
        expires_on=min(ends, default=None),
        classes=frozenset(licence.licence_classes) & frozenset(permit.licence_classes),
        kind=licence.kind,
        documents=tuple(row.pk for row in rows if row.pk),
    )


# What stands in the database about `renter`, as a part of somebody else's statement; read it with
# `person_from`. Of each paper what `papers_of` and `_paper` read, oldest first.
PAPERS = f"""
    SELECT json_agg(json_build_object('id', d.id, 'kind', d.kind, 'state', d.state, 'born_on', d.born_on,
                                      'expires_on', d.expires_on, 'classes', d.licence_classes) ORDER BY d.id)
    FROM accounts_identitydocument d WHERE d.user_id = %(renter)s AND d.state <> '{DocumentState.SUPERSEDED}'
"""  # noqa: S608 (a constant)


@dataclass(frozen=True, slots=True)
class Account:
    """What eligibility reads of a user's row."""

    phone: str
    may_rent: bool


LOCK_ACCOUNT = """
    SELECT phone, is_active AND blocked_at IS NULL FROM accounts_user WHERE id = %(user)s FOR NO KEY UPDATE
"""


def lock_account(user: User) -> Account:
    """Lock a user's row until the transaction ends; return what eligibility reads of it, fresh."""
    (row,) = rows_of(LOCK_ACCOUNT, {"user": user.pk})
    return Account(*row)


def person_from(papers: Iterable[Mapping[str, Any]] | None, account: Account) -> Person:
    """Return what is asked about a person, from the rows of PAPERS and a fresh account. No query."""
    rows = [
        IdentityDocument(
            pk=row["id"],
            kind=row["kind"],
            state=row["state"],
            born_on=_date(row["born_on"]),
            expires_on=_date(row["expires_on"]),
            licence_classes=row["classes"],
        )
        for row in papers or ()
    ]
    return _person(
        papers_among(rows),
        is_blocked=not account.may_rent,
        has_phone=bool(account.phone),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def papers_of(user: User) -> dict[str, IdentityDocument]:
    """Return the version that counts of each kind: the approved one, else the newest that was not replaced."""
    return papers_among(user.documents.exclude(state=DocumentState.SUPERSEDED).order_by("pk"))


def papers_among(rows: Iterable[IdentityDocument]) -> dict[str, IdentityDocument]:
    """Return the same from one person's rows that were read before, oldest first."""
    papers: dict[str, IdentityDocument] = {}
    for row in rows:
        known = papers.get(row.kind)
        if known is None or known.state != DocumentState.APPROVED:
            papers[row.kind] = row
    return papers


def _paper(row: IdentityDocument | None) -> Paper:
    if row is None:
        return Paper()
    return Paper(
        state=row.state,
        expires_on=row.expires_on,
        classes=frozenset(row.licence_classes),
        kind=row.kind,
        documents=(row.pk,) if row.pk else (),
    )


def _about_account(person: Person, debt: Dong) -> list[Reason]:
    reasons = []
    if person.is_blocked:
        reasons.append(Reason(ReasonCode.BLOCKED))
    if debt > 0:
        reasons.append(Reason(ReasonCode.DEBT, {"amount": debt}))
    if not person.has_phone:
        reasons.append(Reason(ReasonCode.PHONE_MISSING))
    return reasons


def _about_identity(paper: Paper, return_day: date) -> list[Reason]:
    if (reason := _unless_approved(paper, "IDENTITY")) is not None:
        return [reason]
    if paper.state == DocumentState.EXPIRED or _runs_out_before(paper, return_day):
        return [Reason(ReasonCode.IDENTITY_EXPIRED, {"needed": return_day.isoformat()})]
    return []


def _about_age(age: int | None, demand: VehicleDemand) -> list[Reason]:
    minimum = MINIMUM_AGE[demand.category]
    return [Reason(ReasonCode.TOO_YOUNG, {"age": minimum})] if age is not None and age < minimum else []


def _about_licence(paper: Paper, demand: VehicleDemand, return_day: date) -> list[Reason]:
    wanted = classes_for(demand)
    if wanted is None:
        return []
    if not wanted:
        return [Reason(ReasonCode.VEHICLE_NOT_COVERED)]
    if paper.lacks_partner:
        is_licence = paper.kind == DocumentKind.FOREIGN_LICENCE
        return [Reason(ReasonCode.PERMIT_MISSING if is_licence else ReasonCode.LICENCE_MISSING)]
    if (reason := _unless_approved(paper, "LICENCE")) is not None:
        return [reason]
    reasons = []
    needed = return_day + LICENCE_GRACE
    if paper.state == DocumentState.EXPIRED or _runs_out_before(paper, needed):
        reasons.append(Reason(ReasonCode.LICENCE_EXPIRED, {"needed": needed.isoformat()}))
    if not paper.classes & wanted:
        # Only today's classes are worth naming; the old ones are listed nowhere else either.
        current = [str(name) for name in Class if name in wanted and not name.startswith("old_")]
        reasons.append(Reason(ReasonCode.LICENCE_CLASS, {"classes": current}))
    return reasons


def _about_selfie(paper: Paper) -> list[Reason]:
    """A selfie that no machine has compared is enough to book: a person compares it before the keys are given."""
    if paper.state == DocumentState.AUTO_PASSED:
        return []
    reason = _unless_approved(paper, "SELFIE")
    return [reason] if reason is not None else []


def _unless_approved(paper: Paper, what: str) -> Reason | None:
    """Say what is missing of a paper that is neither approved nor has run out."""
    if paper.state in {DocumentState.APPROVED, DocumentState.EXPIRED}:
        return None
    if not paper.state:
        return Reason(ReasonCode[f"{what}_MISSING"])
    return Reason(ReasonCode[f"{what}_{'WAITING' if paper.state in WAITING else 'REJECTED'}"])


def _runs_out_before(paper: Paper, day: date) -> bool:
    """A paper is valid on the day that it names; without a date it does not run out."""
    return paper.expires_on is not None and paper.expires_on < day

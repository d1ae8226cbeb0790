"""Identity papers of the renters: numbers encrypted, decisions recorded, pictures for the personas."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.access.actors import operator_actor, renter_actor
from accounts.kyc import consent
from accounts.kyc.enums import DOCUMENT, ConsentPurpose, DocumentKind, DocumentState, ImageSide
from accounts.kyc.models import Consent, DocumentImage, IdentityDocument
from accounts.kyc.rules import normal_number
from rentals.demo.people import PersonFact
from rentals.demo.seeding.bulk import copy_rows, reserve_ids
from rentals.demo.seeding.events import Step, write_steps
from rentals.demo.seeding.papers import SpecimenSide, store_specimen
from rentals.demo.seeding.people import People, Renter, uploaded_at
from rentals.demo.seeding.scale import Scale
from voltgo.core import crypto
from voltgo.core.actors import SYSTEM

# A citizen card is renewed at these ages; the last one holds for life.
RENEWAL_AGES = (14, 25, 40, 60)
REVIEW_MINUTES = (4, 30)
READ_SECONDS = timedelta(seconds=3)

COLUMNS = (
    "id", "user_id", "kind", "state", "uploaded_at", "consent_version", "number_encrypted", "number_hash",
    "number_tail", "full_name", "born_on", "licence_classes", "issued_on", "expires_on", "reviewed_by_id",
    "reviewed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaperFact:
    """One paper of one person, before it becomes a row."""

    renter: Renter
    kind: str
    state: str
    number: str
    classes: tuple[str, ...]
    issued_on: date
    expires_on: date | None
    uploaded_at: datetime
    reviewed_at: datetime | None


def create_documents(people: People, scale: Scale) -> int:
    """Create the papers of every renter who sent some; return how many."""
    rng = scale.rng("documents")
    facts = [fact for renter in people.renters for fact in _papers(renter, rng, scale)]
    _create_consents(facts)
    ids = reserve_ids(IdentityDocument, len(facts))
    copy_rows(
        IdentityDocument,
        COLUMNS,
        (_row(pk, fact, people.operator.pk) for pk, fact in zip(ids, facts, strict=True)),
    )
    write_steps(step for pk, fact in zip(ids, facts, strict=True) for step in _steps(pk, fact, people))
    with_pictures = {renter.user.pk for renter in people.personas.values()}
    _create_images(
        (pk, fact) for pk, fact in zip(ids, facts, strict=True) if fact.renter.user.pk in with_pictures
    )
    return len(facts)


def _papers(renter: Renter, rng: random.Random, scale: Scale) -> Iterator[PaperFact]:
    fact = renter.fact
    if fact.identity_number is None:
        return
    sent = uploaded_at(renter, rng, scale)
    seen = sent + timedelta(minutes=rng.randint(*REVIEW_MINUTES))
    is_waiting = fact.standing == "waiting"
    reviewed_at = None if is_waiting else seen
    state = DocumentState.NEEDS_REVIEW if is_waiting else DocumentState.APPROVED
    issued_on, expires_on = _card_dates(fact.born_on, scale.today)
    yield PaperFact(
        renter,
        DocumentKind.CITIZEN_CARD,
        state,
        fact.identity_number,
        (),
        issued_on,
        expires_on,
        sent,
        reviewed_at,
    )
    yield _selfie(renter, sent + timedelta(minutes=2), reviewed_at)
    if not fact.licence_classes:
        return
    runs_out = renter.licence_expires_on
    if not is_waiting and runs_out is not None and runs_out < scale.today:
        state = DocumentState.EXPIRED
    yield PaperFact(
        renter,
        DocumentKind.DRIVING_LICENCE,
        state,
        fact.licence_number or "",
        renter.licence_classes,
        renter.licence_issued_on,
        runs_out,
        sent + timedelta(minutes=1),
        reviewed_at,
    )


def _selfie(renter: Renter, sent: datetime, reviewed_at: datetime | None) -> PaperFact:
    """A selfie says nothing that could be read; nobody has compared the one of somebody who still waits."""
    state = DocumentState.AUTO_PASSED if reviewed_at is None else DocumentState.APPROVED
    return PaperFact(renter, DocumentKind.SELFIE, state, "", (), sent.date(), None, sent, reviewed_at)


def _card_dates(born_on: date, today: date) -> tuple[date, date | None]:
    """Return (issued, expires) of the card that somebody of this age carries, renewed in time."""
    soon = today + timedelta(days=180)
    ages = [age for age in RENEWAL_AGES if _birthday(born_on, age) <= soon]
    issued_on = min(_birthday(born_on, ages[-1]), today - timedelta(days=200))
    later = [age for age in RENEWAL_AGES if age > ages[-1]]
    return issued_on, _birthday(born_on, later[0]) if later else None


def _birthday(born_on: date, age: int) -> date:
    """Return the day on which somebody reaches an age; 29 February moves to the 28th."""
    day = 28 if (born_on.month, born_on.day) == (2, 29) else born_on.day
    return date(born_on.year + age, born_on.month, day)


def _row(pk: int, fact: PaperFact, operator_id: int) -> tuple[object, ...]:
    head = (pk, fact.renter.user.pk, str(fact.kind), str(fact.state), fact.uploaded_at, consent.VERSION)
    if fact.reviewed_at is None:
        # Nobody has read it yet.
        return (*head, "", "", "", "", None, [], None, None, None, None)
    if fact.kind == DocumentKind.SELFIE:
        return (*head, "", "", "", "", None, [], None, None, operator_id, fact.reviewed_at)
    number = normal_number(fact.number)
    return (
        *head,
        crypto.encrypt(number),
        crypto.keyed_hash(number),
        number[-3:],
        fact.renter.fact.full_name,
        fact.renter.fact.born_on,
        list(fact.classes),
        fact.issued_on,
        fact.expires_on,
        operator_id,
        fact.reviewed_at,
    )


def _steps(pk: int, fact: PaperFact, people: People) -> Iterator[Step]:
    subject = str(pk)
    uploaded, reading = DocumentState.UPLOADED, DocumentState.PROCESSING
    is_selfie = fact.kind == DocumentKind.SELFIE
    read = DocumentState.AUTO_PASSED if is_selfie else DocumentState.NEEDS_REVIEW
    yield Step(DOCUMENT, subject, "", uploaded, renter_actor(fact.renter.user), fact.uploaded_at)
    yield Step(DOCUMENT, subject, uploaded, reading, SYSTEM, fact.uploaded_at)
    yield Step(DOCUMENT, subject, reading, read, SYSTEM, fact.uploaded_at + READ_SECONDS)
    if fact.reviewed_at is None:
        return
    approved = DocumentState.APPROVED
    yield Step(DOCUMENT, subject, read, approved, operator_actor(people.operator), fact.reviewed_at)
    if fact.state == DocumentState.EXPIRED and fact.expires_on is not None:
        midnight = fact.reviewed_at.replace(hour=17, minute=5) + (fact.expires_on - fact.reviewed_at.date())
        yield Step(DOCUMENT, subject, approved, fact.state, SYSTEM, midnight)


def _create_consents(facts: Iterable[PaperFact]) -> None:
    """Whoever sent papers has agreed to their check a minute before."""
    purpose = ConsentPurpose.IDENTITY
    first = {fact.renter.user.pk: fact for fact in reversed(list(facts))}
    copy_rows(
        Consent,
        (
            "user_id",
            "purpose",
            "version",
            "text_sha256",
            "language",
            "given_at",
            "ip_address",
            "device",
            "withdrawn_at",
        ),
        (
            (
                user_id,
                str(purpose),
                consent.VERSIONS[purpose],
                consent.text_hash(purpose, fact.renter.user.language),
                fact.renter.user.language,
                fact.uploaded_at - timedelta(minutes=1),
                None,
                "",
                None,
            )
            for user_id, fact in first.items()
        ),
    )


def _create_images(papers: Iterable[tuple[int, PaperFact]]) -> None:
    DocumentImage.objects.bulk_create(
        DocumentImage(
            document_id=pk,
            side=side,
            file=picture.name,
            sha256=picture.sha256,
            width=picture.width,
            height=picture.height,
        )
        for pk, fact in papers
        for side, specimen in _sides(fact)
        for picture in (store_specimen(specimen),)
    )


def _sides(fact: PaperFact) -> Iterator[tuple[ImageSide, SpecimenSide]]:
    person = fact.renter.fact
    until = f"{fact.expires_on:%d/%m/%Y}" if fact.expires_on else "Không thời hạn"
    born = ("Ngày sinh", f"{person.born_on:%d/%m/%Y}")
    issued = ("Ngày cấp", f"{fact.issued_on:%d/%m/%Y}")
    if fact.kind == DocumentKind.CITIZEN_CARD:
        front = (("Số định danh cá nhân", fact.number), ("Họ và tên", person.full_name), born)
        yield ImageSide.FRONT, SpecimenSide("identity", "CĂN CƯỚC", front, has_portrait=True)
        back = (("Nơi cư trú", _home(person)), issued, ("Có giá trị đến", until))
        yield ImageSide.BACK, SpecimenSide("identity", "CĂN CƯỚC", back)
        return
    if fact.kind == DocumentKind.SELFIE:
        yield ImageSide.FRONT, SpecimenSide("selfie", "ẢNH CHÂN DUNG", (), has_portrait=True)
        return
    classes = ", ".join(person.licence_classes)
    title = "GIẤY PHÉP LÁI XE"
    face = (("Số", fact.number), ("Họ và tên", person.full_name), born, ("Hạng", classes), issued)
    yield ImageSide.FRONT, SpecimenSide("licence", title, face, has_portrait=True)
    yield ImageSide.BACK, SpecimenSide("licence", title, (("Hạng", classes), ("Có giá trị đến", until)))


def _home(person: PersonFact) -> str:
    names = {"ho-chi-minh": "TP. Hồ Chí Minh", "ha-noi": "Hà Nội", "da-nang": "Đà Nẵng"}
    return names.get(person.city or "", "Việt Nam")

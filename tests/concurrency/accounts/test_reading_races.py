"""Papers sent, read and decided at the same moment: nothing is lost, nothing is approved unseen or twice."""

import io
import random
from collections import Counter
from collections.abc import Iterator

import pytest
import time_machine
from PIL import Image

from accounts.access.actors import operator_actor, renter_actor
from accounts.extraction.types import FieldName, Problem
from accounts.kyc.enums import DocumentKind, DocumentState, Finding
from accounts.kyc.models import DocumentExtraction, IdentityDocument
from accounts.kyc.services import ReadFields, approve_document, submit_document
from accounts.kyc.services import reading as reading_service
from accounts.kyc.services.deciding import decide_papers
from accounts.kyc.services.reading import read_document
from accounts.users.models import User
from tests.concurrency.racing import race
from tests.factories.accounts import make_consent, make_user, photo_upload
from tests.fakes.reader import FakeEngine, card_reading
from tests.identity.people import TODAY, Person, make_person
from voltgo.core import outbox
from voltgo.core.models import OutboxMessage, StateEvent

CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE


@pytest.fixture(autouse=True)
def _on_the_day_of_the_papers() -> Iterator[None]:
    with time_machine.travel(f"{TODAY}T05:00:00Z", tick=True):
        yield


@pytest.fixture
def person() -> Person:
    return make_person(7, card_form=2021, licence_form=2025)


@pytest.fixture
def engine(person: Person, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine.of(person)
    monkeypatch.setattr(reading_service, "engine_for", lambda _user: fake)
    return fake


def applicant(person: Person) -> User:
    user = make_user(full_name=person.full_name)
    make_consent(user)
    return user


def picture(seed: str) -> bytes:
    """Return a picture that looks like no other seed's: the same one in two accounts would be a finding."""
    noise = random.Random(seed).randbytes(12 * 8)
    image = Image.frombytes("L", (12, 8), noise).resize((900, 600), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG")
    return out.getvalue()


def send(user: User, kind: str, *, seed: int = 0) -> IdentityDocument:
    sides = ["front"] if kind == SELFIE else ["front", "back"]
    images = {side: photo_upload(content=picture(f"{user.pk} {kind} {side} {seed}")) for side in sides}
    return submit_document(user=User.objects.get(pk=user.pk), kind=kind, images=images, by=renter_actor(user))


def fresh(document: IdentityDocument) -> IdentityDocument:
    return IdentityDocument.objects.select_related("user").get(pk=document.pk)


def read(document: IdentityDocument) -> str:
    read_document(fresh(document))
    return fresh(document).state


def test_three_papers_read_at_once_are_decided_together(person: Person, engine: FakeEngine) -> None:
    user = applicant(person)
    papers = [send(user, kind) for kind in (LICENCE, CARD, SELFIE)]

    race(3, lambda number: read(papers[number]))

    states = dict(user.documents.values_list("kind", "state"))
    assert states == {CARD: "approved", LICENCE: "approved", SELFIE: "auto_passed"}
    assert StateEvent.objects.filter(machine="document", target="approved").count() == 2


def test_one_number_read_for_several_accounts_is_approved_once(person: Person, engine: FakeEngine) -> None:
    users = [applicant(person) for _ in range(4)]
    cards = [send(user, CARD, seed=number + 1) for number, user in enumerate(users)]

    results = race(4, lambda number: read(cards[number]))

    assert Counter(map(str, results)) == Counter({"approved": 1, "needs_review": 3})
    left = IdentityDocument.objects.filter(state=DocumentState.NEEDS_REVIEW)
    assert {tuple(card.findings) for card in left} == {(Finding.NUMBER_TAKEN,)}
    assert User.objects.filter(born_on=person.born_on).count() == 1


def test_a_licence_is_not_approved_on_a_card_that_lost_its_number(person: Person, engine: FakeEngine) -> None:
    users = [applicant(person) for _ in range(3)]
    papers = [
        (send(user, CARD, seed=2 * number + 1), send(user, LICENCE, seed=2 * number + 2))
        for number, user in enumerate(users)
    ]
    for _card, licence in papers:
        read(licence)

    race(3, lambda number: read(papers[number][0]))

    for card, licence in papers:
        # The licence of those who come later has a number that is taken, too, once the first is approved.
        left = {"approved"} if fresh(card).state == "approved" else {"auto_passed", "needs_review"}
        assert fresh(licence).state in left
    approved = IdentityDocument.objects.filter(state=DocumentState.APPROVED)
    assert Counter(approved.values_list("kind", flat=True)) == Counter({CARD: 1, LICENCE: 1})


def test_a_new_version_sent_while_the_old_one_is_read_is_the_one_that_counts(
    person: Person, engine: FakeEngine
) -> None:
    user = applicant(person)
    first = send(user, CARD)

    def act(number: int) -> str:
        return read(first) if number else send(user, CARD, seed=1).state

    race(2, act)
    outbox.run_all()

    approved = user.documents.get(state=DocumentState.APPROVED)
    waiting = user.documents.filter(state__in=[DocumentState.UPLOADED, DocumentState.PROCESSING])
    assert approved.pk != first.pk
    assert not waiting.exists()
    assert fresh(first).state == DocumentState.SUPERSEDED


def test_several_tabs_send_while_workers_read(person: Person, engine: FakeEngine) -> None:
    user = applicant(person)
    documents = [send(user, CARD)]

    def act(number: int) -> str:
        if number % 2:
            documents.append(send(user, CARD, seed=number))
            return "sent"
        return read(documents[0])

    race(6, act)
    outbox.run_all()

    states = Counter(user.documents.values_list("state", flat=True))
    assert states == Counter({"approved": 1, "superseded": 3})


def test_one_message_run_by_many_workers_reads_once(person: Person, engine: FakeEngine) -> None:
    document = send(applicant(person), CARD)
    message = OutboxMessage.objects.get(topic="kyc.read")

    race(5, lambda _number: outbox.run(message.pk))

    assert fresh(document).state == DocumentState.APPROVED
    assert DocumentExtraction.objects.count() == 1
    assert engine.reads == [CARD]


def test_machine_and_reviewer_never_both_decide(person: Person, engine: FakeEngine) -> None:
    user = applicant(person)
    engine.answers[CARD] = card_reading(person, confidence={FieldName.FULL_NAME: 0.5})
    card, licence = send(user, CARD), send(user, LICENCE)
    read(licence)
    assert read(card) == DocumentState.NEEDS_REVIEW
    reviewer = make_user(is_staff=True)

    def act(number: int) -> str:
        if number:
            return str(decide_papers(user))
        return approve_document(
            document=fresh(card),
            read=ReadFields(person.number, person.full_name, person.born_on),
            reviewer=reviewer,
            by=operator_actor(reviewer),
        ).state

    race(2, act)
    outbox.run_all()

    assert (fresh(card).state, fresh(licence).state) == ("approved", "approved")
    assert StateEvent.objects.filter(machine="document", target="approved").count() == 2
    assert (fresh(card).is_automatic, fresh(licence).is_automatic) == (False, True)


def test_a_photograph_taken_again_while_it_is_refused_is_not_refused(
    person: Person, engine: FakeEngine
) -> None:
    user = applicant(person)
    engine.answers[CARD] = card_reading(person, problems={"front": Problem.GLARE})
    first = send(user, CARD)

    race(2, lambda number: read(first) if number else send(user, CARD, seed=1).state)
    engine.answers[CARD] = card_reading(person)
    outbox.run_all()

    assert user.documents.latest("pk").state == DocumentState.APPROVED
    assert fresh(first).state == DocumentState.SUPERSEDED

"""From the photographs to the decision with AWS over real HTTP, in good days and in bad ones."""

import io
from collections.abc import Iterator

import pytest
import time_machine
from PIL import Image

from accounts.access.actors import renter_actor
from accounts.extraction.engines.textract import TextractEngine
from accounts.kyc.enums import ConsentPurpose, DocumentKind, Finding
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import reading as reading_service
from accounts.kyc.services import submit_document
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_user, photo_upload
from tests.fakes.aws_server import AwsServer, cut, denying, failing, malformed, missing, slow, throttling
from tests.fakes.reader import FakeEngine
from tests.identity.people import TODAY, Person, make_person
from voltgo.core import aws as asking
from voltgo.core import outbox
from voltgo.core.images import clean_photo

CARD, LICENCE, SELFIE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.SELFIE
READ, COMPARE = "textract.DetectDocumentText", "rekognition.CompareFaces"
EVERYTHING = (ConsentPurpose.IDENTITY, ConsentPurpose.BIOMETRICS, ConsentPurpose.CROSS_BORDER)
FAULTS = [throttling, failing, denying, cut, malformed, missing, lambda: slow(2.5)]


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    """The people of the generator have papers that are good on its day."""
    with time_machine.travel(f"{TODAY}T05:00:00Z", tick=True):
        yield


@pytest.fixture
def person() -> Person:
    return make_person(7, card_form=2021, licence_form=2025)


@pytest.fixture
def own(person: Person, monkeypatch: pytest.MonkeyPatch, settings, aws: AwsServer) -> FakeEngine:
    """Our own engine as it reads an honest person, with Textract beside it and Rekognition for faces."""
    fake = FakeEngine.of(person)
    engines = {"local": fake, "textract": TextractEngine()}
    monkeypatch.setattr(reading_service, "get_engine", lambda name=None: engines[name or "textract"])
    monkeypatch.setattr(asking, "pause", lambda _seconds: None)
    settings.KYC_READER, settings.KYC_FACE_ENGINE = "textract", "rekognition"
    aws.textract.lines = [(person.number, 99.0), (f"Date of birth: {person.born_on:%d/%m/%Y}", 99.0)]
    return fake


@pytest.fixture
def applicant(person: Person) -> User:
    user = make_user(full_name=person.full_name)
    make_consent(user, *EVERYTHING)
    return user


def send(aws: AwsServer, user: User, kind: str, *, face: str = "") -> IdentityDocument:
    images = {}
    for place, side in enumerate(["front"] if kind == SELFIE else ["front", "back"]):
        out = io.BytesIO()
        size = (900 + place, 640 + DocumentKind.values.index(kind))
        Image.new("RGB", size, (170, 190, 200)).save(out, "JPEG")
        aws.rekognition.faces[clean_photo(out.getvalue()).content] = [face] if face else []
        images[side] = photo_upload(content=out.getvalue())
    return submit_document(user=user, kind=kind, images=images, by=renter_actor(user))


def send_all(aws: AwsServer, user: User, *, selfie: str = "anh") -> list[IdentityDocument]:
    papers = [
        send(aws, user, CARD, face="anh"),
        send(aws, user, LICENCE),
        send(aws, user, SELFIE, face=selfie),
    ]
    outbox.run_all()
    for paper in papers:
        paper.refresh_from_db()
    return papers


def test_everything_is_approved_and_every_call_is_on_the_bill(
    aws: AwsServer, own: FakeEngine, applicant: User
) -> None:
    card, licence, selfie = send_all(aws, applicant)

    assert [paper.state for paper in (card, selfie)] == ["approved", "approved"]
    assert licence.state in {"approved", "needs_review"}
    row = card.extractions.get()
    assert row.engine == "fake+textract"
    assert row.sources["textract"]
    assert (row.cost_microusd, len(row.calls)) == (3_000, 2)
    assert selfie.extractions.get(engine="rekognition").cost_microusd == 1_000


@pytest.mark.parametrize("fault", FAULTS)
def test_when_textract_is_away_our_own_reading_decides(
    aws: AwsServer, own: FakeEngine, applicant: User, fault
) -> None:
    aws.script(READ, *[fault() for _ in range(30)])

    card, licence, selfie = send_all(aws, applicant)

    assert [paper.state for paper in (card, licence, selfie)] == ["approved"] * 3
    row = card.extractions.get()
    assert row.engine == "fake"
    assert row.calls
    assert not any(call["is_ok"] for call in row.calls)


@pytest.mark.parametrize("fault", FAULTS)
def test_when_rekognition_is_away_a_person_compares_and_no_paper_is_lost(
    aws: AwsServer, own: FakeEngine, applicant: User, fault
) -> None:
    aws.script(COMPARE, *[fault() for _ in range(30)])
    aws.script(READ, *[cut() for _ in range(30)])

    card, licence, selfie = send_all(aws, applicant)

    assert [card.state, licence.state] == ["approved", "approved"]
    assert (selfie.state, selfie.findings) == ("auto_passed", [Finding.FACE_NOT_COMPARED])


def test_when_everything_is_away_a_person_reads(aws: AwsServer, own: FakeEngine, applicant: User) -> None:
    own.answers = {}
    aws.script(READ, *[cut() for _ in range(30)])
    aws.script(COMPARE, *[cut() for _ in range(30)])

    card, licence, _selfie = send_all(aws, applicant)

    for paper in (card, licence):
        assert (paper.state, paper.findings) == ("needs_review", [Finding.READER_AWAY])
    assert card.extractions.get().cost_microusd > 0


def test_without_the_consent_to_send_pictures_abroad_textract_sees_none(
    aws: AwsServer, own: FakeEngine, person: Person
) -> None:
    user = make_user(full_name=person.full_name)
    make_consent(user, ConsentPurpose.IDENTITY)

    card, _licence, selfie = send_all(aws, user)

    assert card.state == "approved"
    assert selfie.state == "auto_passed"
    assert aws.calls() == []


def test_another_persons_face_is_for_a_person_to_judge(
    aws: AwsServer, own: FakeEngine, applicant: User
) -> None:
    card, _licence, selfie = send_all(aws, applicant, selfie="thanh")

    assert (selfie.state, Finding.FACE_DIFFERS in selfie.findings) == ("needs_review", True)
    assert card.state == "needs_review"


def test_a_number_that_textract_reads_otherwise_is_never_approved_by_the_machine(
    aws: AwsServer, own: FakeEngine, applicant: User, person: Person
) -> None:
    aws.textract.lines = [(person.number[:-1] + str((int(person.number[-1]) + 1) % 10), 99.0)]

    card, _licence, _selfie = send_all(aws, applicant)

    assert card.state == "needs_review"
    assert Finding.SOURCES_DISAGREE in card.findings

"""Comparing a selfie with the paper beside it: with consent only, paid for once, remembered and forgotten."""

import io

import pytest
from PIL import Image

from accounts.extraction.types import ReaderAway
from accounts.kyc import consent
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState
from accounts.kyc.models import DocumentExtraction, DocumentImage, FaceReference
from accounts.kyc.readings import comparison_in, reading_row_of
from accounts.kyc.services import faces
from accounts.kyc.services.erasing import forget_faces
from accounts.kyc.services.faces import compare_selfie, compares_faces
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, make_user
from tests.fakes.aws_server import AwsServer, cut, denying, missing
from voltgo.core import aws as asking
from voltgo.core import images, outbox
from voltgo.core.actors import SYSTEM

SELFIE, CARD = DocumentKind.SELFIE, DocumentKind.CITIZEN_CARD
EVERYTHING = (ConsentPurpose.IDENTITY, ConsentPurpose.BIOMETRICS, ConsentPurpose.CROSS_BORDER)
ABOUT_FACES = [ConsentPurpose.BIOMETRICS, ConsentPurpose.CROSS_BORDER]


@pytest.fixture(autouse=True)
def _rekognition(settings, monkeypatch) -> None:
    settings.KYC_FACE_ENGINE = "rekognition"
    monkeypatch.setattr(asking, "pause", lambda _seconds: None)


@pytest.fixture
def person(aws: AwsServer) -> User:
    """Somebody who has agreed to everything and sent a card and a selfie, both showing their face."""
    user = make_user()
    make_consent(user, *EVERYTHING)
    sent(aws, user, CARD, "anh", (1000, 640))
    sent(aws, user, SELFIE, "anh", (800, 900))
    return user


def sent(aws: AwsServer, user: User, kind: str, face: str, size: tuple[int, int]):
    """Let somebody have sent a paper on which Rekognition sees a face."""
    out = io.BytesIO()
    Image.new("RGB", size, (180, 190, 200)).save(out, "JPEG")
    clean = images.clean_photo(out.getvalue())
    document = make_document(user=user, kind=kind, state=DocumentState.PROCESSING)
    DocumentImage.objects.create(
        document=document, side="front", file=clean.as_file(), sha256=clean.sha256, width=1, height=1
    )
    DocumentExtraction.objects.create(document=document, engine="local", seconds=0.1)
    aws.rekognition.faces[clean.content] = [face]
    return document


def test_the_same_face_is_recognised_and_what_came_of_it_is_kept(person: User) -> None:
    match = compare_selfie(person)

    assert (match.is_same, match.is_unsure, match.problem) == (True, False, "")
    selfie = person.documents.get(kind=SELFIE)
    row = selfie.extractions.latest("pk")
    assert (row.engine, row.cost_microusd) == ("rekognition", 1_000)
    assert [call["operation"] for call in row.calls] == ["rekognition.CompareFaces"]
    kept = comparison_in(row)
    assert (kept.match.is_same, kept.portrait_of) == (True, person.documents.get(kind=CARD).pk)
    assert "0.991" not in row.fields_encrypted
    # The reading of the photograph stays the reading.
    assert reading_row_of(selfie).engine == "local"


def test_what_was_compared_is_not_paid_for_again(aws: AwsServer, person: User) -> None:
    first, second = compare_selfie(person), compare_selfie(person)

    assert (first.is_same, second.is_same) == (True, True)
    assert len(aws.calls("rekognition.CompareFaces")) == 1


def test_a_new_selfie_is_compared_anew(aws: AwsServer, person: User) -> None:
    compare_selfie(person)
    person.documents.filter(kind=SELFIE).update(state=DocumentState.SUPERSEDED)
    sent(aws, person, SELFIE, "thanh", (810, 900))

    match = compare_selfie(person)

    assert (match.is_same, match.is_unsure) == (False, False)
    assert len(aws.calls("rekognition.CompareFaces")) == 2


def test_the_portrait_that_was_cut_out_is_shown_instead_of_the_whole_card(
    aws: AwsServer, person: User
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), (90, 90, 90)).save(out, "JPEG")
    aws.rekognition.faces[out.getvalue()] = ["anh"]

    assert compare_selfie(person, portrait=out.getvalue()).is_same
    asked = aws.calls("rekognition.CompareFaces")[0].parameters
    assert asked["SourceImage"]["Bytes"] == out.getvalue()


@pytest.mark.parametrize("purpose", ABOUT_FACES)
def test_without_both_consents_nothing_leaves_the_house(
    aws: AwsServer, person: User, purpose: ConsentPurpose
) -> None:
    consent.withdraw(user=person, purpose=purpose, by=SYSTEM)

    assert compare_selfie(person) is None
    assert not compares_faces(person)
    assert aws.calls() == []


def test_a_local_engine_needs_no_consent_to_send_abroad(person: User, settings) -> None:
    settings.KYC_FACE_ENGINE = "dlib"
    consent.withdraw(user=person, purpose=ConsentPurpose.CROSS_BORDER, by=SYSTEM)

    assert compares_faces(person)


def test_without_an_engine_a_person_compares(aws: AwsServer, person: User, settings) -> None:
    settings.KYC_FACE_ENGINE = ""

    assert compare_selfie(person) is None
    assert not compares_faces(person)
    assert aws.calls() == []


@pytest.mark.parametrize("kind", [SELFIE, CARD])
def test_one_picture_alone_is_not_compared(aws: AwsServer, person: User, kind: str) -> None:
    person.documents.filter(kind=kind).update(state=DocumentState.REJECTED, rejection_code="blurred")

    assert compare_selfie(person) is None
    assert aws.calls() == []


@pytest.mark.parametrize(("fault", "cost"), [(cut, 1_000), (denying, 0), (missing, 1_000)])
def test_a_service_that_is_away_leaves_no_comparison_but_its_bill(
    aws: AwsServer, person: User, fault, cost
) -> None:
    aws.script("rekognition.CompareFaces", fault())

    with pytest.raises(ReaderAway):
        compare_selfie(person)

    selfie = person.documents.get(kind=SELFIE)
    row = selfie.extractions.get()
    assert (row.engine, row.cost_microusd, len(row.calls)) == ("local", cost, 1)
    assert not row.calls[0]["is_ok"]
    assert compare_selfie(person).is_same


# --- Faces that are remembered --------------------------------------------------------------------


@pytest.fixture
def collection(aws: AwsServer, settings) -> dict:
    settings.KYC_FACE_COLLECTION = "renters"
    aws.rekognition.kept["renters"] = {}
    return aws.rekognition.kept["renters"]


def test_a_face_that_fits_is_remembered_once(aws: AwsServer, collection, person: User) -> None:
    compare_selfie(person)
    person.documents.filter(kind=SELFIE).update(state=DocumentState.SUPERSEDED)
    sent(aws, person, SELFIE, "anh", (820, 900))
    compare_selfie(person)

    reference = FaceReference.objects.get(user=person)
    assert (reference.engine, [reference.reference]) == ("rekognition", list(collection))
    assert collection[reference.reference] == ("anh", person.public_id)


def test_a_face_that_does_not_fit_is_not_remembered(aws: AwsServer, collection, person: User) -> None:
    aws.rekognition.similarity = 85.0

    assert compare_selfie(person).is_unsure
    assert collection == {}
    assert not FaceReference.objects.exists()


def test_the_face_of_another_account_is_known_and_not_remembered_again(
    aws: AwsServer, collection, person: User
) -> None:
    compare_selfie(person)
    twin = make_user()
    make_consent(twin, *EVERYTHING)
    sent(aws, twin, CARD, "anh", (1010, 640))
    sent(aws, twin, SELFIE, "anh", (830, 900))

    match = compare_selfie(twin)

    assert (match.is_same, match.known_as) == (True, (person.public_id,))
    assert not FaceReference.objects.filter(user=twin).exists()
    assert len(collection) == 1


def test_who_takes_the_consent_back_while_the_face_is_kept_is_forgotten_at_once(
    collection, person: User, monkeypatch
) -> None:
    write = faces._write_reference

    def meanwhile(engine, user, reference):
        consent.withdraw(user=user, purpose=ConsentPurpose.BIOMETRICS, by=SYSTEM)
        return write(engine, user, reference)

    monkeypatch.setattr(faces, "_write_reference", meanwhile)
    compare_selfie(person)

    assert collection == {}
    assert not FaceReference.objects.exists()


def test_a_row_that_cannot_be_written_leaves_no_face_behind(collection, person: User, monkeypatch) -> None:
    def fails(*_arguments):
        raise RuntimeError

    monkeypatch.setattr(faces, "_write_reference", fails)

    with pytest.raises(RuntimeError):
        compare_selfie(person)
    assert collection == {}


@pytest.mark.parametrize("purpose", ABOUT_FACES)
def test_withdrawing_erases_the_face_there_and_then_here(
    collection, person: User, purpose: ConsentPurpose
) -> None:
    compare_selfie(person)

    consent.withdraw(user=person, purpose=purpose, by=SYSTEM)
    outbox.run_all()

    assert collection == {}
    assert not FaceReference.objects.exists()


def test_a_face_stays_on_record_until_the_service_has_erased_it(
    aws: AwsServer, collection, person: User
) -> None:
    compare_selfie(person)
    aws.script("rekognition.DeleteFaces", cut())

    with pytest.raises(ReaderAway):
        forget_faces(user_id=person.pk)
    assert FaceReference.objects.filter(user=person).exists()
    assert forget_faces(user_id=person.pk) == 1
    assert collection == {}
    assert not FaceReference.objects.exists()

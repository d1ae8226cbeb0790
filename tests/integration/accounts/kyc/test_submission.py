import hashlib
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import ExifTags, Image

from accounts.access.actors import renter_actor
from accounts.kyc import consent
from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState
from accounts.kyc.errors import ConsentMissing, ImagesMissing, ImagesRefused, TooManySubmissions
from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.kyc.services import submit_document
from accounts.users.models import User
from tests.factories.accounts import make_consent, make_document, photo_bytes, photo_upload
from voltgo.core import clock, states
from voltgo.core.audit import services as audit
from voltgo.core.models import AuditEvent, OutboxMessage, StateEvent

CARD, LICENCE = DocumentKind.CITIZEN_CARD, DocumentKind.DRIVING_LICENCE


def both() -> dict[str, Any]:
    return {"front": photo_upload(), "back": photo_upload("IMG_0002.jpg", photo_bytes(1200, 760))}


def send(
    user: User, images: dict[str, Any] | None = None, *, kind: str = CARD, **options: Any
) -> IdentityDocument:
    if not user.consents.exists():
        make_consent(user)
    return submit_document(
        user=user,
        kind=kind,
        images=both() if images is None else images,
        **{"by": renter_actor(user), **options},
    )


def nothing_written() -> bool:
    return not IdentityDocument.objects.exists() and not DocumentImage.objects.exists() and not files()


def files() -> list[str]:
    found: list[str] = []
    for folder in default_storage.listdir("kyc")[0] if default_storage.exists("kyc") else []:
        found += [f"kyc/{folder}/{name}" for name in default_storage.listdir(f"kyc/{folder}")[1]]
    return found


@pytest.fixture(autouse=True)
def _empty_storage() -> None:
    for name in files():
        default_storage.delete(name)


def test_papers_wait_to_be_read_once_both_sides_are_sent(newcomer: User) -> None:
    document = send(newcomer)

    assert document.state == DocumentState.UPLOADED
    assert document.consent_version == consent.VERSION
    assert sorted(document.images.values_list("side", "width", "height")) == [
        ("back", 1200, 760),
        ("front", 1000, 630),
    ]
    steps = [(event.source, event.target, event.actor_ref) for event in states.events_of(DOCUMENT, document)]
    assert steps == [("", "uploaded", newcomer.public_id)]
    promise = OutboxMessage.objects.get(topic="kyc.read")
    assert (promise.key, promise.payload) == (f"kyc.read:{document.pk}", {"document_id": document.pk})


def test_the_stored_file_says_nothing_about_person_camera_or_place(newcomer: User) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (10.0, 46.0, 35.0)
    out = BytesIO()
    Image.open(BytesIO(photo_bytes())).save(out, "JPEG", exif=exif)

    document = send(newcomer, both() | {"front": photo_upload("Vo Hoai An CCCD.jpg", out.getvalue())})

    image = document.images.get(side="front")
    name = str(image.file.name)
    assert name.startswith("kyc/")
    assert "hoai" not in name.lower()
    with image.file.open("rb") as file:
        content = file.read()
    assert b"SecretCam" not in content
    assert dict(Image.open(BytesIO(content)).getexif()) == {}


def test_a_paper_keeps_the_consent_under_which_it_was_sent(newcomer: User) -> None:
    document = send(newcomer, ip_address="203.0.113.9", device="Phone 7")

    event = AuditEvent.objects.get(action="document.submitted")
    assert event.subject == f"document:{document.pk}"
    assert event.actor_ref == newcomer.public_id
    assert event.changes == {
        "user": newcomer.public_id,
        "consent_version": consent.VERSION,
        "ip_address": "203.0.113.9",
        "device": "Phone 7",
    }


def test_without_consent_to_the_present_text_nothing_is_kept(newcomer: User) -> None:
    for fields in ({"version": "2020-01"}, {"withdrawn_at": clock.now()}):
        newcomer.consents.all().delete()
        make_consent(newcomer, **fields)
        with pytest.raises(ConsentMissing):
            send(newcomer)
    assert nothing_written()


def test_a_selfie_has_one_side_and_a_permit_two(newcomer: User) -> None:
    selfie = send(newcomer, {"front": photo_upload()}, kind=DocumentKind.SELFIE)

    assert [image.side for image in selfie.images.all()] == ["front"]
    with pytest.raises(ImagesMissing) as refusal:
        send(newcomer, {"front": photo_upload()}, kind=DocumentKind.DRIVING_PERMIT)
    assert refusal.value.details["sides"] == ["back"]


def test_the_file_as_it_was_sent_is_found_again_by_its_hash(newcomer: User) -> None:
    document = send(newcomer)

    image = document.images.get(side="front")
    assert image.uploaded_sha256 == hashlib.sha256(photo_bytes()).hexdigest()
    assert image.uploaded_sha256 != image.sha256


@pytest.mark.parametrize(
    ("sides", "missing"), [(["front"], ["back"]), (["back"], ["front"]), ([], ["front", "back"])]
)
def test_a_missing_side_is_named(newcomer: User, sides: list[str], missing: list[str]) -> None:
    with pytest.raises(ImagesMissing) as refusal:
        send(newcomer, {side: photo_upload() for side in sides})

    assert refusal.value.details["sides"] == missing
    assert nothing_written()


def test_every_bad_image_is_named_at_once(newcomer: User) -> None:
    tiny = BytesIO()
    Image.new("RGB", (20, 20)).save(tiny, "PNG")
    images = {"front": photo_upload("a.jpg", b"%PDF-1.7"), "back": photo_upload("b.png", tiny.getvalue())}

    with pytest.raises(ImagesRefused) as refusal:
        send(newcomer, images)

    errors = {side: error.code for side, error in refusal.value.details["errors"].items()}
    assert errors == {"front": "photo_format_unknown", "back": "photo_too_small"}
    assert nothing_written()


def test_files_of_a_failed_submission_are_removed(newcomer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(audit, "record", fail)

    with pytest.raises(RuntimeError):
        send(newcomer)
    assert nothing_written()


def test_a_new_version_replaces_the_waiting_one(newcomer: User) -> None:
    first = send(newcomer)

    second = send(newcomer)

    first.refresh_from_db()
    assert (first.state, second.state) == (DocumentState.SUPERSEDED, DocumentState.UPLOADED)


def test_after_a_rejection_only_the_bad_side_is_sent_again(newcomer: User) -> None:
    rejected = make_document(user=newcomer, state=DocumentState.REJECTED, with_images=True)
    kept = rejected.images.get(side="back")

    document = send(newcomer, {"front": photo_upload("new.jpg", photo_bytes(1300, 820))})

    rejected.refresh_from_db()
    assert rejected.state == DocumentState.SUPERSEDED
    assert document.images.get(side="front").width == 1300
    assert document.images.get(side="back").file.name == kept.file.name
    assert document.images.get(side="back").sha256 == kept.sha256


def test_the_bad_photograph_is_not_taken_over(newcomer: User) -> None:
    make_document(
        user=newcomer, state=DocumentState.REJECTED, with_images=True, bad_sides={"back": "blurred"}
    )

    with pytest.raises(ImagesMissing) as refusal:
        send(newcomer, {"front": photo_upload()})
    assert refusal.value.details["sides"] == ["back"]


def test_an_approved_version_stays_valid_while_the_new_one_waits(renter: User) -> None:
    approved = renter.documents.get(kind=LICENCE)

    waiting = send(renter, kind=LICENCE)

    approved.refresh_from_db()
    assert (approved.state, waiting.state) == (DocumentState.APPROVED, DocumentState.UPLOADED)


def test_an_approved_version_lends_no_image_to_a_new_one(renter: User) -> None:
    renter.documents.all()[0].images.all().delete()
    make_document(user=renter, state=DocumentState.REVOKED, with_images=True)

    with pytest.raises(ImagesMissing):
        send(renter, {"front": photo_upload()})


def test_the_eleventh_version_of_a_day_is_refused(newcomer: User) -> None:
    for _ in range(10):
        make_document(user=newcomer, state=DocumentState.SUPERSEDED)
    before = IdentityDocument.objects.count(), StateEvent.objects.count()

    with pytest.raises(TooManySubmissions):
        send(newcomer)

    assert (IdentityDocument.objects.count(), StateEvent.objects.count()) == before
    assert send(newcomer, kind=LICENCE).state == DocumentState.UPLOADED

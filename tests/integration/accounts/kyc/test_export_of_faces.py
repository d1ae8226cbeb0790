"""One's own data do not name anybody else."""

import io
import json
import zipfile

from accounts.extraction.types import FaceMatch
from accounts.kyc.enums import DocumentKind
from accounts.kyc.models import DocumentExtraction
from accounts.kyc.readings import sealed_comparison
from accounts.kyc.services import export_person
from tests.factories.accounts import make_document, make_user
from voltgo.core.actors import SYSTEM


def test_the_export_does_not_say_in_whose_account_the_face_is_known() -> None:
    person, other = make_user(), make_user()
    selfie = make_document(user=person, kind=DocumentKind.SELFIE)
    match = FaceMatch(
        engine="rekognition", similarity=0.99, is_same=True, is_unsure=False, known_as=(other.public_id,)
    )
    DocumentExtraction.objects.create(
        document=selfie, engine="rekognition", seconds=0.1, fields_encrypted=sealed_comparison(match, 1)
    )

    archive = zipfile.ZipFile(io.BytesIO(export_person(user=person, by=SYSTEM)))

    text = archive.read("data.json").decode()
    assert other.public_id not in text
    face = json.loads(text)["papers"][0]["readings"][0]["fields"][0]["face"]
    assert face == {"similarity": 0.99, "is_same": True, "is_unsure": False, "problem": ""}

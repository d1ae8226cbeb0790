"""Comparing a selfie with the portrait on a paper: a paid service, an optional local engine, or a person."""

from django.conf import settings

from accounts.extraction.faces.dlib_engine import DlibEngine
from accounts.extraction.faces.rekognition import RekognitionEngine
from accounts.extraction.types import FaceEngine

ENGINES: dict[str, type[RekognitionEngine | DlibEngine]] = {
    RekognitionEngine.name: RekognitionEngine,
    DlibEngine.name: DlibEngine,
}
# Faces that these compare leave the country: that takes an agreement of its own.
ABROAD = frozenset({RekognitionEngine.name})


def get_face_engine(name: str | None = None) -> FaceEngine | None:
    """Return the engine of the settings or of a name; None where a person compares.

    Raises:
        LookupError: there is no engine of that name.
    """
    name = settings.KYC_FACE_ENGINE if name is None else name
    if not name:
        return None
    if name not in ENGINES:
        raise LookupError(f"no engine compares faces under the name {name!r}")
    return ENGINES[name]()

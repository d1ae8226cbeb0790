"""Erasing what belongs to somebody's papers."""

from accounts.extraction.types import ReaderAway
from accounts.kyc.models import FaceReference


def forget_faces(*, user_id: int) -> int:
    """Erase the faces of one person at the service that keeps them, then their rows here; return how many.

    Talks to the service outside any transaction; a row goes only once its face is gone there. Safe to call again.

    Raises:
        ReaderAway: the service that keeps them is switched off or cannot be reached; the job is tried again, and
            what is never erased stays visible among the jobs that failed.
    """
    from accounts.extraction.faces import get_face_engine

    references = list(FaceReference.objects.filter(user_id=user_id).order_by("pk"))
    if not references:
        return 0
    engine = get_face_engine()
    if engine is None or any(row.engine != engine.name for row in references):
        raise ReaderAway
    engine.forget(tuple(row.reference for row in references))
    FaceReference.objects.filter(pk__in=[row.pk for row in references]).delete()
    return len(references)

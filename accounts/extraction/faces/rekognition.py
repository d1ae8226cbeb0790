"""Amazon Rekognition: are these two the same face, and is it known to us under another name?

It is a paid service abroad. It says how alike two pictures are, not who somebody is; the thresholds are ours.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from accounts.extraction import paid
from accounts.extraction.types import FaceMatch, Problem

SERVICE = "rekognition"
MAX_BYTES = 5 * 1024 * 1024
# It finds no better faces in more pixels than these.
MAX_SIDE = 1920
PERCENT = 100.0
MOST_FACES = 10
# One call forgets at most so many.
FORGET_AT_ONCE = 4096


class RekognitionEngine:
    """CompareFaces for the question, a collection for the memory."""

    name = SERVICE

    def compare(self, *, selfie: bytes, portrait: bytes) -> FaceMatch:
        """Compare by CompareFaces: the largest face of the paper against every face of the selfie.

        Raises:
            PaidReaderAway: it cannot work now.
        """
        try:
            answer, calls = paid.ask(
                SERVICE,
                "compare_faces",
                understood=_is_comparison,
                SourceImage=_picture(portrait),
                TargetImage=_picture(selfie),
                SimilarityThreshold=0.0,
                QualityFilter="AUTO",
            )
        except paid.PictureRefused as refused:
            return self._without_faces(selfie, refused)
        faces = len(answer["FaceMatches"]) + len(answer["UnmatchedFaces"])
        if faces != 1:
            return FaceMatch(self.name, 0.0, is_same=False, problem=Problem.FACE_UNCLEAR, calls=calls)
        similarity = max((float(match["Similarity"]) for match in answer["FaceMatches"]), default=0.0)
        return FaceMatch(
            self.name,
            round(similarity / PERCENT, 4),
            is_same=similarity >= settings.KYC_FACE_SAME,
            is_unsure=settings.KYC_FACE_UNSURE <= similarity < settings.KYC_FACE_SAME,
            calls=calls,
        )

    def _without_faces(self, selfie: bytes, refused: paid.PictureRefused) -> FaceMatch:
        """Find out whose picture has no face: only the selfie can be taken again at once."""
        try:
            answer, more = paid.ask(SERVICE, "detect_faces", understood=_is_detection, Image=_picture(selfie))
        except paid.PictureRefused as again:
            calls = (*refused.calls, *again.calls)
            return FaceMatch(self.name, 0.0, is_same=False, problem=Problem.FACE_UNCLEAR, calls=calls)
        except paid.PaidReaderAway as away:
            raise paid.PaidReaderAway(away.reason, (*refused.calls, *away.calls)) from away
        calls = (*refused.calls, *more)
        if len(answer["FaceDetails"]) != 1:
            return FaceMatch(self.name, 0.0, is_same=False, problem=Problem.FACE_UNCLEAR, calls=calls)
        return FaceMatch(self.name, 0.0, is_same=False, is_unsure=True, calls=calls)

    def find(self, *, selfie: bytes, apart_from: str) -> FaceMatch:
        """Look for the face among those that were remembered; without a collection nothing is asked.

        Raises:
            PaidReaderAway: it cannot work now.
        """
        if not settings.KYC_FACE_COLLECTION:
            return FaceMatch(self.name, 0.0, is_same=False)
        try:
            answer, calls = paid.ask(
                SERVICE,
                "search_faces_by_image",
                understood=_is_search,
                CollectionId=settings.KYC_FACE_COLLECTION,
                Image=_picture(selfie),
                FaceMatchThreshold=float(settings.KYC_FACE_SAME),
                MaxFaces=MOST_FACES,
                QualityFilter="AUTO",
            )
        except paid.PictureRefused as refused:
            return FaceMatch(self.name, 0.0, is_same=False, problem=Problem.FACE_UNCLEAR, calls=refused.calls)
        others = {
            match["Face"]["ExternalImageId"]: float(match["Similarity"])
            for match in answer["FaceMatches"]
            if match["Face"]["ExternalImageId"] != apart_from
        }
        best = max(others.values(), default=0.0)
        return FaceMatch(
            self.name, round(best / PERCENT, 4), is_same=False, known_as=tuple(sorted(others)), calls=calls
        )

    def remember(self, *, selfie: bytes, public_id: str) -> str:
        """Keep the largest face by IndexFaces; return its id, or an empty text without a collection or a face.

        Raises:
            PaidReaderAway: it cannot work now.
        """
        if not settings.KYC_FACE_COLLECTION:
            return ""
        try:
            answer, _calls = paid.ask(
                SERVICE,
                "index_faces",
                understood=_is_index,
                CollectionId=settings.KYC_FACE_COLLECTION,
                Image=_picture(selfie),
                ExternalImageId=public_id,
                MaxFaces=1,
                QualityFilter="AUTO",
            )
        except paid.PictureRefused:
            return ""
        return str(answer["FaceRecords"][0]["Face"]["FaceId"]) if answer["FaceRecords"] else ""

    def forget(self, references: tuple[str, ...]) -> None:
        """Erase faces by DeleteFaces; one that is gone already counts as erased.

        Raises:
            PaidReaderAway: it cannot work now, or there is no collection to erase from.
        """
        if references and not settings.KYC_FACE_COLLECTION:
            raise paid.PaidReaderAway("KYC_FACE_COLLECTION is not set")
        for start in range(0, len(references), FORGET_AT_ONCE):
            try:
                paid.ask(
                    SERVICE,
                    "delete_faces",
                    understood=_is_deletion,
                    CollectionId=settings.KYC_FACE_COLLECTION,
                    FaceIds=list(references[start : start + FORGET_AT_ONCE]),
                )
            except paid.PictureRefused as refused:
                raise paid.PaidReaderAway(refused.code, refused.calls) from refused


def _picture(jpeg: bytes) -> Mapping[str, bytes]:
    return {"Bytes": paid.fitted(jpeg, max_bytes=MAX_BYTES, max_side=MAX_SIDE)}


def _is_comparison(answer: Mapping[str, Any]) -> bool:
    matches, others = answer["FaceMatches"], answer["UnmatchedFaces"]
    return isinstance(others, list) and all(isinstance(match["Similarity"], int | float) for match in matches)


def _is_detection(answer: Mapping[str, Any]) -> bool:
    return isinstance(answer["FaceDetails"], list)


def _is_search(answer: Mapping[str, Any]) -> bool:
    return all(
        match["Face"]["ExternalImageId"] and isinstance(match["Similarity"], int | float)
        for match in answer["FaceMatches"]
    )


def _is_index(answer: Mapping[str, Any]) -> bool:
    return all(record["Face"]["FaceId"] for record in answer["FaceRecords"])


def _is_deletion(answer: Mapping[str, Any]) -> bool:
    return isinstance(answer["DeletedFaces"], list)

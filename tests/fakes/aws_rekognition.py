"""Rekognition as far as VoltGo uses it: faces are known by the bytes of the pictures that show them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.aws_refusal import Refusal

MAX_BYTES = 5 * 1024 * 1024
MAGIC = (b"\xff\xd8\xff", b"\x89PNG")
SAME, OTHER = 99.1, 12.5


class Rekognition:
    """`faces` says who is on a picture, largest face first; what is not named there shows nobody.

    `similarity` overrides how alike two pictures of one person are, `alike` of any two people.
    """

    def __init__(self) -> None:
        self.faces: dict[bytes, Sequence[str]] = {}
        self.similarity = SAME
        self.alike: dict[frozenset[str], float] = {}
        self.kept: dict[str, dict[str, tuple[str, str]]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.live_confidence = 98.0

    def compare_faces(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        source, target = self._seen(asked["SourceImage"]), self._seen(asked["TargetImage"])
        if not source or not target:
            raise Refusal("InvalidParameterException", message="no faces")
        threshold = asked.get("SimilarityThreshold", 80)
        rated = [(self._similarity(source[0], other), _box(number)) for number, other in enumerate(target)]
        return {
            "SourceImageFace": {"BoundingBox": _box(0), "Confidence": 99.9},
            "FaceMatches": [
                {"Similarity": value, "Face": {"BoundingBox": box, "Confidence": 99.9}}
                for value, box in sorted(rated, key=lambda pair: -pair[0])
                if value >= threshold
            ],
            "UnmatchedFaces": [
                {"BoundingBox": box, "Confidence": 99.9} for value, box in rated if value < threshold
            ],
        }

    def detect_faces(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        seen = self._seen(asked["Image"])
        return {
            "FaceDetails": [
                {"BoundingBox": _box(number), "Confidence": 99.9} for number, _name in enumerate(seen)
            ]
        }

    def index_faces(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        seen = self._seen(asked["Image"])[: asked.get("MaxFaces", 100)]
        records = []
        for name in seen:
            face = str(uuid.uuid4())
            external = asked.get("ExternalImageId", "")
            self._collection(asked["CollectionId"])[face] = (name, external)
            records.append({"Face": {"FaceId": face, "ExternalImageId": external, "Confidence": 99.9}})
        return {"FaceRecords": records, "UnindexedFaces": [], "FaceModelVersion": "7.0"}

    def search_faces_by_image(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        seen = self._seen(asked["Image"])
        if not seen:
            raise Refusal("InvalidParameterException", message="no faces")
        threshold = asked.get("FaceMatchThreshold", 80)
        matches = [
            {"Similarity": value, "Face": {"FaceId": face, "ExternalImageId": external}}
            for face, (name, external) in self._collection(asked["CollectionId"]).items()
            if (value := self._similarity(seen[0], name)) >= threshold
        ]
        return {"FaceMatches": matches, "FaceModelVersion": "7.0"}

    def delete_faces(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = self._collection(asked["CollectionId"])
        return {"DeletedFaces": [face for face in asked["FaceIds"] if kept.pop(face, None)]}

    def create_face_liveness_session(self, _asked: Mapping[str, Any]) -> Mapping[str, Any]:
        session = str(uuid.uuid4())
        self.sessions[session] = {"Status": "CREATED"}
        return {"SessionId": session}

    def get_face_liveness_session_results(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if asked["SessionId"] not in self.sessions:
            raise Refusal("SessionNotFoundException")
        return {"SessionId": asked["SessionId"], **self.sessions[asked["SessionId"]]}

    def finish(self, session: str, picture: bytes, *, confidence: float = 98.0) -> None:
        """Let a person pass the check of a session."""
        self.sessions[session] = {
            "Status": "SUCCEEDED",
            "Confidence": confidence,
            "ReferenceImage": {"Bytes": picture, "BoundingBox": _box(0)},
            "AuditImages": [],
        }

    def _seen(self, image: Mapping[str, Any]) -> Sequence[str]:
        content = image.get("Bytes", b"")
        if len(content) > MAX_BYTES:
            raise Refusal("ImageTooLargeException")
        if not content.startswith(MAGIC):
            raise Refusal("InvalidImageFormatException")
        return self.faces.get(content, ())

    def _similarity(self, one: str, other: str) -> float:
        return self.similarity if one == other else self.alike.get(frozenset({one, other}), OTHER)

    def _collection(self, name: str) -> dict[str, tuple[str, str]]:
        if name not in self.kept:
            raise Refusal("ResourceNotFoundException")
        return self.kept[name]


def _box(number: int) -> dict[str, float]:
    return {"Left": 0.1 + 0.3 * number, "Top": 0.2, "Width": 0.3, "Height": 0.4}

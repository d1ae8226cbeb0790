"""Rekognition's check that a living person is before the camera, as far as a server has a part in it.

Off by default (`KYC_FACE_LIVENESS`). The check itself runs in a component that AWS ships for its own app framework
(FaceLivenessDetector, over a WebSocket to AWS with credentials of the visitor's); VoltGo's pages do not carry it.
An app that does asks us for a session, runs the check within three minutes, and has us fetch the result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.extraction import paid
from accounts.extraction.types import Call, ReaderAway

SERVICE = "rekognition"
# AWS leaves the threshold to us; its own examples draw the line at about here.
LIVE_FROM = 90.0
PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Liveness:
    """What came of a session. `status` is the service's word: CREATED, IN_PROGRESS, SUCCEEDED, FAILED, EXPIRED."""

    status: str
    confidence: float = 0.0
    is_live: bool = False
    # JPEG of the face as the service has seen it; it may stand in for a selfie.
    picture: bytes = b""
    calls: tuple[Call, ...] = ()


def start() -> str:
    """Open a session and return its id, good for one check within three minutes.

    Raises:
        ReaderAway: it is switched off or does not work now.
    """
    _require_switched_on()
    try:
        answer, _calls = paid.ask(
            SERVICE,
            "create_face_liveness_session",
            understood=lambda said: bool(said["SessionId"]),
            Settings={"AuditImagesLimit": 0},
        )
    except paid.PictureRefused as refused:
        raise paid.PaidReaderAway(refused.code, refused.calls) from refused
    return str(answer["SessionId"])


def result(session_id: str) -> Liveness:
    """Return what came of a session.

    Raises:
        ReaderAway: it is switched off, does not work now, or knows no such session.
    """
    _require_switched_on()
    try:
        answer, calls = paid.ask(
            SERVICE,
            "get_face_liveness_session_results",
            understood=_is_result,
            SessionId=session_id,
        )
    except paid.PictureRefused as refused:
        raise paid.PaidReaderAway(refused.code, refused.calls) from refused
    confidence = float(answer.get("Confidence", 0.0))
    has_passed = answer["Status"] == "SUCCEEDED"
    return Liveness(
        status=str(answer["Status"]),
        confidence=round(confidence / PERCENT, 4),
        is_live=has_passed and confidence >= LIVE_FROM,
        picture=bytes(answer.get("ReferenceImage", {}).get("Bytes", b"")) if has_passed else b"",
        calls=calls,
    )


def _require_switched_on() -> None:
    if not settings.KYC_FACE_LIVENESS:
        raise ReaderAway("KYC_FACE_LIVENESS is off")


def _is_result(answer: Mapping[str, Any]) -> bool:
    return bool(answer["Status"]) and (answer["Status"] != "SUCCEEDED" or "Confidence" in answer)

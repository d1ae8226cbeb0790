"""The calls of the tablet app's synchronisation."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.users.models import User
from rentals.sync import app_version, canonical
from rentals.sync import services as sync
from rentals.sync.api.guards import sync_api
from rentals.sync.services.files import LARGEST_PIECE
from stations.tablets.access import csrf_token, person_of_request
from stations.tablets.models import Tablet
from stations.tablets.services import note_seen
from voltgo.core import clock

MOST_COMMANDS = 20
# Twenty handovers with their signatures' points.
LARGEST_CALL = 6 * 1024 * 1024
LONGEST_OFFSET_MS = 10 * 366 * 24 * 3600 * 1000


@require_http_methods(["GET"])
@sync_api("sync")
def session(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Say who and what this is, what time it is, and give a fresh token: the first call of each run."""
    now = clock.now()
    post = person_of_request(request, tablet)
    person = (
        {"id": post.user.public_id, "name": post.user.full_name, "role": post.role}
        if post is not None
        else None
    )
    return JsonResponse(
        {
            "tablet": {
                "code": tablet.code,
                "name": tablet.name,
                "station": tablet.station.code,
                "station_name": tablet.station.name,
            },
            "user": person,
            "csrf": csrf_token(request),
            "now": now.isoformat(),
            "epoch": sync.current_epoch(),
            "app_version": app_version.current(),
            "files": reverse("station:api-file", args=["0" * 64]).removesuffix("0" * 64),
        }
    )


@require_http_methods(["POST"])
@sync_api("sync")
def commands(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Take commands in; answer what became of each, whatever it is."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    text = b"" if length > LARGEST_CALL else request.read(LARGEST_CALL + 1)
    if length > LARGEST_CALL or len(text) > LARGEST_CALL:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        body = canonical.loads(text)
    except canonical.NotPlain:
        return JsonResponse({"code": "malformed"}, status=400)
    sent = body.get("commands") if isinstance(body, dict) else None
    if not isinstance(sent, list):
        return JsonResponse({"code": "malformed"}, status=400)
    if len(sent) > MOST_COMMANDS:
        return JsonResponse({"code": "too_many_commands"}, status=413)
    now = clock.now()
    results = sync.receive(tablet=tablet, delivered_by=_person(request, tablet), commands=sent, now=now)
    _note(tablet, body, sent)
    return JsonResponse(
        {
            "epoch": sync.current_epoch(),
            "now": clock.now().isoformat(),
            "results": [result.as_json() for result in results],
        }
    )


@require_http_methods(["PUT", "HEAD", "GET"])
@sync_api("sync_file")
def file(request: HttpRequest, tablet: Tablet, sha256: str) -> HttpResponse:
    """Take one piece of a file, or say from which byte to go on."""
    if request.method != "PUT":
        found = sync.file_of(tablet=tablet, sha256=sha256)
        return _file_answer(found)
    offset, total = _number(request, "Upload-Offset"), _number(request, "Upload-Length")
    if offset is None or total is None:
        return JsonResponse({"code": "malformed"}, status=400)
    data = request.read(LARGEST_PIECE + 1)
    found = sync.put_piece(tablet=tablet, sha256=sha256, offset=offset, length=total, data=data)
    if found.stored_at is not None:
        sync.settle_with_file(sha256)
    return _file_answer(found)


def _file_answer(file: Any) -> HttpResponse:
    body = {"sha256": file.sha256, "received": file.received, "stored": file.stored_at is not None}
    response = JsonResponse(body)
    response.headers["Upload-Offset"] = str(file.received)
    response.headers["Upload-Length"] = str(file.size)
    return response


def _person(request: HttpRequest, tablet: Tablet) -> User | None:
    """Return who is signed in at this station; nobody need be, so that a queue is never held up."""
    post = person_of_request(request, tablet)
    return post.user if post is not None else None


def _number(request: HttpRequest, header: str) -> int | None:
    value = request.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None


def _note(tablet: Tablet, body: dict[str, Any], sent: list[Any]) -> None:
    """Keep what a tablet says of itself, as far as it is believable."""
    waiting, version = body.get("waiting"), body.get("app_version")
    last = sent[-1].get("offset_ms") if sent and isinstance(sent[-1], dict) else None
    note_seen(
        tablet=tablet,
        waiting=waiting if type(waiting) is int and 0 <= waiting < 100_000 else None,
        app_version=version if isinstance(version, str) and "\0" not in version else None,
        offset_ms=last if type(last) is int and abs(last) < LONGEST_OFFSET_MS else None,
        is_synced=True,
    )
